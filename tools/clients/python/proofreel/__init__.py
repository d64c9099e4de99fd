"""Client for Proofreel. `Client` is where to begin; docs/clients.md has an example of each call."""

from .client import Client
from .errors import (
    Broken,
    CameraError,
    Damaged,
    LoginError,
    NotFound,
    ProofreelError,
    ServerError,
    Unfit,
    UnknownOutcome,
    Untrusted,
)
from .results import Bundle, CameraTest, Clip, Consistency, Found, LivePiece, Look, News, Picture
from .results import Press, Proof, Thumbnail
from .streams import Lasting

__all__ = [
    "Broken", "Bundle", "CameraError", "CameraTest", "Client", "Clip", "Consistency", "Damaged",
    "Found", "Lasting", "LivePiece", "LoginError", "Look", "News", "NotFound", "Picture", "Press",
    "Proof", "ProofreelError", "ServerError", "Thumbnail", "Unfit", "UnknownOutcome", "Untrusted",
]
