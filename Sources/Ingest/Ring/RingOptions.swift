package import Base

/// The bounds of one camera's ring. All of it is bounded: bytes on disk, bytes in memory, frames,
/// time.
package struct RingOptions: Hashable, Sendable {
    /// Size of the file, all of it reserved when it is made.
    package var bytes: UInt64 = 2 << 30
    /// Footage older than this is forgotten although there is room; nil keeps what fits.
    package var seconds: Int64?
    /// A fragment stays in memory no longer than this: what a crash may cost, together with one
    /// write.
    package var fragmentMicroseconds: Int64 = 1_000_000
    /// Most bytes of one fragment, and so of one frame.
    package var fragmentBytes = 8 << 20
    /// Fragments that may wait for the disk before frames are refused.
    package var pendingMax = 6
    package init() {}

    package static let bytesMin: UInt64 = 4 << 20
}

/// Where the bytes of one ring are kept: a region of fixed size that is written again and again.
/// A file today; an object of a distributed store has the same three calls.
package protocol RingStorage: AnyObject, Sendable {
    var byteCount: UInt64 { get }
    func read(_ range: Range<UInt64>, into buffer: inout [UInt8]) throws(Failure)
    /// Whole pages at page boundaries.
    func write(_ pages: Span<UInt8>, at offset: UInt64) throws(Failure)
    func sync() throws(Failure)
    /// Gives what lies behind `bytes` back, or reserves up to there.
    func resize(to bytes: UInt64) throws(Failure)
}
