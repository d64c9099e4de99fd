package import Base
import Ingest
import Linux
package import TestSupport

/// A clip of the test pattern, in the form that `tools/cameras/camera-server` reads.
package struct RTSPClip {
    package let path: String
    package let format: StreamFormat
    /// As the camera will send them.
    package let frames: [RecordingSink.Frame]

    package init(_ url: String, in folder: Scratch, as name: String = "clip.clip") throws {
        let stop = StopSignal()
        let sink = RecordingSink(until: .max, stop)
        try TestSource(.init(CameraURL(url))).run(into: sink, until: stop)
        frames = sink.frames
        format = sink.formats[0]
        var bytes = Array("CLIP".utf8)
        bytes += Array(format.codec.rawValue.utf8)
        bytes += [UInt8](repeating: 0x20, count: 9 - bytes.count)
        for frame in sink.frames {
            var body: [UInt8] = []
            for unit in frame.units {
                if format.codec != .mjpeg { body += [0, 0, 0, 1] }
                body += unit
            }
            bytes.appendBigEndian(UInt32(body.count))
            bytes.appendBigEndian(frame.time.media)
            bytes.append(frame.isKey ? 1 : 0)
            bytes += body
        }
        folder.write(name, bytes)
        path = folder.path + "/" + name
    }
}
