internal import V4L2

extension SourceFailure {
    /// - at: how far it came.
    init(usb failure: V4L2Failure, at rung: Rung) {
        let words = failure.words
        func make(_ cause: GapCause, _ rung: Rung, _ remedy: String) -> SourceFailure {
            SourceFailure(cause, at: rung, words, remedy: remedy)
        }
        self =
            switch failure.reason {
            case .gone:
                make(
                    .camera, .address, "plug the camera in; recording goes on by itself")
            case .busy:
                make(.camera, .port, "close the other program; recording goes on by itself")
            case .denied:
                make(.configuration, .port, "add the user of this service to the group `video`")
            case .bandwidth:
                make(
                    .configuration, .path,
                    "choose a smaller size or rate, or another USB controller for this camera")
            case .refused:
                make(
                    .configuration, rung,
                    rung == .address
                        ? "use the identity that goes by the socket, or another camera"
                        : "leave the choice of the mode open")
            case .io: make(.camera, rung, "unplug the camera and plug it in again")
            case .unsupported: make(.camera, .codec, "use another camera: this kind is unknown")
            case .exhausted: make(.overload, .port, "stop other programs on this machine")
            case .other: make(.camera, rung, "unplug the camera and plug it in again")
            }
    }
}
