internal import Access
internal import Base
internal import Recorder
internal import Server

/// Somebody who looks at a camera for as long as it goes on: his seat, and his right to it, which
/// may be taken back meanwhile. The HTTP server's thread only, which `@unchecked Sendable` claims.
final class Viewer: @unchecked Sendable {
    /// A camera that sends nothing for so long ends its views: the viewer connects again, and is
    /// told what is wrong.
    private static let silenceNanoseconds: UInt64 = 15_000_000_000
    private static let reviewNanoseconds: UInt64 = 1_000_000_000

    enum Turn {
        case piece(LivePiece)
        case wait
        case end
    }

    let camera: String
    let site: Site
    private let seat: LiveSeat
    private let place: StreamPlace
    private var caller: Caller
    private var heard: UInt64
    private var reviewed: UInt64

    init(_ seat: LiveSeat, _ place: StreamPlace, camera: String, caller: Caller, site: Site) {
        self.seat = seat
        self.place = place
        self.camera = camera
        self.caller = caller
        self.site = site
        heard = site.clock.monotonicNanoseconds
        reviewed = heard
    }

    func next() -> Turn {
        let now = site.clock.monotonicNanoseconds
        if now - reviewed > Self.reviewNanoseconds {
            reviewed = now
            guard mayGoOn() else { return .end }
        }
        do throws(Failure) {
            guard let (piece, _) = try seat.take() else {
                return now - heard > Self.silenceNanoseconds ? .end : .wait
            }
            heard = now
            return .piece(piece)
        } catch {
            return .end
        }
    }

    private func mayGoOn() -> Bool {
        guard let identity = site.logIns.renewed(caller.identity) else { return false }
        caller = Caller(identity: identity, peer: caller.peer, session: Gateway.session)
        do throws(Failure) {
            try site.desk.requireLook(at: camera, of: caller)
            return true
        } catch {
            return false
        }
    }
}
