package import Base

extension SourceFailure {
    /// The sink did not take a frame: nothing is wrong with the camera.
    package init(storing failure: Failure) {
        self.init(
            failure.kind == .busy ? .overload : .disk, at: .firstFrame, failure.words,
            remedy: "look at the disk of this machine")
    }
}
