package import Base
internal import HTTPClient
internal import V4L2

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
            options.host = url.host
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
        case .usb:
            var options = USBSource.Options()
            options.wish = try wish(settings)
            for (name, value) in settings where name.hasPrefix("control.") {
                guard let number = Int(value) else { throw wrong(name, "a whole number") }
                options.controls[String(name.dropFirst(8))] = number
            }
            return USBSource("usb:\(url.rest)", clock: clock, options: options)
        case .test:
            do throws(Failure) {
                return TestSource(try TestSource.Options(url), clock: clock)
            } catch {
                throw SourceFailure(
                    .configuration, at: .address, error.words,
                    remedy: "write it like test:h264?size=1280x720&fps=25&gop=50")
            }
        }
    }

    private static func wish(_ settings: [String: String]) throws(SourceFailure) -> ModeWish {
        var wish = ModeWish()
        if let text = settings["size"] {
            let parts = text.split(separator: "x").compactMap { Int($0) }
            guard parts.count == 2 else { throw wrong("size", "written 1280x720") }
            (wish.width, wish.height) = (parts[0], parts[1])
        }
        if let text = settings["rate"] {
            guard let rate = Int(text), rate > 0 else { throw wrong("rate", "frames a second") }
            wish.framesPerSecond = rate
        }
        if let text = settings["format"] {
            guard let format = PixelFormat.named(text) else {
                throw wrong("format", "mjpeg, yuyv, nv12, grey or h264")
            }
            wish.format = format
        }
        return wish
    }

    private static func wrong(_ name: String, _ wanted: String) -> SourceFailure {
        SourceFailure(
            .configuration, at: .address, "the setting \(name) should be \(wanted)",
            remedy: "set it again: proofreel camera set ID --setting \(name)=…")
    }
}
