"""What arguments become on their way to the server, and answers on their way back."""

import json
import uuid
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, Mapping, Optional, Sequence, Union

from .errors import Unfit
from .wire import Fields, Key

Links = Union[Mapping[str, str], Sequence[str]]
Instant = Union[datetime, int]
Document = Dict[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def add_links(fields: Fields, links: Optional[Links], check: Optional[str] = None) -> None:
    if check is not None:
        fields.add(Key.LINK, "check=" + check)
    if isinstance(links, str):
        raise ValueError("links are a dict {kind: value} or a list of kind=value")
    if isinstance(links, Mapping):
        links = ["%s=%s" % pair for pair in links.items()]
    for link in links or ():
        fields.add(Key.LINK, link)


def microseconds(instant: Optional[Instant]) -> Optional[int]:
    if not isinstance(instant, datetime):
        return instant
    if instant.tzinfo is None:
        raise ValueError("an instant wants its time zone, such as datetime.now(timezone.utc)")
    return (instant - _EPOCH) // timedelta(microseconds=1)


def instant(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def instant_of(document: Document) -> Optional[datetime]:
    """Of a record's document, where it stands as text."""
    text = document.get("instant")
    if not isinstance(text, str):
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise Unfit("the server's document has an instant that is none: %s" % text)


def document(fields: Fields, key: int = Key.DOCUMENT) -> Document:
    try:
        value = json.loads(fields.text(key) or "")
    except ValueError:
        raise Unfit("the server's document is no JSON")
    if not isinstance(value, dict):
        raise Unfit("the server's document is no object")
    return value


def new_request_id() -> str:
    return "py-" + uuid.uuid4().hex
