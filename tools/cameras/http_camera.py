"""The HTTP side: /snapshot.jpg, /video.mjpg, /control, and /sent."""

import json
import os
import socket
import socketserver
import struct
import time
from urllib.parse import parse_qsl, urlsplit

REASONS = {
    200: "OK", 301: "Moved Permanently", 302: "Found", 400: "Bad Request", 401: "Unauthorized",
    403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 454: "Session Not Found",
    461: "Unsupported Transport", 500: "Internal Server Error", 503: "Service Unavailable",
}
WAIT = 600


def reset(connection):
    """Makes the connection end with RST instead of FIN, and whoever reads from it stop."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.shutdown(socket.SHUT_RD)


def read_head(stream, first=b""):
    """Request line and headers with names in small letters; EOFError when there is none."""
    line = first + stream.readline(65536)
    if not line.strip():
        raise EOFError
    headers = {}
    while (header := stream.readline(65536).strip()):
        name, _, value = header.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return line.decode("latin-1").split(), headers


class HTTPConnection(socketserver.StreamRequestHandler):
    """One client; several requests if it keeps the connection."""

    def handle(self):
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.camera = self.server.camera
        while True:
            words, headers = read_head(self.rfile)
            if len(words) != 3 or not self.answer(words[0], words[1], headers):
                return

    def head(self, code, fields=(), length=None):
        lines = [f"HTTP/1.1 {code} {REASONS.get(code, 'Error')}", f"Server: {self.camera.name}"]
        lines += fields
        if length is not None:
            lines.append(f"Content-Length: {length}")
        self.wfile.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    def refuse(self, code, fields=()):
        self.head(code, fields, 0)
        return True

    def answer(self, method, target, headers):
        url = urlsplit(target)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        fault = query.get("fault", "")
        self.argument = query.get("arg")
        if url.path == "/control":
            return self.control(query)
        if url.path == "/sent":
            return self.tell(self.camera.faults.sent_frames())
        if url.path not in ("/snapshot.jpg", "/video.mjpg"):
            return self.refuse(404)
        if fault == "hang":
            time.sleep(WAIT)
        if fault in ("hang", "down"):
            return False
        if fault == "slow":
            time.sleep(float(self.argument or 2))
        if fault == "garbagehead":
            self.wfile.write(os.urandom(4096))
            return False
        if fault == "hugehead":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Filler: " + b"a" * (8 << 20))
            return False
        if fault.isdigit():
            login = self.camera.login.with_mode("both")
            challenges = login.challenges() if fault == "401" else []
            return self.refuse(int(fault), [f"WWW-Authenticate: {c}" for c in challenges])
        if fault == "redirect":
            return self.refuse(302, [f"Location: {self.argument or url.path}"])
        login = self.camera.login
        if not login.accepts(method, headers.get("authorization")):
            return self.refuse(401, [f"WWW-Authenticate: {c}" for c in login.challenges()])
        if url.path == "/snapshot.jpg":
            return self.snapshot(fault, int(query.get("n", -1)))
        return self.video(fault, query)

    def control(self, query):
        """Changes the fault if one is named, be it the empty one, and tells the truth about it."""
        if "fault" in query:
            self.camera.faults.set(query["fault"], query.get("arg"))
        return self.tell(self.camera.faults.report())

    def tell(self, truth):
        body = json.dumps(truth).encode()
        self.head(200, ["Content-Type: application/json"], len(body))
        self.wfile.write(body)
        return True

    def body(self, number, fault):
        """The bytes of picture `number` and the length to claim for them."""
        body = self.camera.pictures[number % len(self.camera.pictures)]
        if fault == "notjpeg":
            body = b"<html><body>The camera is busy</body></html>"
        if fault == "garbage":
            body = os.urandom(len(body))
        if fault == "trunc":
            body = body[: len(body) // 2]
        length = len(body)
        if fault == "badlen":
            length += int(self.argument or 1000)
        if fault == "huge":
            length = int(self.argument or 10 << 30)
        return body, length

    def snapshot(self, fault, number):
        if number < 0:
            number = int(time.time() * self.camera.fps)
        body, length = self.body(number, fault)
        kind = "text/html" if fault == "notjpeg" else "image/jpeg"
        fields = [f"Content-Type: {kind}", "Cache-Control: no-store"]
        if fault == "chunked":
            self.head(200, fields + ["Transfer-Encoding: chunked"])
            for start in range(0, len(body), 300):
                piece = body[start : start + 300]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
            return True
        self.head(200, fields, None if fault == "nolength" else length)
        return self.send_body(body, fault) and fault not in ("nolength", "badlen", "huge")

    def send_body(self, body, fault):
        """False when the connection ends with it."""
        half = len(body) // 2
        if fault in ("stall", "close", "reset"):
            self.wfile.write(body[:half])
            if fault == "stall":
                time.sleep(WAIT)
            if fault == "reset":
                reset(self.connection)
            return False
        if fault == "trickle":
            for byte in body:
                self.wfile.write(bytes([byte]))
                time.sleep(1 / float(self.argument or 100))
            return True
        self.wfile.write(body)
        return True

    def video(self, fault, query):
        """Parts until the client goes, or until `frames` of them. A fault begins with part
        `after`."""
        boundary = "camera-boundary"
        said = "--" + boundary if query.get("quirk") == "dashes" else boundary
        if query.get("quirk") == "quotes":
            said = f'"{boundary}"'
        kind = f"multipart/x-mixed-replace; boundary={said}"
        self.head(200, [f"Content-Type: {kind}", "Cache-Control: no-store", "Connection: close"])
        pace = float(query.get("pace", self.camera.fps))
        after, frames = int(query.get("after", 0)), int(query.get("frames", 1 << 60))
        start = time.monotonic()
        for number in range(frames):
            if pace:
                time.sleep(max(0, start + number / pace - time.monotonic()))
            now = fault if number >= after else ""
            body, length = self.body(number, now)
            part = f"--{boundary}\r\nContent-Type: image/jpeg\r\n"
            if "nolength" not in (now, query.get("quirk")):
                part += f"Content-Length: {length}\r\n"
            self.wfile.write(part.encode() + b"\r\n")
            if not self.send_body(body, now):
                return False
            self.wfile.write(b"\r\n")
        self.wfile.write(f"--{boundary}--\r\n".encode())
        return False
