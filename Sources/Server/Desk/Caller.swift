package import Access
package import Base
internal import Evidence
internal import Recorder

/// Whoever asks: proven at the log-in, never what the client says of itself.
package struct Caller: Sendable {
    package let identity: Identity
    package let peer: String
    let session: String

    package init(identity: Identity, peer: String, session: String) {
        self.identity = identity
        self.peer = peer
        self.session = session
    }

    var author: Author { Author(actor: identity.actor, session: session) }
}

extension Desk {
    /// Throws unless the caller has the right; a refusal stands in the trail.
    package func require(
        _ right: Right, camera: String? = nil, of caller: Caller, for action: TrailAction,
        on target: String
    ) throws(Failure) {
        try check(caller, action, target) { identity throws(Failure) in
            // Whoever may have to do with a camera may with its sub stream.
            try identity.require(right, camera: camera.map(CameraConfig.mainID))
        }
    }

    /// What is refused stands in the trail.
    package func check(
        _ caller: Caller, _ action: TrailAction, _ target: String,
        _ allows: (Identity) throws(Failure) -> Void
    ) throws(Failure) {
        do throws(Failure) {
            try allows(caller.identity)
        } catch {
            try note(caller, action, target, refusal: error.words)
            throw error
        }
    }

    /// What is not noted is not shown.
    package func note(
        _ caller: Caller, _ action: TrailAction, _ target: String, refusal: String? = nil
    ) throws(Failure) {
        try trail?.note(
            TrailEntry(caller.identity, action, target, peer: caller.peer, refusal: refusal))
    }
}
