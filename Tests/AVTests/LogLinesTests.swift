import AV
import Testing

@Suite struct LogLinesTests {
    @Test(arguments: [
        ("open rtsp://qa:secret@10.0.0.7/live now", "open rtsp://…@10.0.0.7/live now"),
        ("rtsp://a:b@h/x and http://c:d@i/y", "rtsp://…@h/x and http://…@i/y"),
        ("rtsp://qa:p@ss@h/x", "rtsp://…@h/x"),
        ("no address here: a@b", "no address here: a@b"),
        ("rtsp://h/live", "rtsp://h/live"),
        ("://", "://"), ("", ""), ("x://@", "x://…@"),
    ])
    func `credentials are taken out of lines`(_ line: String, _ wanted: String) {
        #expect(LogLines.redacted(line) == wanted)
    }
}
