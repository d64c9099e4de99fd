package import Base
package import Linux

/// Takes what one source delivers, frame by frame, on the source's thread. The bytes of a frame may
/// come in pieces, so that they are copied once, from the receiver's buffer to their place in the
/// ring.
package protocol FrameSink: AnyObject {
    /// Who sends, as far as it can be told; once for each connection, before its first frame.
    func identify(_ traits: DeviceTraits)
    /// Before the first frame, and again whenever size, codec or parameter sets change.
    func begin(_ format: StreamFormat) throws(Failure)
    /// A frame begins; the one before was ended or dropped.
    func startFrame(_ time: FrameTime) throws(Failure)
    /// MJPEG: the next bytes of the picture. H.264 and H.265: a whole NAL unit, without start code.
    func add(_ bytes: Span<UInt8>) throws(Failure)
    /// `key`: decoding can start here.
    func endFrame(key: Bool) throws(Failure)
    /// The frame turned out broken: it never was. Counted, with the reason in a few words.
    func dropFrame(_ reason: String)
}

extension FrameSink {
    package func identify(_ traits: DeviceTraits) {}
}

/// One way to get pictures from a camera. Lives on its camera's own thread and may block there, in
/// nothing but that camera's I/O.
package protocol Source: AnyObject {
    /// Connects, then delivers frames until the stream ends (returns), fails (throws) or `stop` is
    /// raised (returns soon: within a second, whatever the camera does).
    func run(into sink: any FrameSink, until stop: StopSignal) throws(SourceFailure)
}
