"""Frames and fields, without any I/O: bytes to values and back."""

import builtins
import struct
from typing import Iterable, List, NamedTuple, Optional, Tuple, Union

VERSION = 1
HELLO_CODE = 0x5052
HELLO_STREAM = 0x464C
FIELDS_MAX = 256
UNKNOWN_BYTES_MAX = 64 << 10
#: A piece of a body that is sent; the protocol allows four times as much.
PIECE_BYTES = 64 << 10
HEADER_BYTES = 12

Value = Union[str, int, bytes, None]


class Type:
    HELLO, WELCOME, AUTH, CHALLENGE, ADMITTED, PING, PONG, GOAWAY = range(0x01, 0x09)
    REQUEST, REPLY, ITEM, DATA, CREDIT, CANCEL, ERROR = range(0x10, 0x17)


PAYLOAD_BYTES_MAX = {
    Type.HELLO: 4 << 10, Type.AUTH: 4 << 10, Type.CHALLENGE: 4 << 10, Type.ADMITTED: 4 << 10,
    Type.GOAWAY: 4 << 10, Type.WELCOME: 16 << 10, Type.ERROR: 16 << 10, Type.PING: 64,
    Type.PONG: 64, Type.REQUEST: 64 << 10, Type.REPLY: 1 << 20, Type.ITEM: 1 << 20,
    Type.DATA: 256 << 10, Type.CREDIT: 4, Type.CANCEL: 0,
}


class Operation:
    STATUS = 0x01
    CAMERA_LIST, CAMERA_SHOW, CAMERA_ADD, CAMERA_SET, CAMERA_REMOVE = range(0x10, 0x15)
    CAMERA_ON, CAMERA_OFF, CAMERA_TEST, CAMERA_DISCOVER, CAMERA_LIVE = range(0x15, 0x1A)
    SNAP, CLIP = range(0x20, 0x22)
    PUT, GET, FIND, SHOW = range(0x30, 0x34)
    LINK, UNLINK, CLOSE, HOLD, UNHOLD, HOLDS = range(0x40, 0x46)
    RETENTION, RETENTION_SET, RETENTION_PREVIEW, RETENTION_EVENT = range(0x48, 0x4C)
    RETENTION_ERASE, RETENTION_APPLY = range(0x4C, 0x4E)
    PROVE, CONSISTENCY, CHECKPOINT, KEYS = range(0x50, 0x54)
    WATCH, AUDIT = range(0x60, 0x62)
    USER_LIST, USER_ADD, USER_SET, USER_REMOVE, USER_PASSWORD = range(0x70, 0x75)
    TOKEN_LIST, TOKEN_ADD, TOKEN_REVOKE = range(0x78, 0x7B)
    MACHINE_LIST, MACHINE_ADD, MACHINE_REMOVE = range(0x7C, 0x7F)
    EXPORT = 0x80
    POINT_LIST, POINT_SHOW, POINT_ADD, POINT_SET, POINT_REMOVE = range(0x90, 0x95)
    CHECK_REACH, CHECK_TAKE, CHECK_SHOW, CHECK_LIST = range(0x96, 0x9A)
    CENTRE_LIST, CENTRE_SHOW, CENTRE_ADD, CENTRE_SET, CENTRE_REMOVE = range(0xA0, 0xA5)
    TRIGGER_ADD, TRIGGER_MOVE, TRIGGER_REMOVE, PRESS, INPUT_LIST = range(0xA5, 0xAA)
    ROOM_LIST, ROOM_ADD, ROOM_SET, ROOM_REMOVE, ASK, GRAPHIC = range(0xAA, 0xB0)


class Key:
    WORD, WORDS, NAME, AGENT, ORIGIN, METHOD, CAMERA, LINK, ID, CURSOR = range(0x01, 0x0B)
    REQUEST_ID, TRIGGER, REASON, MIME, FEATURE, FORM, KIND, SECRET = range(0x0B, 0x13)
    RIGHT, ROLE, TOPIC, STATE, STREAM, NOTE, URL, CHECK = range(0x13, 0x1B)
    SINCE, POINT, CENTRE, ROOM, KEY, CODE = range(0x1B, 0x21)
    VERSION, WINDOW, AT, TOLERANCE_US, LIMIT, SIZE, OFFSET, COUNT = range(0x60, 0x68)
    INSTANT, DISTANCE_US, FROM, TO, RETRY_MS, STREAMS_MAX, IDLE_S = range(0x68, 0x6F)
    NEIGHBOURS, INDEX, TREE_SIZE, OLD_SIZE, WIDTH, HEIGHT = range(0x6F, 0x75)
    SEQUENCE, DROPPED, PAYLOAD_MAX = range(0x75, 0x78)
    POSITION = 0x79
    SASL, SHA256 = 0x90, 0x91
    OLDEST, STREAMS, MORE, REPEATED, DESCRIBE = range(0xB0, 0xB5)
    DRY_RUN, MUST_CHANGE, EVER, INCOMPLETE = range(0xB5, 0xB9)
    DOCUMENT, LEAF, DETAILS = 0xC0, 0xC1, 0xC2


class Malformed(ValueError):
    """Bytes that are no message of this protocol."""


class Header(NamedTuple):
    """The twelve bytes before everything that travels."""

    payload_bytes: int
    type: int
    last: bool
    code: int
    stream: int

    @staticmethod
    def decode(data: bytes) -> "Header":
        count, kind, flags, code, stream = struct.unpack(">IBBHI", data)
        header = Header(count, kind, bool(flags & 1), code, stream)
        if count > PAYLOAD_BYTES_MAX.get(kind, UNKNOWN_BYTES_MAX):
            raise Malformed("a frame of type %d with %d bytes is beyond its limit" % (kind, count))
        return header


def frame(kind: int, payload: bytes = b"", code: int = 0, stream: int = 0,
          last: bool = False) -> bytes:
    """One frame, whole."""
    if len(payload) > PAYLOAD_BYTES_MAX[kind]:
        raise Malformed("the request is too large; say less in one")
    return struct.pack(">IBBHI", len(payload), kind, int(last), code, stream) + payload


class Fields:
    """The fields of one message, in the order they came. Unknown keys are kept, not looked at."""

    def __init__(self, pairs: Iterable[Tuple[int, bytes]] = ()) -> None:
        self.pairs = list(pairs)

    @staticmethod
    def decode(data: bytes) -> "Fields":
        pairs = []  # type: List[Tuple[int, bytes]]
        at = 0
        while at < len(data):
            if len(data) - at < 4:
                raise Malformed("a field ends beyond its message")
            head, = struct.unpack_from(">I", data, at)
            key, count = head >> 24, head & 0xFFFFFF
            at += 4
            if count > len(data) - at:
                raise Malformed("a field ends beyond its message")
            if 0x60 <= key <= 0x8F and count != 8:
                raise Malformed("field %d is an integer and wants eight bytes" % key)
            if 0xB0 <= key <= 0xBF and count != 0:
                raise Malformed("field %d is a flag and has no value" % key)
            value = bytes(data[at:at + count])
            if 0x01 <= key <= 0x5F or 0xC0 <= key <= 0xDF:
                _text(value)
            pairs.append((key, value))
            at += count
            if len(pairs) > FIELDS_MAX:
                raise Malformed("more than %d fields" % FIELDS_MAX)
        return Fields(pairs)

    def encode(self) -> bytes:
        if len(self.pairs) > FIELDS_MAX:
            raise Malformed("more than %d fields; say less in one request" % FIELDS_MAX)
        parts = []
        for key, value in self.pairs:
            if len(value) > 0xFFFFFF:
                raise Malformed("a field of %d bytes is too long" % len(value))
            parts.append(struct.pack(">I", key << 24 | len(value)) + value)
        return b"".join(parts)

    def add(self, key: int, value: Value) -> "Fields":
        """Adds a field; None adds nothing, a flag is added with an empty value."""
        if value is None:
            return self
        if isinstance(value, str):
            raw = value.encode("utf-8")
        elif isinstance(value, int):
            if not -(1 << 63) <= value < 1 << 63:
                raise Malformed("%d does not fit into eight bytes" % value)
            raw = struct.pack(">q", value)
        else:
            raw = bytes(value)
        self.pairs.append((key, raw))
        return self

    def flag(self, key: int, is_set: bool) -> "Fields":
        return self.add(key, b"") if is_set else self

    def bytes(self, key: int) -> Optional[builtins.bytes]:
        return next((value for known, value in self.pairs if known == key), None)

    def text(self, key: int) -> Optional[str]:
        raw = self.bytes(key)
        return None if raw is None else _text(raw)

    def texts(self, key: int) -> List[str]:
        return [_text(value) for known, value in self.pairs if known == key]

    def int(self, key: builtins.int) -> Optional[builtins.int]:
        raw = self.bytes(key)
        return None if raw is None else int.from_bytes(raw, "big", signed=True)

    def has(self, key: builtins.int) -> bool:
        return self.bytes(key) is not None


def _text(raw: bytes) -> str:
    if b"\0" in raw:
        raise Malformed("a text has a NUL")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("a text is not UTF-8")
