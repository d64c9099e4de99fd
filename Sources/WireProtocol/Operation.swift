/// What a request asks for: the code of its frame. Numbers once given are never given again;
/// `docs/protocol.md` has the fields of each.
package enum Operation: UInt16, Sendable, CaseIterable {
    case status = 0x01

    case cameraList = 0x10
    case cameraShow = 0x11
    case cameraAdd = 0x12
    case cameraSet = 0x13
    case cameraRemove = 0x14
    case cameraOn = 0x15
    case cameraOff = 0x16
    case cameraTest = 0x17
    case cameraDiscover = 0x18
    case cameraLive = 0x19

    case snap = 0x20
    case clip = 0x21

    case put = 0x30
    case get = 0x31
    case find = 0x32
    case show = 0x33

    case link = 0x40
    case unlink = 0x41
    case close = 0x42
    case hold = 0x43
    case unhold = 0x44
    case holds = 0x45
    case retention = 0x48
    case retentionSet = 0x49
    case retentionPreview = 0x4A
    case retentionEvent = 0x4B
    case retentionErase = 0x4C
    case retentionApply = 0x4D

    case prove = 0x50
    case consistency = 0x51
    case checkpoint = 0x52
    case keys = 0x53
    case anchorList = 0x54
    case anchorAdd = 0x55
    case anchorRemove = 0x56
    case anchorNow = 0x57
    case bracket = 0x58

    case watch = 0x60
    case audit = 0x61

    case userList = 0x70
    case userAdd = 0x71
    case userSet = 0x72
    case userRemove = 0x73
    case userPassword = 0x74
    case tokenList = 0x78
    case tokenAdd = 0x79
    case tokenRevoke = 0x7A
    case machineList = 0x7C
    case machineAdd = 0x7D
    case machineRemove = 0x7E

    case export = 0x80
    case auditReport = 0x81

    case pointList = 0x90
    case pointShow = 0x91
    case pointAdd = 0x92
    case pointSet = 0x93
    case pointRemove = 0x94
    case checkReach = 0x96
    case checkTake = 0x97
    case checkShow = 0x98
    case checkList = 0x99
    case centreList = 0xA0
    case centreShow = 0xA1
    case centreAdd = 0xA2
    case centreSet = 0xA3
    case centreRemove = 0xA4
    case triggerAdd = 0xA5
    case triggerMove = 0xA6
    case triggerRemove = 0xA7
    case press = 0xA8
    case inputList = 0xA9
    case roomList = 0xAA
    case roomAdd = 0xAB
    case roomSet = 0xAC
    case roomRemove = 0xAD
    case ask = 0xAE
    case graphic = 0xAF
    // 0x82-0x8F more of export, 0xC0-0xFF experiments of clients and servers.
}
