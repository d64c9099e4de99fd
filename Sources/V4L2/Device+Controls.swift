internal import CV4L2

/// A setting of the camera: brightness, focus, exposure.
package struct Control: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case integer, boolean, menu, other
    }

    /// Lower case with underscores, as `v4l2-ctl` writes it: `exposure_time_absolute`.
    package let name: String
    package let kind: Kind
    package let range: ClosedRange<Int>
    package let step: Int
    package let usual: Int
    /// Has no effect now, because another setting is on automatic.
    package let isInactive: Bool
    package let isReadOnly: Bool
    let id: UInt32
}

extension Device {
    static let controlsMax = 256

    package func controls() -> [Control] {
        var controls: [Control] = []
        var query = v4l2_queryctrl()
        query.id = UInt32(V4L2_CTRL_FLAG_NEXT_CTRL)
        while controls.count < Self.controlsMax, hasNext(proofreel_queryctrl, &query) {
            let isHeading = query.type == V4L2_CTRL_TYPE_CTRL_CLASS.rawValue
            let isOff = query.flags & UInt32(V4L2_CTRL_FLAG_DISABLED) != 0
            if !isHeading, !isOff { controls.append(Self.control(query)) }
            query.id |= UInt32(V4L2_CTRL_FLAG_NEXT_CTRL)
        }
        return controls
    }

    private static func control(_ query: v4l2_queryctrl) -> Control {
        let kind: Control.Kind =
            switch query.type {
            case V4L2_CTRL_TYPE_INTEGER.rawValue: .integer
            case V4L2_CTRL_TYPE_BOOLEAN.rawValue: .boolean
            case V4L2_CTRL_TYPE_MENU.rawValue, V4L2_CTRL_TYPE_INTEGER_MENU.rawValue: .menu
            default: .other
            }
        let low = Int(query.minimum)
        return Control(
            name: controlName(text(query.name)), kind: kind,
            range: low...max(low, Int(query.maximum)), step: max(1, Int(query.step)),
            usual: Int(query.default_value),
            isInactive: query.flags & UInt32(V4L2_CTRL_FLAG_INACTIVE) != 0,
            isReadOnly: query.flags & UInt32(V4L2_CTRL_FLAG_READ_ONLY) != 0, id: query.id)
    }

    package func value(of name: String) throws(V4L2Failure) -> Int {
        var value = v4l2_control(id: try control(name).id, value: 0)
        try call(proofreel_g_ctrl, &value, "read \(name)")
        return Int(value.value)
    }

    /// What the camera made of it. `.denied`: the setting is on automatic.
    @discardableResult
    package func set(_ name: String, to value: Int) throws(V4L2Failure) -> Int {
        let control = try control(name)
        guard control.range.contains(value) else {
            throw V4L2Failure(
                .refused,
                "\(name) goes from \(control.range.lowerBound) to \(control.range.upperBound)")
        }
        guard !control.isInactive, !control.isReadOnly else {
            throw V4L2Failure(
                .denied, "\(name) cannot be set now: the camera does it by itself")
        }
        var setting = v4l2_control(id: control.id, value: Int32(clamping: value))
        try call(proofreel_s_ctrl, &setting, "set \(name)")
        return Int(setting.value)
    }

    private func control(_ name: String) throws(V4L2Failure) -> Control {
        guard let control = controls().first(where: { $0.name == name }) else {
            throw V4L2Failure(.refused, "the camera has no setting \(name)")
        }
        return control
    }
}

/// `Exposure Time, Absolute` becomes `exposure_time_absolute`.
package func controlName(_ title: String) -> String {
    title.lowercased().split { !($0.isLetter || $0.isNumber) }.joined(separator: "_")
}
