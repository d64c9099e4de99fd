package import Base

/// Takes an answer as it comes in, on the thread that asked. Whatever it throws ends the exchange
/// within a moment.
package protocol HTTPReceiver: AnyObject {
    /// Once, before the body; only for an answer with a status from 200 to 299.
    func answered(_ head: HTTPHead) throws(Failure)
    /// The next bytes of the body, lent.
    func received(_ bytes: Span<UInt8>) throws(Failure)
    /// Asked several times a second, whatever the server does.
    func checkpoint() throws(Failure)
    /// A descriptor that becomes readable when `checkpoint` is to be asked at once; nil for none.
    var wakeDescriptor: Int32? { get }
}
