"""The bytes that follow a reply, hashed while they come."""

import hashlib

from .errors import Damaged, Unfit
from .results import Picture
from .values import document, instant
from .wire import Fields, Key


class Body:
    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._bytes = bytearray()
        self._hash = hashlib.sha256()

    def take(self, reply: Fields, piece: bytes) -> None:
        self._bytes += piece
        self._hash.update(piece)
        if len(self._bytes) > (reply.int(Key.SIZE) or 0):
            raise Unfit("the server sent more bytes than it had said")

    def whole(self, reply: Fields) -> bytes:
        """All of it; what the server gave no hash of is not compared."""
        if len(self._bytes) != (reply.int(Key.SIZE) or 0):
            raise Unfit("the server sent fewer bytes than it had said")
        digest = reply.bytes(Key.SHA256)
        if digest is not None and digest != self._hash.digest():
            raise Damaged(
                "the bytes of record %s do not have the hash of the log; tell who runs the server"
                % (reply.text(Key.ID) or "?"))
        return bytes(self._bytes)

    def picture(self, reply: Fields, is_whole: bool) -> Picture:
        if reply.int(Key.SIZE) is None or len(self._bytes) != reply.int(Key.SIZE):
            raise Unfit("the server sent fewer bytes than it had said")
        digest = (reply.bytes(Key.SHA256) or b"").hex()
        if is_whole and digest != self._hash.hexdigest():
            raise Damaged(
                "the bytes of record %s do not have the hash of the log; tell who runs the server"
                % (reply.text(Key.ID) or "?"))
        when = reply.int(Key.INSTANT)
        return Picture(
            bytes(self._bytes), digest, reply.text(Key.MIME) or "",
            None if when is None else instant(when), reply.text(Key.CAMERA),
            reply.text(Key.ID) or "", is_whole, reply.has(Key.MORE),
            document(reply) if reply.has(Key.DOCUMENT) else None)
