package import Base

/// From a URL to what can read it.
package enum SourceMaker {
    package static func make(
        _ url: CameraURL, _ settings: [String: String], clock: any Clock
    ) throws(SourceFailure) -> any Source {
        throw SourceFailure(.configuration, at: .address, "not yet", remedy: "wait")
    }
}
