package import Base
internal import EvidenceFormat
package import Ingest

/// Which device is a camera's, and whether another one answers in its place. What was met first is
/// the camera's, until a person says that the other one is now.
package struct KnownDevice: Hashable, Sendable {
    package private(set) var own: DeviceTraits
    /// The one that answers, or answered last, instead.
    package private(set) var other: DeviceTraits?
    /// From when on, and until when if the camera's own is back.
    package private(set) var otherFrom: WallTime?
    package private(set) var otherTo: WallTime?

    package init(_ own: DeviceTraits) { self.own = own }

    package var isSwapped: Bool { other != nil && otherTo == nil }

    /// Whether a frame of this instant came from the other device. Where the clock was set back
    /// since it came, instants do not tell, and what answers now counts.
    package func isSwapped(at instant: WallTime, now: WallTime = .distantFuture) -> Bool {
        guard let otherFrom else { return false }
        if otherFrom > now { return isSwapped }
        return instant >= otherFrom && instant <= otherTo ?? .distantFuture
    }

    /// A device answered.
    package mutating func met(_ traits: DeviceTraits, at now: WallTime) {
        guard traits.isAnother(than: own) else {
            // What is the same in one respect may tell another one now.
            own = own.completed(by: traits)
            if isSwapped { otherTo = now }
            return
        }
        if !isSwapped {
            otherFrom = now
            otherTo = nil
        }
        other = traits
    }

    /// A person says that the device that answers is the right one.
    package mutating func accept() {
        guard isSwapped, let other else { return }
        self = KnownDevice(other)
    }
}

extension KnownDevice {
    var json: JSON {
        var fields: [(String, JSON)] = [("own", Self.json(own))]
        if let other { fields.append(("other", Self.json(other))) }
        if let otherFrom { fields.append(("other_from", .string(otherFrom.description))) }
        if let otherTo { fields.append(("other_to", .string(otherTo.description))) }
        return .object(JSONObject(fields))
    }

    init?(_ json: JSON) {
        guard let object = json.object, let own = object["own"] else { return nil }
        self.init(Self.traits(own))
        other = object["other"].map(Self.traits)
        otherFrom = object["other_from"]?.string.flatMap { WallTime($0) }
        otherTo = object["other_to"]?.string.flatMap { WallTime($0) }
    }

    private static func json(_ traits: DeviceTraits) -> JSON {
        var fields: [(String, JSON)] = []
        if let hardware = traits.hardware { fields.append(("hardware", .string(hardware))) }
        if let name = traits.name { fields.append(("name", .string(name))) }
        return .object(JSONObject(fields))
    }

    private static func traits(_ json: JSON) -> DeviceTraits {
        DeviceTraits(
            hardware: json.object?["hardware"]?.string, name: json.object?["name"]?.string)
    }
}
