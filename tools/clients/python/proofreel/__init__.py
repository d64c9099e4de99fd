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
from .results import CameraTest, Clip, Consistency, Found, Look, Picture, Press, Proof

__all__ = [
    "Broken", "CameraError", "CameraTest", "Client", "Clip", "Consistency", "Damaged", "Found",
    "LoginError", "Look", "NotFound", "Picture", "Press", "Proof", "ProofreelError", "ServerError", "Unfit",
    "UnknownOutcome", "Untrusted",
]
