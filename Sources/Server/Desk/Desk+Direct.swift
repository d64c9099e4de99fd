package import Access
internal import Base
internal import Linux
package import WireProtocol

/// For a program that has the log open itself: the desk without a network before it.
extension Desk {
    package struct DirectAnswer: Sendable {
        package let items: [[UInt8]]
        package let reply: [UInt8]
        package let body: [UInt8]
    }

    package func answer(
        _ operation: Operation, _ fields: FieldWriter, body: [UInt8], as identity: Identity
    ) throws(WireError) -> DirectAnswer {
        let caller = Caller(identity: identity, peer: "local", session: "cli")
        let answer = try result(operation, fields.bytes, body: body, for: caller).get()
        return DirectAnswer(
            items: answer.items, reply: answer.reply.bytes, body: try bytes(of: answer.body))
    }

    private func bytes(of body: Answer.Body) throws(WireError) -> [UInt8] {
        switch body {
        case .none: return []
        case .bytes(let bytes): return bytes
        case .slice(let slice):
            var bytes: [UInt8] = []
            do throws(Failure) {
                try slice.read(upTo: slice.count, into: &bytes)
            } catch {
                throw WireError(error)
            }
            return bytes
        }
    }
}
