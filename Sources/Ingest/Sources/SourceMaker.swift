package import Base
internal import HTTPClient

/// From a camera's URL and its settings to what can read it.
package enum SourceMaker {
    /// What each kind of camera can be told, for help texts and for refusing the rest.
    package static func settingNames(_ scheme: CameraURL.Scheme) -> [String] {
        switch scheme {
        case .rtsp, .rtsps: ["transport"]
        case .http: ["rate"]
        case .https: ["rate", "verify-tls"]
        case .usb: ["size", "rate", "format"]
        case .test: []
        }
    }

    package static func make(
        _ url: CameraURL, _ settings: [String: String], clock: any Clock
    ) throws(SourceFailure) -> any Source {
        switch url.scheme {
        case .rtsp, .rtsps:
            var options = RTSPSource.Options()
            switch settings["transport"] {
            case nil, "tcp": break
            case "udp": options.transport = .udp
            default: throw wrong("transport", "tcp or udp")
            }
            return RTSPSource(url, options: options, clock: clock)
        case .http, .https:
            var options = HTTPSource.Options()
            if let text = settings["rate"] {
                guard let rate = Double(text), rate > 0, rate <= 120 else {
                    throw wrong("rate", "pictures a second, up to 120")
                }
                options.picturesPerSecond = rate
            }
            let target = HTTPTarget(
                url: url.address, user: url.user, password: url.password ?? "",
                trust: settings["verify-tls"] == "off" ? .anybody : .authorities)
            return HTTPSource(target, clock: clock, options: options)
        case .usb, .test:
            throw SourceFailure(
                .configuration, at: .address, "\(url.scheme) cameras are not built in yet",
                remedy: "use rtsp or http")
        }
    }

    private static func wrong(_ name: String, _ wanted: String) -> SourceFailure {
        SourceFailure(
            .configuration, at: .address, "the setting \(name) should be \(wanted)",
            remedy: "set it again: proofreel camera set ID --setting \(name)=…")
    }
}
