import Base
import Ingest
import Testing

@Suite struct CameraURLTests {
    struct Case: Sendable {
        let text: String
        let user: String?
        let password: String?
        let host: String
        let port: Int?
        let rest: String

        init(
            _ text: String, _ user: String?, _ password: String?, _ host: String, _ port: Int?,
            _ rest: String
        ) {
            (self.text, self.user, self.password) = (text, user, password)
            (self.host, self.port, self.rest) = (host, port, rest)
        }
    }

    static let cases = [
        Case("rtsp://10.0.0.7/live", nil, nil, "10.0.0.7", nil, "/live"),
        Case("rtsp://10.0.0.7", nil, nil, "10.0.0.7", nil, ""),
        Case("rtsp://cam:8554/live?x=1", nil, nil, "cam", 8554, "/live?x=1"),
        Case("rtsp://qa:secret@10.0.0.7:554/h264", "qa", "secret", "10.0.0.7", 554, "/h264"),
        Case("rtsp://qa@10.0.0.7/h264", "qa", nil, "10.0.0.7", nil, "/h264"),
        Case("rtsp://qa:@10.0.0.7/h264", "qa", "", "10.0.0.7", nil, "/h264"),
        // Characters that end a password in other programs.
        Case("rtsp://user:p@ss#1@host:554/path?x", "user", "p@ss#1", "host", 554, "/path?x"),
        Case("rtsp://qa:p@ss#1@10.0.0.7/live", "qa", "p@ss#1", "10.0.0.7", nil, "/live"),
        Case("rtsp://qa:a:b:c@10.0.0.7/live", "qa", "a:b:c", "10.0.0.7", nil, "/live"),
        Case("rtsp://qa:why?!@10.0.0.7/live", "qa", "why?!", "10.0.0.7", nil, "/live"),
        Case("rtsp://qa:a/b@10.0.0.7/live", "qa", "a/b", "10.0.0.7", nil, "/live"),
        Case("rtsp://qa:a/b@c/d@10.0.0.7/live", "qa", "a/b@c/d", "10.0.0.7", nil, "/live"),
        Case("rtsp://qa:a/b@c/d@camera/live", "qa", "a/b", "c", nil, "/d@camera/live"),
        Case("rtsp://qa:p@ss/w@[::1]:554/live", "qa", "p@ss/w", "::1", 554, "/live"),
        Case("rtsp://qa:pw@camera/stream@1.5", "qa", "pw", "camera", nil, "/stream@1.5"),
        Case("rtsp://qa:100%@10.0.0.7/live", "qa", "100%", "10.0.0.7", nil, "/live"),
        Case("rtsp://qa:a b@10.0.0.7/live", "qa", "a b", "10.0.0.7", nil, "/live"),
        Case("rtsp://qa:grün@10.0.0.7/live", "qa", "grün", "10.0.0.7", nil, "/live"),
        // As other programs want it.
        Case("rtsp://qa:p%40ss%231@10.0.0.7/live", "qa", "p@ss#1", "10.0.0.7", nil, "/live"),
        Case("rtsp://qa:p%40s@s@10.0.0.7/live", "qa", "p%40s@s", "10.0.0.7", nil, "/live"),
        // An @ that is none of the password's.
        Case("rtsp://10.0.0.7/live@1", nil, nil, "10.0.0.7", nil, "/live@1"),
        Case("rtsp://qa:x@10.0.0.7/live@1", "qa", "x", "10.0.0.7", nil, "/live@1"),
        Case("http://10.0.0.7?mail=a@b", nil, nil, "10.0.0.7", nil, "?mail=a@b"),
        Case("rtsp://[fe80::1%eth0]:554/live", nil, nil, "fe80::1%eth0", 554, "/live"),
        Case("rtsp://qa:p]@[2001:db8::7]/live", "qa", "p]", "2001:db8::7", nil, "/live"),
        Case("RTSPS://cam.example/live", nil, nil, "cam.example", nil, "/live"),
        Case("  https://cam_1/snap.jpg\n", nil, nil, "cam_1", nil, "/snap.jpg"),
        Case("usb:046d:0825:ABC", nil, nil, "", nil, "046d:0825:ABC"),
        Case("test:h264?size=1280x720&fps=25", nil, nil, "", nil, "h264?size=1280x720&fps=25"),
    ]

    @Test(arguments: cases)
    func `a URL is read as it was meant`(_ one: Case) throws {
        let url = try CameraURL(one.text)
        #expect(url.user == one.user)
        #expect(url.password == one.password)
        #expect(url.host == one.host)
        #expect(url.port == one.port)
        #expect(url.rest == one.rest)
    }

    @Test(arguments: cases)
    func `what is written reads back as the same`(_ one: Case) throws {
        let url = try CameraURL(one.text)
        #expect(try CameraURL(url.complete) == url)
    }

    @Test(arguments: cases)
    func `no description has the credentials`(_ one: Case) throws {
        let url = try CameraURL(one.text)
        #expect(!url.description.contains("secret"))
        if let password = url.password, password.utf8.count > 1 {
            #expect(!url.description.contains(password))
            #expect(!url.address.contains(password))
        }
        #expect(try CameraURL(url.address).user == nil)
    }

    @Test func `any password comes through`() throws {
        for code in 0x20...0x7E {
            let password = "a" + String(UnicodeScalar(UInt8(code))) + "b"
            let url = CameraURL(scheme: .rtsp, user: "qa", password: password, host: "h")
            #expect(try CameraURL(url.complete) == url)
            // Typed, as long as there is no slash or bracket to misread.
            if password != "a/b" {
                #expect(try CameraURL("rtsp://qa:\(password)@10.0.0.7/x").password == password)
            }
        }
    }

    @Test func `credentials in the query are not shown`() throws {
        let url = try CameraURL("http://cam/snap.cgi?user=admin&pwd=hidden&channel=1")
        #expect(url.description == "http://cam/snap.cgi?user=…&pwd=…&channel=1")
        #expect(url.address == "http://cam/snap.cgi?user=admin&pwd=hidden&channel=1")
    }

    @Test func `libav gets credentials that it reads right, and a path without spaces`() throws {
        let url = try CameraURL("rtsp://a b:p@ss/w@10.0.0.7/my cam")
        #expect(url.forLibav == "rtsp://a%20b:p%40ss%2Fw@10.0.0.7/my%20cam")
        // It logs in only if there is a colon.
        #expect(try CameraURL("rtsp://qa@h/x").forLibav == "rtsp://qa:@h/x")
    }

    @Test(arguments: [
        "", "camera", "ftp://host/", "rtsp:host", "rtsp:///live", "rtsp://:554/", "rtsp://h:0/",
        "rtsp://h:70000/", "rtsp://h:x/", "rtsp://us er/", "rtsp://[::1/live", "rtsp://[host]/",
        "rtsp://h/\u{0}", "rtsp://h/a\r\nb", "rtsp://a:secret@/live",
    ])
    func `what makes no sense is refused without being quoted`(_ text: String) {
        let error = #expect(throws: Failure.self) { try CameraURL(text) }
        #expect(error?.kind == .invalid)
        #expect(error?.words.contains("secret") == false)
    }

    @Test func `a URL has a limit`() {
        let long = "rtsp://h/" + String(repeating: "a", count: CameraURL.bytesMax)
        #expect(throws: Failure.self) { try CameraURL(long) }
    }
}
