"""Calls of the factory floor: control points, checks, work centres, questions."""

import json
from typing import Any, List, Mapping, Optional, Sequence

from .administration import Asking
from .body import Body
from .errors import Unfit
from .results import Look, Press
from .values import Document, Instant, Links, add_links, document, microseconds, new_request_id
from .wire import Fields, Key, Operation


class Floor(Asking):
    # Checks

    def reach(self, point: Optional[str] = None, cameras: Sequence[str] = (),
              check: Optional[str] = None, links: Optional[Links] = None,
              at: Optional[Instant] = None, request_id: Optional[str] = None) -> Document:
        """Production reaches a check: at a control point, or with cameras that are named. The same
        check again is answered as it stands."""
        fields = Fields().add(Key.POINT, point)
        for camera in cameras:
            fields.add(Key.CAMERA, camera)
        fields.add(Key.CHECK, check)
        add_links(fields, links, None)
        fields.add(Key.AT, microseconds(at))
        if check is None or request_id is not None:
            fields.add(Key.REQUEST_ID, request_id or new_request_id())
        return self._document(Operation.CHECK_REACH, fields)

    def take_check(self, check: str, at: Optional[Instant] = None,
                   request_id: Optional[str] = None) -> List[Document]:
        """Takes the pictures that a check still wants."""
        fields = Fields().add(Key.CHECK, check).add(Key.AT, microseconds(at))
        fields.add(Key.REQUEST_ID, request_id or new_request_id())
        return [document(item) for item in self._ask(Operation.CHECK_TAKE, fields).items]

    def check(self, check: str) -> Document:
        """What a check wants, and what it has."""
        return self._document(Operation.CHECK_SHOW, Fields().add(Key.CHECK, check))

    def checks(self, state: Optional[str] = None, point: Optional[str] = None,
               centre: Optional[str] = None, links: Optional[Links] = None,
               start: Optional[Instant] = None, limit: Optional[int] = None) -> List[Document]:
        """Those that were reached since, in the last 24 hours if no start is given."""
        fields = Fields().add(Key.STATE, state).add(Key.POINT, point).add(Key.CENTRE, centre)
        add_links(fields, links, None)
        fields.add(Key.FROM, microseconds(start)).add(Key.LIMIT, limit)
        return self._documents(Operation.CHECK_LIST, fields)

    # Control points

    def points(self, camera: Optional[str] = None, centre: Optional[str] = None) -> List[Document]:
        return self._documents(
            Operation.POINT_LIST, Fields().add(Key.CAMERA, camera).add(Key.CENTRE, centre))

    def add_point(self, id: str, cameras: Sequence[str], **settings: Any) -> Document:
        """`settings` are those of docs/protocol.md: name, product, operation, centre, …"""
        return self._put(Operation.POINT_ADD, Key.POINT, id, dict(settings, cameras=list(cameras)))

    def set_point(self, id: str, **settings: Any) -> Document:
        return self._put(Operation.POINT_SET, Key.POINT, id, settings)

    def remove_point(self, id: str) -> Document:
        return self._document(Operation.POINT_REMOVE, Fields().add(Key.POINT, id), is_safe=False)

    # Work centres

    def centres(self) -> List[Document]:
        return self._documents(Operation.CENTRE_LIST)

    def centre(self, id: str) -> Document:
        """With what was scanned there, and how its cameras are."""
        return self._document(Operation.CENTRE_SHOW, Fields().add(Key.CENTRE, id))

    def add_centre(self, id: str, **settings: Any) -> Document:
        return self._put(Operation.CENTRE_ADD, Key.CENTRE, id, settings)

    def set_centre(self, id: str, **settings: Any) -> Document:
        return self._put(Operation.CENTRE_SET, Key.CENTRE, id, settings)

    def remove_centre(self, id: str) -> Document:
        return self._document(Operation.CENTRE_REMOVE, Fields().add(Key.CENTRE, id), is_safe=False)

    def add_trigger(self, centre: str, cameras: Sequence[str],
                    key: Optional[str] = None) -> Document:
        """The last of the work centre's triggers; the first that matches is chosen."""
        settings = {"cameras": list(cameras)}  # type: Mapping[str, Any]
        if key is not None:
            settings = dict(settings, key=key)
        return self._put(Operation.TRIGGER_ADD, Key.CENTRE, centre, settings)

    def move_trigger(self, centre: str, trigger: str, position: int) -> Document:
        fields = Fields().add(Key.CENTRE, centre).add(Key.TRIGGER, trigger)
        return self._document(
            Operation.TRIGGER_MOVE, fields.add(Key.POSITION, position), is_safe=False)

    def remove_trigger(self, centre: str, trigger: str) -> Document:
        fields = Fields().add(Key.CENTRE, centre).add(Key.TRIGGER, trigger)
        return self._document(Operation.TRIGGER_REMOVE, fields, is_safe=False)

    def press(self, centre: str, key: Optional[str] = None, code: Optional[str] = None,
              links: Optional[Links] = None, at: Optional[Instant] = None,
              request_id: Optional[str] = None) -> Press:
        """A key, or a code that was scanned. Without pictures: a code that only says what is on
        the bench."""
        fields = Fields().add(Key.CENTRE, centre).add(Key.KEY, key).add(Key.CODE, code)
        add_links(fields, links, None)
        fields.add(Key.AT, microseconds(at))
        fields.add(Key.REQUEST_ID, request_id or new_request_id())
        answer = self._ask(Operation.PRESS, fields)
        return Press(document(answer.reply), [document(item) for item in answer.items])

    # Rooms

    def rooms(self) -> List[Document]:
        return self._documents(Operation.ROOM_LIST)

    def add_room(self, name: str, aliases: Sequence[str] = ()) -> Document:
        return self._put(Operation.ROOM_ADD, Key.ROOM, name, {"aliases": list(aliases)})

    def ask(self, words: str) -> List[Look]:
        """Cameras that are asked for in English or French, with their pictures of now."""
        body = Body()
        answer = self._ask(Operation.ASK, Fields().add(Key.WORDS, words), body=body)
        rest = body.whole(answer.reply)
        looks = []
        for told in (document(item) for item in answer.items):
            size = told.get("bytes", 0)
            if len(rest) < size:
                raise Unfit("the answer has fewer bytes than it says")
            looks.append(Look(told, rest[:size]))
            rest = rest[size:]
        return looks

    def graphic(self, camera: Optional[str] = None, centre: Optional[str] = None) -> bytes:
        """The status graphic, as SVG."""
        fields = Fields().add(Key.CAMERA, camera).add(Key.CENTRE, centre).add(Key.FORM, "svg")
        body = Body()
        answer = self._ask(Operation.GRAPHIC, fields, body=body)
        return body.whole(answer.reply)

    def _put(self, operation: int, key: int, id: str, settings: Mapping[str, Any]) -> Document:
        fields = Fields().add(key, id).add(Key.DOCUMENT, json.dumps(settings))
        return self._document(operation, fields, is_safe=False)
