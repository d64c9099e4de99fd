/// A key of a field. Its first bits tell how the value is written, so that a dump can show fields
/// that it does not know: 01-5F text, 60-8F integer, 90-AF bytes, B0-BF flag, C0-DF JSON.
///
/// One namespace for all messages: a key means the same wherever it stands.
package enum FieldKey: UInt8, Sendable, CaseIterable {
    // Text, UTF-8.
    case word = 0x01
    case words = 0x02
    case name = 0x03
    case agent = 0x04
    case origin = 0x05
    case method = 0x06
    case camera = 0x07
    /// `kind=value`.
    case link = 0x08
    case id = 0x09
    case cursor = 0x0A
    case requestID = 0x0B
    case trigger = 0x0C
    case reason = 0x0D
    case mime = 0x0E
    case feature = 0x0F
    case form = 0x10
    case kind = 0x11
    case secret = 0x12
    case right = 0x13
    case role = 0x14
    case topic = 0x15
    case state = 0x16
    case stream = 0x17
    case note = 0x18
    case url = 0x19
    case check = 0x1A
    case since = 0x1B
    case point = 0x1C
    case centre = 0x1D
    case room = 0x1E
    case key = 0x1F
    case code = 0x20
    // Integers: eight bytes, signed, big-endian. Instants are microseconds since 1970 in UTC.
    case version = 0x60
    case window = 0x61
    case at = 0x62
    case toleranceMicroseconds = 0x63
    case limit = 0x64
    case size = 0x65
    case offset = 0x66
    case count = 0x67
    case instant = 0x68
    case distanceMicroseconds = 0x69
    case from = 0x6A
    case to = 0x6B
    case retryMilliseconds = 0x6C
    case streamsMax = 0x6D
    case idleSeconds = 0x6E
    case neighbours = 0x6F
    case index = 0x70
    case treeSize = 0x71
    case oldSize = 0x72
    case width = 0x73
    case height = 0x74
    case sequence = 0x75
    case dropped = 0x76
    case payloadMax = 0x77
    case quality = 0x78
    case position = 0x79
    // Bytes.
    case sasl = 0x90
    case sha256 = 0x91
    // Flags: no value.
    case oldest = 0xB0
    case streams = 0xB1
    case more = 0xB2
    case repeated = 0xB3
    case describe = 0xB4
    case dryRun = 0xB5
    case mustChange = 0xB6
    case ever = 0xB7
    case incomplete = 0xB8
    // JSON, as `--json` of the command line prints it.
    case document = 0xC0
    case leaf = 0xC1
    case details = 0xC2
}

/// How a value is written, by the first bits of its key.
package enum FieldShape: Sendable {
    case text, integer, bytes, flag, json, unknown

    package init(key: UInt8) {
        self =
            switch key {
            case 0x01...0x5F: .text
            case 0x60...0x8F: .integer
            case 0x90...0xAF: .bytes
            case 0xB0...0xBF: .flag
            case 0xC0...0xDF: .json
            default: .unknown
            }
    }
}
