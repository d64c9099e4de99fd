package import Base
internal import Ingest

/// A picture that somebody looks at: nothing becomes evidence by it.
package struct LookAnswer: Sendable {
    package let instant: WallTime
    package let width: Int
    package let height: Int
    package let jpeg: [UInt8]
}

extension Recorder {
    /// The picture of now, or why there is none: never an older one.
    package func look(_ id: String, toleranceMicroseconds: Int64 = 2_000_000) throws -> LookAnswer {
        let camera: Camera
        do throws(Failure) {
            camera = try self.camera(id)
        } catch {
            if error.kind == .notFound { throw SnapFailure(.unknownCamera, error.words) }
            throw error
        }
        let picker = Picker(clock: clock, tolerance: toleranceMicroseconds, neighbours: 0)
        let pick = try picker.pick(camera, at: clock.now)
        guard let stretch = try camera.ring.stretch(to: pick.frame) else {
            throw SnapFailure(
                .expired, "the ring of \(id) moved on while the frame was read; look again")
        }
        let picture = try Picture(stretch)
        return LookAnswer(
            instant: pick.frame.instant, width: picture.width, height: picture.height,
            jpeg: picture.jpeg)
    }
}
