"""What calls give back."""

from datetime import datetime
from typing import Any, Dict, List, NamedTuple, Optional


class Picture(NamedTuple):
    """Bytes with the facts of the record that they belong to."""

    bytes: bytes
    #: Of the whole picture, in hexadecimal.
    sha256: str
    mime: str
    instant: Optional[datetime]
    camera: Optional[str]
    id: str
    #: The bytes were hashed while they came. False for a range: the log has the whole's hash only.
    verified: bool
    #: Other records have these links too.
    more: bool = False
    document: Optional[Dict[str, Any]] = None


class Thumbnail(NamedTuple):
    """A small JPEG, made for the asker; it is no evidence."""

    bytes: bytes
    width: int
    height: int
    id: str
    instant: Optional[datetime]
    camera: Optional[str]


class LivePiece(NamedTuple):
    """One frame of a camera as it came, or one fragment of its footage."""

    bytes: bytes
    instant: datetime
    #: Counts all pieces, those as well that were not taken in time.
    sequence: int
    #: So many were left out before this one.
    dropped: int
    mime: str


class News(NamedTuple):
    """Something that happened."""

    topic: str
    document: Dict[str, Any]
    #: So many before this one could not wait; look them up with `find`.
    dropped: int


class Bundle(NamedTuple):
    """A bundle in a file, and the checkpoint that it is made at."""

    path: str
    #: As the server would call the file.
    name: str
    note: str
    instant: Optional[datetime]
    size: int


class Found(NamedTuple):
    """A record in brief."""

    id: str
    instant: datetime
    sha256: Optional[str]
    mime: Optional[str]
    size: Optional[int]
    camera: Optional[str]


class Proof(NamedTuple):
    """That a leaf is in the log: its text and the proof, which `proofreel verify` reads."""

    index: int  # type: ignore[assignment]
    leaf: Dict[str, Any]
    note: str


class Consistency(NamedTuple):
    """That a log only grew since it had the older size."""

    hashes: List[str]
    checkpoint: str


class Clip(NamedTuple):
    """Footage as an MP4 that was hashed while it came, and the facts of its record."""

    bytes: bytes
    document: Dict[str, Any]
    mime: str


class CameraTest(NamedTuple):
    """What was found out of a camera, rung by rung, and a picture if one came."""

    document: Dict[str, Any]
    rungs: List[Dict[str, Any]]
    picture: bytes
    mime: Optional[str]


class Press(NamedTuple):
    """What a press came to: trigger, check and links, and the records of its pictures."""

    document: Dict[str, Any]
    records: List[Dict[str, Any]]


class Look(NamedTuple):
    """A camera that was asked for, with its picture of now; empty where the document has an
    error."""

    document: Dict[str, Any]
    picture: bytes
