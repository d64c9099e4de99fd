"""The RTSP side: any path plays the clip, except /nothing, which does not exist."""

import os
import random
import socket
import socketserver
import struct
import threading
import time
from urllib.parse import parse_qsl, urlsplit

from http_camera import REASONS, WAIT, read_head, reset
from rtp import packets, sender_report

PUBLIC = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"


class RTSPConnection(socketserver.StreamRequestHandler):
    """One client. Frames go out from a thread of their own once it says PLAY."""

    def handle(self):
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.camera = self.server.camera
        self.lock = threading.Lock()
        self.query, self.stream = {}, None
        self.session = f"{random.getrandbits(40):010X}"
        self.channel, self.udp = 0, None
        try:
            while self.serve_one():
                pass
        finally:
            if self.stream:
                self.stream.ended = True

    def serve_one(self):
        first = self.rfile.read(1)
        if first == b"$":
            header = self.rfile.read(3)
            self.rfile.read(struct.unpack(">H", header[1:])[0])
            return True
        words, headers = read_head(self.rfile, first)
        self.rfile.read(int(headers.get("content-length", 0)))
        self.number = headers.get("cseq", "0")
        return len(words) == 3 and self.answer(words[0], words[1], headers)

    def send(self, data):
        with self.lock:
            self.wfile.write(data)

    def reply(self, code, fields=(), body=b""):
        lines = [f"RTSP/1.0 {code} {REASONS.get(code, 'Error')}", f"CSeq: {self.number}", *fields]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body)
        return True

    def answer(self, method, target, headers):
        if method == "OPTIONS":
            return self.reply(200, [f"Public: {PUBLIC}"])
        if method == "GET_PARAMETER":
            return self.reply(200, [f"Session: {self.session}"])
        url = urlsplit(target)
        if method == "DESCRIBE":
            self.query = dict(parse_qsl(url.query))
            self.fault = self.query.get("fault", "")
            self.argument = self.query.get("arg")
            handled = self.fail_early(url)
            if handled is not None:
                return handled
        login = self.camera.login
        if not login.accepts(method, headers.get("authorization")):
            return self.reply(401, [f"WWW-Authenticate: {c}" for c in login.challenges()])
        if url.path.startswith("/nothing") or not self.camera.clip:
            return self.reply(404)
        if method == "DESCRIBE":
            return self.describe(url)
        if method == "SETUP":
            return self.set_up(headers.get("transport", ""), "track1" in url.path)
        if method == "PLAY":
            fields = [f"Session: {self.session}", "Range: npt=now-"]
            self.reply(200, fields)
            self.stream = Stream(self)
            self.stream.start()
            return True
        if method == "TEARDOWN":
            self.reply(200, [f"Session: {self.session}"])
            return False
        return self.reply(405)

    def fail_early(self, url):
        """Faults before there is a stream; None when there is none of these."""
        if self.camera.faults.refuses:
            self.fault = self.camera.faults.kind
        if self.fault == "hang":
            time.sleep(WAIT)
        if self.fault in ("hang", "down"):
            return False
        if self.fault == "slow":
            time.sleep(float(self.argument or 2))
        if self.fault == "garbagehead":
            self.send(os.urandom(4096))
            return True
        if self.fault == "hugehead":
            self.send(b"RTSP/1.0 200 OK\r\nX-Filler: " + b"a" * (8 << 20))
            return True
        if self.fault.isdigit() and self.fault not in ("454", "461"):
            challenges = self.camera.login.with_mode("both").challenges()
            fields = [f"WWW-Authenticate: {c}" for c in challenges] if self.fault == "401" else []
            return self.reply(int(self.fault), fields)
        if self.fault == "redirect":
            place = self.argument or f"rtsp://{url.netloc}/moved"
            return self.reply(302, [f"Location: {place}"])
        return None

    def describe(self, url):
        base = f"rtsp://{url.netloc.rpartition('@')[2]}{url.path}/"
        lines = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", f"s={self.camera.name}", "c=IN IP4 0.0.0.0", "t=0 0"]
        lines += ["a=control:*"] + self.camera.clip.sdp(with_sets=self.fault != "nosprop")
        if self.fault == "wrongsprop" and self.camera.other:
            lines[6:] = self.camera.other.sdp()
        lines.append("a=control:track0")
        if "audio" in self.query:
            lines += ["m=audio 0 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=control:track1"]
        body = ("\r\n".join(lines) + "\r\n").encode()
        if self.fault == "badsdp":
            body = b"v=0\r\nm=video x RTP/AVP 999\r\na=rtpmap:\r\n" + os.urandom(200)
        if self.fault == "novideo":
            body = b"v=0\r\nm=audio 0 RTP/AVP 0\r\na=control:track1\r\n"
        if self.fault == "oddcodec":
            body = body.replace(b"H264/90000", b"VP8/90000").replace(b"a=fmtp", b"a=x-fmtp")
        fields = [f"Content-Base: {base}", "Content-Type: application/sdp"]
        return self.reply(200, fields, body)

    def set_up(self, transport, silent):
        """`silent`: the sound, of which nothing is sent."""
        if self.fault in ("454", "461"):
            return self.reply(int(self.fault))
        parts = dict(part.partition("=")[::2] for part in transport.split(";"))
        session = f"Session: {self.session};timeout=60"
        if "TCP" in transport:
            if "udponly" in self.query:
                return self.reply(461)
            channels = parts.get("interleaved", "0-1")
            if not silent:
                self.channel = int(channels.split("-")[0])
            answer = f"RTP/AVP/TCP;unicast;interleaved={channels}"
        else:
            if "tcponly" in self.query:
                return self.reply(461)
            udp = UDP(self.client_address[0], parts.get("client_port", "0-0"))
            if not silent:
                self.udp = udp
            answer = f"RTP/AVP;unicast;client_port={parts.get('client_port')};"
            answer += f"server_port={udp.port}-{udp.port + 1}"
        return self.reply(200, [session, "Transport: " + answer])


class UDP:
    """A pair of ports, for RTP and RTCP."""

    def __init__(self, host, ports):
        low, _, high = ports.partition("-")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.to = [(host, int(low)), (host, int(high or int(low) + 1))]
        while True:
            self.sockets = [socket.socket(family, socket.SOCK_DGRAM) for _ in range(2)]
            self.sockets[0].bind(("", 0))
            self.port = self.sockets[0].getsockname()[1]
            try:
                self.sockets[1].bind(("", self.port + 1))
            except (OSError, OverflowError):
                continue
            if self.port % 2 == 0:
                return

    def send(self, data, control):
        self.sockets[control].sendto(data, self.to[control])


class Stream(threading.Thread):
    """Sends the clip, again and again. A fault begins with frame `after`."""

    def __init__(self, connection):
        super().__init__(daemon=True)
        self.connection, self.camera = connection, connection.camera
        query = self.query = connection.query
        self.fault, self.argument = connection.fault, connection.argument
        self.after = int(query.get("after", 0))
        self.pace = float(query.get("pace", self.camera.fps))
        self.first = int(query.get("first", 0))
        self.report_every = int(query.get("sr", 25))
        self.ended = False
        self.source = random.getrandbits(32)
        self.sequence = int(query.get("seq", random.getrandbits(16)))
        self.time = int(query.get("time", random.getrandbits(32)))
        self.held = []

    def run(self):
        try:
            self.play()
        except OSError:
            pass

    def play(self):
        limit = int(self.query.get("frames", 1 << 60))
        start = time.monotonic()
        for count in range(limit):
            if self.pace:
                time.sleep(max(0, start + count / self.pace - time.monotonic()))
            if self.ended or not self.frame(count):
                return
        if self.query.get("end") != "stay":
            self.hang_up()

    def hang_up(self):
        self.connection.connection.shutdown(socket.SHUT_RDWR)

    def frame(self, count):
        """False when the stream ends here."""
        control = self.camera.faults
        fault = self.fault if count >= self.after else ""
        if control.kind:
            fault, self.argument = control.kind, control.argument
        if control.refuses:
            return self.end("close")
        if fault == "pause":
            return True
        clip = self.camera.other if fault == "paramchange" else self.camera.clip
        number = count - self.after if fault == "paramchange" else count + self.first
        frame = clip.frames[number % len(clip.frames)]
        if fault == "stall":
            time.sleep(WAIT)
        if fault in ("close", "reset", "bye"):
            return self.end(fault)
        if fault == "nokey" and frame.key:
            return True
        self.jump(fault, count)
        ahead = frame.time - (number % len(clip.frames)) * clip.ticks
        stamp = (self.time + count * clip.ticks + ahead) & 0xFFFFFFFF
        if self.report_every and count % self.report_every == 0:
            clock = time.time() + self.camera.clock_offset + ahead / 90000
            self.out(sender_report(self.source, clock, stamp), 1)
        units = frame.units
        if fault == "flood":
            units = [unit[:1] + os.urandom(int(self.argument or 12 << 20)) for unit in units[:1]]
        made = packets(clip.codec, units, int(self.query.get("mtu", 1400)))
        if not fault:
            control.sends(self.source, number + round(ahead / clip.ticks))
        self.send_frame(fault, made, stamp)
        if not fault:
            control.sent(frame.key)
        return True

    def end(self, fault):
        if fault == "bye":
            self.out(struct.pack(">BBHI", 0x81, 203, 1, self.source), 1)
            time.sleep(WAIT)
        elif fault == "reset":
            reset(self.connection.connection)
        else:
            self.hang_up()
        return False

    def jump(self, fault, count):
        if count != self.after:
            return
        if fault == "tsjump":
            self.time += int(float(self.argument or 3600) * 90000)
        if fault == "seqjump":
            self.sequence += int(self.argument or 1000)

    def send_frame(self, fault, made, stamp):
        chosen = []
        for index, (marker, payload) in enumerate(made):
            header = struct.pack(
                ">BBHII", 0x80, 96 | marker << 7, self.sequence & 0xFFFF, stamp, self.source)
            if self.camera.clip.codec == "mjpeg":
                header = header[:1] + bytes([26 | marker << 7]) + header[2:]
            self.sequence += 1
            chosen.append(header + payload)
        for packet in self.spoil(fault, chosen):
            self.out(packet, 0)
        if fault == "garbage":
            self.raw(os.urandom(random.randint(1, 2000)))

    def spoil(self, fault, chosen):
        """What is left of a frame's packets after the fault."""
        chance = float(self.argument or 0.1)
        if fault == "trunc":
            return chosen[: max(1, len(chosen) // 2)]
        if fault == "loss":
            return [p for p in chosen if random.random() >= chance]
        if fault == "dup":
            return [p for p in chosen for _ in range(2 if random.random() < chance else 1)]
        if fault == "reorder":
            for i in range(len(chosen) - 1):
                if random.random() < chance:
                    chosen[i], chosen[i + 1] = chosen[i + 1], chosen[i]
        if fault == "corrupt":
            return [self.flip(p) if random.random() < chance else p for p in chosen]
        if fault == "badrtp":
            return [random.choice((p, p[: random.randrange(12)], b"\0" + p[1:])) for p in chosen]
        if fault == "badlen" and not self.connection.udp:
            length = len(chosen[0]) + int(self.argument or 100)
            self.raw(struct.pack(">BBH", 0x24, self.connection.channel, length) + chosen[0])
            return chosen[1:]
        if fault == "burst":
            self.held += chosen
            if len(self.held) < int(self.argument or 50):
                return []
            chosen, self.held = self.held, []
        return chosen

    @staticmethod
    def flip(packet):
        packet = bytearray(packet)
        if len(packet) > 16:
            for _ in range(8):
                packet[random.randrange(14, len(packet))] ^= 1 << random.randrange(8)
        return bytes(packet)

    def out(self, data, control):
        if self.connection.udp:
            self.connection.udp.send(data, control)
        else:
            channel = self.connection.channel + control
            self.raw(struct.pack(">BBH", 0x24, channel, len(data)) + data)

    def raw(self, data):
        if self.connection.udp:
            self.connection.udp.send(data, 0)
        else:
            self.connection.send(data)
