"""Answers that go on: live frames, news, and bundles that go to a file. Each has a connection of its
own, so that the client can be asked other things meanwhile."""

import struct
import time
from types import TracebackType
from typing import Generic, Iterator, Optional, Sequence, Type, TypeVar

from .errors import Broken, ServerError, Unfit
from .part import Part
from .results import Bundle, LivePiece, News
from .session import Event, Session
from .values import Instant, Links, add_links, document, instant, microseconds
from .wire import Fields, Key, Malformed, Operation
from .wire import Type as Kind

#: Said by the server when nothing was done.
PASSING = ("busy", "too-many", "going-away")
ATTEMPTS_MAX = 5
WAIT_SECONDS_MAX = 5.0
#: Of a live piece: its fields, and the whole.
_HEAD_BYTES_MAX = 64 << 10
_PIECE_BYTES_MAX = 64 << 20

T = TypeVar("T")


class Lasting(Generic[T]):
    """What comes, until it is closed: an iterator, and a context manager."""

    def __init__(self, session: Session, pieces: Iterator[T]) -> None:
        self._session = session
        self._pieces = pieces

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        try:
            return next(self._pieces)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._session.close()

    def __enter__(self) -> "Lasting[T]":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close()


class Streams:
    def _open(self) -> Session:
        raise NotImplementedError

    def live(self, camera: str, form: str = "pictures") -> "Lasting[LivePiece]":
        """Frames as they come (`pictures`), or parts of the ring (`fragments`, for cameras that
        send video). The newest wins: who is slow misses some."""
        fields = Fields().add(Key.CAMERA, camera).add(Key.FORM, form)
        return self._lasting(Operation.CAMERA_LIVE, fields, _live)

    def watch(self, topics: Sequence[str] = (), cameras: Sequence[str] = (),
              check: Optional[str] = None, links: Optional[Links] = None) -> "Lasting[News]":
        """What happens from now on: `evidence`, `facts`, `check`, `gap`, `camera`; all of it when
        no topic is named."""
        fields = Fields()
        for topic in topics:
            fields.add(Key.TOPIC, topic)
        for camera in cameras:
            fields.add(Key.CAMERA, camera)
        add_links(fields, links, check)
        return self._lasting(Operation.WATCH, fields, _news)

    def _lasting(self, operation: int, fields: Fields, read):  # type: ignore[no-untyped-def]
        session = self._open()
        return Lasting(session, read(session.follow(operation, fields)))

    def export(self, path: str, check: Optional[str] = None, links: Optional[Links] = None,
               camera: Optional[str] = None, start: Optional[Instant] = None,
               end: Optional[Instant] = None, records: Sequence[str] = (),
               since: Sequence[str] = (), form: str = "zip") -> Bundle:
        """Writes a bundle (`zip` or `tar.zst`) to a file. A connection that breaks is resumed; what
        was cut off otherwise stays as `path`.part, and the same call goes on with it."""
        fields = Fields().add(Key.CAMERA, camera).add(Key.FORM, form)
        add_links(fields, links, check)
        fields.add(Key.FROM, microseconds(start)).add(Key.TO, microseconds(end))
        for note in since:
            fields.add(Key.SINCE, note)
        with Part(path, fields, "\n".join(records).encode("ascii")) as part:
            attempt, wait = 1, 0.1
            while True:
                before = part.size
                try:
                    self._fetch(part)
                    return part.finish()
                except Broken:
                    # As long as more of it comes, it goes on.
                    attempt, wait = (1, 0.1) if part.size > before else (attempt + 1, wait)
                    if attempt > ATTEMPTS_MAX:
                        raise
                except ServerError as error:
                    if error.word == "refused" and part.size > 0:
                        # A record was removed since, so the beginning would be another one.
                        part.begin_anew()
                        continue
                    attempt += 1
                    if error.word not in PASSING or attempt > ATTEMPTS_MAX:
                        raise
                time.sleep(min(wait, WAIT_SECONDS_MAX))
                wait *= 2

    def _fetch(self, part: Part) -> None:
        session = self._open()
        try:
            for kind, fields, data in session.follow(Operation.EXPORT, part.request(), part.body):
                if kind == Kind.REPLY:
                    part.told(fields)
                elif kind == Kind.DATA:
                    part.write(data)
        finally:
            session.close()


def _news(events: Iterator[Event]) -> Iterator[News]:
    for kind, fields, _ in events:
        if kind == Kind.ITEM:
            yield News(
                fields.text(Key.TOPIC) or "", document(fields), fields.int(Key.DROPPED) or 0)


def _live(events: Iterator[Event]) -> Iterator[LivePiece]:
    """Pieces, however the bytes between them were cut into frames."""
    waiting = bytearray()
    for kind, _, data in events:
        if kind != Kind.DATA:
            continue
        waiting += data
        while True:
            if len(waiting) < 4:
                break
            count, = struct.unpack_from(">I", waiting)
            if count > _HEAD_BYTES_MAX:
                raise Unfit("a live piece begins with %d bytes of fields" % count)
            if len(waiting) < 4 + count:
                break
            head = _fields(bytes(waiting[4:4 + count]))
            size = head.int(Key.SIZE) or 0
            if not 0 <= size <= _PIECE_BYTES_MAX:
                raise Unfit("a live piece has %d bytes" % size)
            if len(waiting) < 4 + count + size:
                break
            piece = bytes(waiting[4 + count:4 + count + size])
            del waiting[:4 + count + size]
            yield LivePiece(
                piece, instant(head.int(Key.INSTANT) or 0), head.int(Key.SEQUENCE) or 0,
                head.int(Key.DROPPED) or 0, head.text(Key.MIME) or "")


def _fields(data: bytes) -> Fields:
    try:
        return Fields.decode(data)
    except Malformed as error:
        raise Unfit("a live piece cannot be read: %s" % error)
