"""Calls of those who look after cameras, evidence and people."""

import json
from typing import Any, Iterator, List, Mapping, Optional, Sequence

from .body import Body
from .results import CameraTest, Clip
from .session import Answer
from .values import Document, Instant, Links, add_links, document, microseconds, new_request_id
from .wire import Fields, Key, Operation


class Asking:
    """What asks; `Client` is it."""

    def _ask(self, operation: int, fields: Fields, upload: Optional[bytes] = None,
             body: Optional[Body] = None, is_safe: bool = True) -> Answer:
        raise NotImplementedError

    def _document(self, operation: int, fields: Fields, is_safe: bool = True) -> Document:
        return document(self._ask(operation, fields, is_safe=is_safe).reply)

    def _documents(self, operation: int, fields: Optional[Fields] = None) -> List[Document]:
        return [document(item) for item in self._ask(operation, fields or Fields()).items]


class Cameras(Asking):
    def cameras(self) -> List[Document]:
        """How each camera is."""
        return self._documents(Operation.CAMERA_LIST)

    def camera(self, id: str) -> Document:
        """How one is, with its gaps of the last 24 hours."""
        return self._document(Operation.CAMERA_SHOW, Fields().add(Key.CAMERA, id))

    def add_camera(self, id: str, url: str, **settings: Any) -> Document:
        """`settings` are those of docs/protocol.md: name, room, user, password, ring_bytes, …"""
        return self._change(Operation.CAMERA_ADD, id, url, settings)

    def set_camera(self, id: str, url: Optional[str] = None, **settings: Any) -> Document:
        return self._change(Operation.CAMERA_SET, id, url, settings)

    def remove_camera(self, id: str) -> Document:
        """It and its ring are forgotten; evidence stays."""
        return self._switch(Operation.CAMERA_REMOVE, id)

    def camera_on(self, id: str) -> Document:
        return self._switch(Operation.CAMERA_ON, id)

    def camera_off(self, id: str) -> Document:
        return self._switch(Operation.CAMERA_OFF, id)

    def test_camera(self, id: Optional[str] = None, url: Optional[str] = None,
                    seconds: Optional[int] = None, **settings: Any) -> CameraTest:
        """Finds out, rung by rung, why a camera does not work: one that is there, or a URL."""
        fields = Fields().add(Key.CAMERA, id).add(Key.URL, url).add(Key.LIMIT, seconds)
        if settings:
            fields.add(Key.DOCUMENT, json.dumps(settings))
        body = Body()
        answer = self._ask(Operation.CAMERA_TEST, fields, body=body)
        return CameraTest(
            document(answer.reply), [document(item) for item in answer.items],
            body.whole(answer.reply), answer.reply.text(Key.MIME))

    def discover_cameras(self) -> List[Document]:
        """The USB cameras of the server's machine."""
        return self._documents(Operation.CAMERA_DISCOVER)

    def clip(self, camera: str, start: Instant, end: Optional[Instant] = None,
             check: Optional[str] = None, links: Optional[Links] = None,
             request_id: Optional[str] = None) -> Document:
        """Makes footage evidence, to now when no end is given."""
        fields = _clip(camera, start, end, check, links, request_id)
        return self._document(Operation.CLIP, fields)

    def clip_footage(self, camera: str, start: Instant, end: Optional[Instant] = None,
                     check: Optional[str] = None, links: Optional[Links] = None,
                     request_id: Optional[str] = None) -> Clip:
        """As `clip`, with the MP4 in the answer."""
        fields = _clip(camera, start, end, check, links, request_id).add(Key.FORM, "clip")
        body = Body()
        reply = self._ask(Operation.CLIP, fields, body=body).reply
        return Clip(body.whole(reply), document(reply), reply.text(Key.MIME) or "")

    def _change(self, operation: int, id: str, url: Optional[str],
                settings: Mapping[str, Any]) -> Document:
        fields = Fields().add(Key.CAMERA, id).add(Key.URL, url)
        if settings:
            fields.add(Key.DOCUMENT, json.dumps(settings))
        return self._document(operation, fields, is_safe=False)

    def _switch(self, operation: int, id: str) -> Document:
        return self._document(operation, Fields().add(Key.CAMERA, id), is_safe=False)


class Keeping(Asking):
    def hold(self, reason: str, id: Optional[str] = None, check: Optional[str] = None,
             link: Optional[str] = None, start: Optional[Instant] = None,
             end: Optional[Instant] = None, camera: Optional[str] = None) -> Document:
        """Forbids deletion: of a record, of all with a link, or of a time."""
        fields = Fields().add(Key.ID, id).add(Key.LINK, link).add(Key.CAMERA, camera)
        add_links(fields, None, check)
        fields.add(Key.FROM, microseconds(start)).add(Key.TO, microseconds(end))
        return self._document(Operation.HOLD, fields.add(Key.REASON, reason), is_safe=False)

    def unhold(self, hold: str, reason: str) -> Document:
        """Asks for a hold's end; a second person's call is it (`released`)."""
        fields = Fields().add(Key.ID, hold).add(Key.REASON, reason)
        return self._document(Operation.UNHOLD, fields, is_safe=False)

    def holds(self) -> List[Document]:
        return self._documents(Operation.HOLDS)

    def retention(self) -> List[Document]:
        """The rules."""
        return list(self._document(Operation.RETENTION, Fields())["rules"])

    def set_retention(self, rules: Sequence[Mapping[str, Any]], reason: str) -> Document:
        """They can only lengthen."""
        fields = Fields().add(Key.DOCUMENT, json.dumps({"rules": list(rules)}))
        return self._document(
            Operation.RETENTION_SET, fields.add(Key.REASON, reason), is_safe=False)

    def expired(self, limit: Optional[int] = None) -> List[Document]:
        """What retention would remove."""
        return self._documents(Operation.RETENTION_PREVIEW, Fields().add(Key.LIMIT, limit))

    def retention_event(self, name: str, link: str, reason: str,
                        at: Optional[Instant] = None) -> Document:
        """Something that retention is counted from, such as a product's end of life."""
        fields = Fields().add(Key.NAME, name).add(Key.LINK, link).add(Key.AT, microseconds(at))
        return self._document(
            Operation.RETENTION_EVENT, fields.add(Key.REASON, reason), is_safe=False)

    def erase(self, id: str, reference: str, reason: str, personal_only: bool = False) -> Document:
        """Asks for an early erasure; a second person's call orders it (`ordered`)."""
        fields = Fields().add(Key.ID, id).add(Key.NAME, reference).add(Key.REASON, reason)
        fields.add(Key.KIND, "private" if personal_only else None)
        return self._document(Operation.RETENTION_ERASE, fields, is_safe=False)

    def keys(self) -> Document:
        """The public keys: what to pin, what signs."""
        return self._document(Operation.KEYS, Fields())

    def audit(self, who: Optional[str] = None, what: Optional[str] = None,
              start: Optional[Instant] = None, end: Optional[Instant] = None,
              refused: bool = False, page: int = 1000) -> Iterator[Document]:
        """The trail, oldest first; pages are fetched as they are needed."""
        cursor = None  # type: Optional[str]
        while True:
            fields = Fields().add(Key.NAME, who).add(Key.KIND, what).add(Key.LIMIT, page)
            fields.add(Key.FROM, microseconds(start)).add(Key.TO, microseconds(end))
            fields.add(Key.STATE, "refused" if refused else None).add(Key.CURSOR, cursor)
            answer = self._ask(Operation.AUDIT, fields)
            for item in answer.items:
                yield document(item)
            cursor = answer.reply.text(Key.CURSOR)
            if cursor is None:
                return


class Identities(Asking):
    def users(self) -> List[Document]:
        return self._documents(Operation.USER_LIST)

    def add_user(self, name: str, roles: Sequence[str], cameras: Sequence[str] = (),
                 until: Optional[Instant] = None) -> Document:
        """`password` in the answer is good for one thing: setting an own one."""
        return self._document(
            Operation.USER_ADD, _grant(name, roles, cameras, until), is_safe=False)

    def set_user(self, name: str, roles: Sequence[str] = (),
                 cameras: Optional[Sequence[str]] = None, until: Optional[Instant] = None,
                 ever: bool = False) -> Document:
        """No cameras at all, `[]`, means all of them; `ever` takes the end away."""
        named = () if cameras is None else (cameras or ("",))
        fields = _grant(name, roles, named, until).flag(Key.EVER, ever)
        return self._document(Operation.USER_SET, fields, is_safe=False)

    def remove_user(self, name: str) -> Document:
        return self._remove(Operation.USER_REMOVE, name)

    def set_password(self, password: Optional[str] = None,
                     name: Optional[str] = None) -> Document:
        """One's own; of somebody else without a password: a one-time one. Connect anew with it."""
        fields = Fields().add(Key.NAME, name).add(Key.SECRET, password)
        return self._document(Operation.USER_PASSWORD, fields, is_safe=False)

    def tokens(self, revoked: bool = False) -> List[Document]:
        return self._documents(Operation.TOKEN_LIST, Fields().flag(Key.EVER, revoked))

    def add_token(self, name: str, roles: Sequence[str], cameras: Sequence[str] = (),
                  until: Optional[Instant] = None) -> Document:
        """`token` in the answer is told this once."""
        return self._document(
            Operation.TOKEN_ADD, _grant(name, roles, cameras, until), is_safe=False)

    def revoke_token(self, name: str) -> Document:
        return self._remove(Operation.TOKEN_REVOKE, name)

    def machines(self) -> List[Document]:
        return self._documents(Operation.MACHINE_LIST)

    def add_machine(self, name: str, key_sha256: bytes, roles: Sequence[str],
                    cameras: Sequence[str] = (), until: Optional[Instant] = None) -> Document:
        """`key_sha256` is the hash of the public key of its certificate, as DER."""
        fields = _grant(name, roles, cameras, until).add(Key.SHA256, key_sha256)
        return self._document(Operation.MACHINE_ADD, fields, is_safe=False)

    def remove_machine(self, name: str) -> Document:
        return self._remove(Operation.MACHINE_REMOVE, name)

    def _remove(self, operation: int, name: str) -> Document:
        return self._document(operation, Fields().add(Key.NAME, name), is_safe=False)


def _grant(name: str, roles: Sequence[str], cameras: Sequence[str],
           until: Optional[Instant]) -> Fields:
    fields = Fields().add(Key.NAME, name)
    for role in roles:
        fields.add(Key.ROLE, role)
    for camera in cameras:
        fields.add(Key.CAMERA, camera)
    return fields.add(Key.TO, microseconds(until))


def _clip(camera: str, start: Instant, end: Optional[Instant], check: Optional[str],
          links: Optional[Links], request_id: Optional[str]) -> Fields:
    fields = Fields().add(Key.CAMERA, camera)
    fields.add(Key.FROM, microseconds(start)).add(Key.TO, microseconds(end))
    add_links(fields, links, check)
    return fields.add(Key.REQUEST_ID, request_id or new_request_id())
