"""One connection: log-in, then one request at a time, with credit in both directions."""

import socket
import ssl
import struct
from typing import Callable, Iterator, List, NamedTuple, Optional, Tuple

from .errors import Broken, LoginError, ProofreelError, Unfit, server_error
from .scram import Scram
from .tls import Trust, secure
from .wire import (
    HEADER_BYTES, HELLO_CODE, HELLO_STREAM, PIECE_BYTES, VERSION, Fields,
    Header, Key, Malformed, Type, frame,
)

WINDOW = 1 << 20
ITEMS_MAX = 4096
READ_BYTES = 256 << 10
AGENT = "proofreel-python/1.0"

#: Until a server says how long it may be silent.
IDLE_SECONDS = 60

Sink = Callable[[Fields, bytes], None]
#: Of an answer that goes on: ITEM or REPLY with fields, or DATA with bytes.
Event = Tuple[int, Fields, bytes]


class Address(NamedTuple):
    """Where the server is: a path of a UNIX socket, or host and port."""

    path: Optional[str]
    host: str = ""
    port: int = 0

    @staticmethod
    def parse(text: str) -> "Address":
        if "/" in text:
            return Address(text)
        host, colon, port = text.rpartition(":")
        if not colon or not port.isdigit() or not 0 < int(port) < 65536 or not host:
            raise ValueError(
                "an address is host:port or the path of a socket, such as ./wire.sock; not %r"
                % text)
        return Address(None, host.strip("[]"), int(port))

    @property
    def is_loopback(self) -> bool:
        return self.host in ("localhost", "::1") or self.host.startswith("127.")


class Login(NamedTuple):
    """What is shown to the server; all of it optional on a UNIX socket."""

    token: Optional[str] = None
    user: Optional[str] = None
    password: Optional[str] = None


class Answer(NamedTuple):
    items: List[Fields]
    reply: Fields


class Session:
    """Owns its socket. One thread at a time; `Client` sees to that."""

    def __init__(self, address: Address, login: Login, trust: Trust, plain: bool,
                 timeout: float) -> None:
        self.is_leaving = False
        self._buffer = bytearray()
        self._stream = 0
        self._credit = 0
        self._socket = _connect(address, trust, plain, timeout)
        self._timeout = timeout
        self._is_unix = address.path is not None
        try:
            self._greet(login, trust)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._socket.close()

    # Log-in

    def _greet(self, login: Login, trust: Trust) -> None:
        hello = Fields().add(Key.VERSION, VERSION).add(Key.AGENT, AGENT).add(Key.WINDOW, WINDOW)
        self._send(frame(Type.HELLO, hello.encode(), HELLO_CODE, HELLO_STREAM))
        welcome = self._expect(Type.WELCOME)
        self.origin = welcome.text(Key.ORIGIN) or ""
        self.payload_max = welcome.int(Key.PAYLOAD_MAX) or 0
        self._send_window = welcome.int(Key.WINDOW) or 0
        self._idle = welcome.int(Key.IDLE_S) or IDLE_SECONDS
        method = self._method(login, trust, welcome.texts(Key.METHOD))
        first = Fields().add(Key.METHOD, method)
        if method == "owner":
            first.add(Key.NAME, login.user)
        elif method == "token":
            first.add(Key.SECRET, login.token)
        elif method == "scram-sha-256":
            return self._password(login, first)
        self._send(frame(Type.AUTH, first.encode()))
        self._admit(self._expect(Type.ADMITTED))

    def _method(self, login: Login, trust: Trust, offered: List[str]) -> str:
        if login.token is not None:
            wanted = "token"
        elif login.password is not None:
            wanted = "scram-sha-256"
        elif trust.certificate is not None:
            wanted = "certificate"
        else:
            wanted = "owner"
        if wanted not in offered:
            raise LoginError(
                16, "not-admitted", "there is no log-in %r here; there are %s: give what one of"
                " them wants" % (wanted, ", ".join(offered)))
        return wanted

    def _password(self, login: Login, first: Fields) -> None:
        scram = Scram(login.user or "", login.password or "")
        first.add(Key.SASL, scram.first)
        self._send(frame(Type.AUTH, first.encode()))
        proof = scram.prove(self._expect(Type.CHALLENGE).bytes(Key.SASL) or b"")
        second = Fields().add(Key.METHOD, "scram-sha-256").add(Key.SASL, proof)
        self._send(frame(Type.AUTH, second.encode()))
        admitted = self._expect(Type.ADMITTED)
        scram.verify(admitted.bytes(Key.SASL) or b"")
        self._admit(admitted)

    def _admit(self, admitted: Fields) -> None:
        self.name = admitted.text(Key.NAME) or ""
        self.rights = admitted.texts(Key.RIGHT)
        self.must_change = admitted.has(Key.MUST_CHANGE)

    def _expect(self, kind: int) -> Fields:
        while True:
            header, payload = self._next()
            if header.type == kind:
                return _fields(payload)
            if header.type not in (Type.GOAWAY, Type.PING):
                raise Unfit("the server said something else than its part of the log-in")

    # Requests

    def is_usable(self) -> bool:
        """False when the server has gone, or will go, since the last answer."""
        try:
            self._socket.settimeout(0)
            try:
                while True:
                    piece = self._socket.recv(PIECE_BYTES)
                    if not piece:
                        return False
                    self._buffer += piece
                    if len(self._buffer) > WINDOW:
                        return False
            except (BlockingIOError, ssl.SSLWantReadError):
                pass
            finally:
                self._socket.settimeout(self._timeout)
            while self._has_frame():
                self._next()
        except (OSError, ProofreelError):
            return False
        return not self.is_leaving

    def request(self, operation: int, fields: Fields, body: Optional[bytes] = None,
                sink: Optional[Sink] = None) -> Answer:
        return self._answer(self._begin(operation, fields, body), sink)

    def follow(self, operation: int, fields: Fields,
               body: Optional[bytes] = None) -> Iterator[Event]:
        """As `request`, for an answer that goes on: what comes, as it comes. A caller that is
        slow to ask for the next is sent a window's worth at most."""
        stream = self._begin(operation, fields, body)
        # Nothing may happen for long; a server that is there lets itself be heard.
        self._timeout = max(self._timeout, 2.0 * self._idle)
        self._socket.settimeout(self._timeout)
        return self._events(stream)

    def _begin(self, operation: int, fields: Fields, body: Optional[bytes]) -> int:
        self._stream += 1
        stream, self._credit = self._stream, self._send_window
        self._send(frame(Type.REQUEST, fields.encode(), operation, stream, last=body is None))
        if body is not None and not self._upload(stream, body):
            raise Unfit("the server answered before it had all that was sent")
        return stream

    def _upload(self, stream: int, body: bytes) -> bool:
        at, view = 0, memoryview(body)
        while True:
            count = min(PIECE_BYTES, len(body) - at)
            while self._credit < count:
                header, payload = self._next()
                if header.stream != stream:
                    continue
                if header.type == Type.ERROR:
                    raise _error(header.code, payload)
                if header.type in (Type.REPLY, Type.ITEM, Type.DATA):
                    return False
            is_last = at + count == len(body)
            self._send(frame(Type.DATA, bytes(view[at:at + count]), 0, stream, is_last))
            self._credit -= count
            at += count
            if is_last:
                return True

    def _answer(self, stream: int, sink: Optional[Sink]) -> Answer:
        items = []  # type: List[Fields]
        reply = None  # type: Optional[Fields]
        for kind, fields, piece in self._events(stream):
            if kind == Type.ITEM:
                items.append(fields)
                if len(items) > ITEMS_MAX:
                    raise Unfit("more than %d items in one answer" % ITEMS_MAX)
            elif kind == Type.REPLY:
                reply = fields
            else:
                if reply is None or sink is None:
                    raise Unfit("the server sent bytes that belong to nothing")
                sink(reply, piece)
        if reply is None:
            raise Unfit("the server ended an answer that it had not given")
        return Answer(items, reply)

    def _events(self, stream: int) -> Iterator[Event]:
        """What comes of an answer, to its end; the server gets credit as it is taken."""
        owed = 0
        while True:
            header, payload = self._next()
            if header.stream != stream:
                continue
            if header.type == Type.ERROR:
                raise _error(header.code, payload)
            if header.type in (Type.ITEM, Type.REPLY):
                yield header.type, _fields(payload), b""
            elif header.type == Type.DATA:
                yield header.type, Fields(), payload
            if header.last:
                return
            if header.type in (Type.ITEM, Type.DATA):
                owed += len(payload)
                if owed >= WINDOW // 2:
                    self._send(frame(Type.CREDIT, struct.pack(">I", owed), 0, stream))
                    owed = 0

    # Frames

    def _next(self) -> Tuple[Header, bytes]:
        """The next frame; what concerns the connection is dealt with here already."""
        header = _header(self._take(HEADER_BYTES))
        payload = self._take(header.payload_bytes)
        if header.type == Type.PING:
            self._send(frame(Type.PONG, payload))
        elif header.type == Type.GOAWAY:
            self.is_leaving = True
        elif header.type == Type.CREDIT:
            if len(payload) != 4:
                raise Unfit("a CREDIT wants four bytes")
            if header.stream == self._stream:
                self._credit += struct.unpack(">I", payload)[0]
        elif header.type == Type.ERROR and header.stream == 0:
            self.is_leaving = True
            raise _error(header.code, payload)
        return header, payload

    def _has_frame(self) -> bool:
        if len(self._buffer) < HEADER_BYTES:
            return False
        header = _header(bytes(self._buffer[:HEADER_BYTES]))
        return len(self._buffer) >= HEADER_BYTES + header.payload_bytes

    def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            try:
                piece = self._socket.recv(READ_BYTES)
            except socket.timeout:
                raise Broken("the server said nothing for %g seconds" % self._timeout)
            except OSError as error:
                raise Broken("the connection broke: %s" % error)
            if not piece:
                raise Broken("the server ended the connection")
            self._buffer += piece
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _send(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise Broken("the connection broke: %s" % error)


def _connect(address: Address, trust: Trust, plain: bool, timeout: float) -> socket.socket:
    try:
        if address.path is not None:
            made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                made.settimeout(timeout)
                made.connect(address.path)
            except BaseException:
                made.close()
                raise
            return made
        made = socket.create_connection((address.host, address.port), timeout)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        raise Broken("there is no server at %s: %s" % (address.path or address.host, error))
    if plain:
        return made
    try:
        return secure(made, address.host, trust)
    except BaseException as error:
        made.close()
        if isinstance(error, OSError):
            raise Broken("TLS could not begin: %s" % error)
        raise


def _error(code: int, payload: bytes) -> ProofreelError:
    try:
        return server_error(code, payload)
    except Malformed as error:
        return Unfit("the server's error cannot be read: %s" % error)


def _fields(payload: bytes) -> Fields:
    try:
        return Fields.decode(payload)
    except Malformed as error:
        raise Unfit("the server's message cannot be read: %s" % error)


def _header(data: bytes) -> Header:
    try:
        return Header.decode(data)
    except Malformed as error:
        raise Unfit("the server's message cannot be read: %s" % error)
