"""The calls. Each is one request, or one for each page."""

import os
import threading
import time
from types import TracebackType
from typing import Iterator, List, Optional, Sequence, Type

from .administration import Cameras, Identities, Keeping
from .body import Body
from .errors import Broken, ServerError, Unfit, UnknownOutcome
from .floor import Floor
from .results import Consistency, Found, Picture, Proof, Thumbnail
from .session import Address, Answer, Login, Session
from .streams import ATTEMPTS_MAX, PASSING, WAIT_SECONDS_MAX, Streams
from .tls import Trust
from .values import Document, Instant, Links, add_links, document, instant, microseconds
from .values import instant_of, new_request_id
from .wire import Fields, Key, Operation


class Client(Cameras, Keeping, Identities, Floor, Streams):
    """A connection that comes back by itself. Threads may share it; they take turns.

    A request that reads, or carries a request id, is repeated when the connection breaks. Others
    raise `UnknownOutcome`: whether they were done is to be looked up.
    """

    def __init__(self, address: str, token: Optional[str] = None, user: Optional[str] = None,
                 password: Optional[str] = None, fingerprint: Optional[str] = None,
                 ca: Optional[str] = None, certificate: Optional[str] = None,
                 key: Optional[str] = None, timeout: float = 30.0, tls: bool = True) -> None:
        self._address = Address.parse(address)
        if token is not None and password is not None:
            raise ValueError("give a token or a password, not both")
        if password is not None and user is None:
            raise ValueError("a password belongs to a user; give the user as well")
        if not tls and self._address.path is None and not self._address.is_loopback:
            raise ValueError("without TLS everybody between reads the secret; loopback only")
        self._login = Login(token, user, password)
        self._trust = Trust(fingerprint, ca, certificate, key)
        self._plain = not tls
        self._timeout = timeout
        self._session = None  # type: Optional[Session]
        self._pid = os.getpid()
        self._lock = threading.RLock()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection; the next call makes a new one."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    # Reading

    def status(self) -> Document:
        """How the server is."""
        return self._document(Operation.STATUS, Fields())

    def get(self, id: Optional[str] = None, check: Optional[str] = None,
            links: Optional[Links] = None, oldest: bool = False, describe: bool = False,
            offset: int = 0, size: Optional[int] = None) -> Picture:
        """A record's picture: by id, or the newest that has all links."""
        fields = Fields().add(Key.ID, id)
        add_links(fields, links, check)
        fields.flag(Key.OLDEST, oldest).flag(Key.DESCRIBE, describe)
        is_whole = offset == 0 and size is None
        if not is_whole:
            fields.add(Key.OFFSET, offset).add(Key.SIZE, size)
        body = Body()
        reply = self._ask(Operation.GET, fields, body=body).reply
        return body.picture(reply, is_whole)

    def thumbnail(self, id: Optional[str] = None, check: Optional[str] = None,
                  links: Optional[Links] = None, oldest: bool = False,
                  width: Optional[int] = None, height: Optional[int] = None) -> Thumbnail:
        """A small JPEG of a record's picture, which fits into `width` x `height` (256 each)."""
        fields = Fields().add(Key.ID, id)
        add_links(fields, links, check)
        fields.flag(Key.OLDEST, oldest).add(Key.FORM, "thumbnail")
        fields.add(Key.WIDTH, width).add(Key.HEIGHT, height)
        body = Body()
        reply = self._ask(Operation.GET, fields, body=body).reply
        when = reply.int(Key.INSTANT)
        return Thumbnail(
            body.whole(reply), reply.int(Key.WIDTH) or 0, reply.int(Key.HEIGHT) or 0,
            reply.text(Key.ID) or "", None if when is None else instant(when),
            reply.text(Key.CAMERA))

    def find(self, check: Optional[str] = None, links: Optional[Links] = None,
             camera: Optional[str] = None, start: Optional[Instant] = None,
             end: Optional[Instant] = None, oldest: bool = False, streams: bool = False,
             page: int = 50, limit: Optional[int] = None) -> Iterator[Document]:
        """Records, newest first; pages are fetched as they are needed."""
        fields = _query(check, links, camera, start, end, oldest, streams)
        for item in self._pages(fields, page, limit):
            yield document(item)

    def find_brief(self, check: Optional[str] = None, links: Optional[Links] = None,
                   camera: Optional[str] = None, start: Optional[Instant] = None,
                   end: Optional[Instant] = None, oldest: bool = False, streams: bool = False,
                   page: int = 500, limit: Optional[int] = None) -> Iterator[Found]:
        """As `find`, with little of each record: quick for lists."""
        fields = _query(check, links, camera, start, end, oldest, streams)
        fields.add(Key.FORM, "brief")
        for item in self._pages(fields, page, limit):
            digest = item.bytes(Key.SHA256)
            yield Found(
                item.text(Key.ID) or "", instant(item.int(Key.INSTANT) or 0),
                None if digest is None else digest.hex(), item.text(Key.MIME),
                item.int(Key.SIZE), item.text(Key.CAMERA))

    def show(self, id: str) -> Document:
        """All that is known of a record."""
        return self._document(Operation.SHOW, Fields().add(Key.ID, id))

    # Adding

    def put(self, data: bytes, check: Optional[str] = None, links: Optional[Links] = None,
            name: Optional[str] = None, mime: Optional[str] = None,
            instant: Optional[Instant] = None, request_id: Optional[str] = None) -> Document:
        """Stores a picture from elsewhere. With the same request id it is stored once only."""
        fields = Fields().add(Key.NAME, name).add(Key.MIME, mime)
        add_links(fields, links, check)
        fields.add(Key.INSTANT, microseconds(instant))
        fields.add(Key.REQUEST_ID, request_id or new_request_id())
        return document(self._ask(Operation.PUT, fields, upload=data).reply)

    def snap(self, *cameras: str, check: Optional[str] = None, links: Optional[Links] = None,
             at: Optional[Instant] = None, tolerance_ms: Optional[int] = None,
             neighbours: Optional[int] = None, trigger: Optional[str] = None,
             request_id: Optional[str] = None) -> List[Document]:
        """Keeps the frame of each camera at an instant, now when none is given."""
        fields = _snap(cameras, check, links, at, tolerance_ms, neighbours, trigger, request_id)
        return [document(item) for item in self._ask(Operation.SNAP, fields).items]

    def snap_picture(self, camera: str, check: Optional[str] = None,
                     links: Optional[Links] = None, at: Optional[Instant] = None,
                     tolerance_ms: Optional[int] = None, trigger: Optional[str] = None,
                     request_id: Optional[str] = None) -> Picture:
        """As `snap` of one camera, with the picture in the answer."""
        fields = _snap([camera], check, links, at, tolerance_ms, None, trigger, request_id)
        fields.add(Key.FORM, "picture")
        body = Body()
        answer = self._ask(Operation.SNAP, fields, body=body)
        if len(answer.items) != 1:
            raise Unfit("the server answered for %d cameras, not one" % len(answer.items))
        told = document(answer.items[0])
        picture = body.picture(answer.reply, True)
        return picture._replace(
            id=told["id"], camera=camera, document=told, instant=instant_of(told))

    # Saying something of records

    def link(self, id: str, links: Links, reason: Optional[str] = None) -> Document:
        fields = Fields().add(Key.ID, id).add(Key.REASON, reason)
        add_links(fields, links, None)
        return self._document(Operation.LINK, fields, is_safe=False)

    def unlink(self, id: str, links: Links, reason: str) -> Document:
        """The link ends; that it was, and the reason, stay in the log for ever."""
        fields = Fields().add(Key.ID, id).add(Key.REASON, reason)
        add_links(fields, links, None)
        return self._document(Operation.UNLINK, fields, is_safe=False)

    def close_check(self, check: str, verdict: Optional[str] = None,
                    reason: Optional[str] = None, incomplete: bool = False) -> Document:
        """Says that a check is done, and how it ended; `incomplete`, although it lacks pictures."""
        fields = Fields().add(Key.CHECK, check).add(Key.STATE, verdict).add(Key.REASON, reason)
        fields.flag(Key.INCOMPLETE, incomplete)
        return self._document(Operation.CLOSE, fields, is_safe=False)

    # Proving

    def prove(self, id: Optional[str] = None, index: Optional[int] = None) -> Proof:
        reply = self._ask(
            Operation.PROVE, Fields().add(Key.ID, id).add(Key.INDEX, index)).reply
        return Proof(
            reply.int(Key.INDEX) or 0, document(reply, Key.LEAF), reply.text(Key.NOTE) or "")

    def consistency(self, old_size: int) -> Consistency:
        reply = self._ask(Operation.CONSISTENCY, Fields().add(Key.OLD_SIZE, old_size)).reply
        return Consistency(
            (reply.text(Key.STATE) or "").split(), reply.text(Key.NOTE) or "")

    def checkpoint(self) -> str:
        """The signed note of the log as it is now. Keep it: later logs must contain it."""
        return self._ask(Operation.CHECKPOINT, Fields()).reply.text(Key.NOTE) or ""

    # Asking

    def _pages(self, fields: Fields, page: int, limit: Optional[int]) -> Iterator[Fields]:
        cursor = None  # type: Optional[str]
        left = limit
        while left is None or left > 0:
            asked = Fields(fields.pairs).add(Key.CURSOR, cursor)
            asked.add(Key.LIMIT, page if left is None else min(page, left))
            answer = self._ask(Operation.FIND, asked)
            for item in answer.items:
                yield item
            left = None if left is None else left - len(answer.items)
            cursor = answer.reply.text(Key.CURSOR)
            if cursor is None:
                return

    def _ask(self, operation: int, fields: Fields, upload: Optional[bytes] = None,
             body: Optional[Body] = None, is_safe: bool = True) -> Answer:
        """Asks, and asks again where that cannot do a thing twice."""
        self._notice_fork()
        with self._lock:
            wait = 0.1
            for attempt in range(1, ATTEMPTS_MAX + 1):
                asked = False
                try:
                    session = self._connected()
                    asked = True
                    if body is not None:
                        body.clear()
                    answer = session.request(operation, fields, upload, None if body is None else body.take)
                    if session.is_leaving:
                        self.close()
                    return answer
                except Broken as error:
                    self.close()
                    if asked and not is_safe:
                        raise UnknownOutcome(
                            "%s; whether the request was done is unknown: look before you"
                            " repeat it" % error) from error
                    if attempt == ATTEMPTS_MAX:
                        raise
                except ServerError as error:
                    if self._session is not None and self._session.is_leaving:
                        self.close()
                    if not asked or error.word not in PASSING or attempt == ATTEMPTS_MAX:
                        raise
                    wait = max(wait, (error.retry_ms or 0) / 1000.0)
                except BaseException:
                    # An answer is left in the middle: nothing after it could be told apart.
                    self.close()
                    raise
                time.sleep(min(wait, WAIT_SECONDS_MAX))
                wait *= 2
        raise Broken("the server could not be reached")

    def _connected(self) -> Session:
        if self._session is not None and not self._session.is_usable():
            self.close()
        if self._session is None:
            self._session = self._open()
        return self._session

    def _open(self) -> Session:
        return Session(
            self._address, self._login, self._trust,
            self._plain or self._address.path is not None, self._timeout)

    def _notice_fork(self) -> None:
        """A child must not speak on its parent's connection, nor wait for its parent's threads."""
        if os.getpid() != self._pid:
            self._pid = os.getpid()
            self._lock = threading.RLock()
            self.close()


def _query(check: Optional[str], links: Optional[Links], camera: Optional[str],
           start: Optional[Instant], end: Optional[Instant], oldest: bool,
           streams: bool) -> Fields:
    fields = Fields().add(Key.CAMERA, camera)
    add_links(fields, links, check)
    fields.add(Key.FROM, microseconds(start)).add(Key.TO, microseconds(end))
    return fields.flag(Key.OLDEST, oldest).flag(Key.STREAMS, streams)


def _snap(cameras: Sequence[str], check: Optional[str], links: Optional[Links],
          at: Optional[Instant], tolerance_ms: Optional[int], neighbours: Optional[int],
          trigger: Optional[str], request_id: Optional[str]) -> Fields:
    fields = Fields()
    for camera in cameras:
        fields.add(Key.CAMERA, camera)
    add_links(fields, links, check)
    fields.add(Key.AT, microseconds(at)).add(Key.NEIGHBOURS, neighbours)
    fields.add(Key.TOLERANCE_US, None if tolerance_ms is None else tolerance_ms * 1000)
    fields.add(Key.TRIGGER, trigger)
    return fields.add(Key.REQUEST_ID, request_id or new_request_id())
