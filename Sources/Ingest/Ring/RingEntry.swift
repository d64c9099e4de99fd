package import Base
package import FragmentFormat
internal import Linux

/// A closed fragment: on the disk, or in memory while it waits for the disk.
package struct RingEntry: Sendable {
    package let record: RingRecord
    /// Where its record begins in the storage; 0 while it waits.
    let offset: UInt64
    /// Still there until the disk has it.
    let waiting: WaitingFragment?

    package var sequence: UInt64 { record.sequence }
    package var first: WallTime { record.first }
    package var last: WallTime { record.last }

    var end: UInt64 { offset + UInt64(record.pages) * UInt64(RingRecord.pageBytes) }
}

/// A closed fragment on its way to the disk.
final class WaitingFragment: Sendable {
    let buffer: PageBuffer
    /// Header, init segment, fragment head and media, from a page boundary of the buffer on.
    let pages: Range<Int>
    let head: FragmentHead
    let initBytes: [UInt8]
    /// Where the fragment's own bytes are in the buffer.
    let fragment: Range<Int>

    init(
        buffer: PageBuffer, pages: Range<Int>, head: FragmentHead, initBytes: [UInt8],
        fragment: Range<Int>
    ) {
        self.buffer = buffer
        self.pages = pages
        self.head = head
        self.initBytes = initBytes
        self.fragment = fragment
    }
}

/// The fragment that is being filled. The thread of the camera writes behind the published samples;
/// everybody else reads only what is published, under the ring's lock.
struct OpenFragment {
    /// Room for record header, init segment and fragment head before the media.
    static let headBytes = 12 << 10

    let buffer: PageBuffer
    var samples: [Sample] = []
    /// Bytes of published samples.
    var mediaBytes = 0
    var beginsStream: Bool
    let format: UInt64
    let initBytes: [UInt8]
    let setting: ClockSetting

    init(
        _ buffer: PageBuffer, format: UInt64, initBytes: [UInt8], beginsStream: Bool,
        setting: ClockSetting
    ) {
        self.buffer = buffer
        self.format = format
        self.initBytes = initBytes
        self.beginsStream = beginsStream
        self.setting = setting
        samples.reserveCapacity(FragmentHead.samplesMax)
    }

    var mediaEnd: Int { Self.headBytes + mediaBytes }

    var span: ClosedRange<WallTime>? {
        guard var low = samples.first?.instant else { return nil }
        var high = low
        for sample in samples {
            low = min(low, sample.instant)
            high = max(high, sample.instant)
        }
        return low...high
    }

    /// Writes everything but the record's own header before the media, and zeros up to the page's
    /// end behind them.
    func layOut(_ head: FragmentHead) -> WaitingFragment {
        let page = RingRecord.pageBytes
        let headBytes = head.encode()
        let begin = Self.headBytes - headBytes.count
        let room = RingRecord.byteCount + initBytes.count
        let start = (begin - room) & ~(page - 1)
        buffer.write(initBytes.span, at: start + RingRecord.byteCount)
        buffer.zero((start + room)..<begin)
        buffer.write(headBytes.span, at: begin)
        let padded = (mediaEnd + page - 1) & ~(page - 1)
        buffer.zero(mediaEnd..<padded)
        return WaitingFragment(
            buffer: buffer, pages: start..<padded, head: head, initBytes: initBytes,
            fragment: begin..<mediaEnd)
    }
}
