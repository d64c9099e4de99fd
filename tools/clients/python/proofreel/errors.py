"""What can go wrong, as types: catch the one that you can do something about."""

import json
from typing import Any, Dict, Optional, Type

from .wire import Fields, Key


class ProofreelError(Exception):
    """Everything this package raises on purpose."""


class Broken(ProofreelError):
    """The connection ended or could not be made; repeating may help."""


class UnknownOutcome(Broken):
    """The connection ended after a request was sent that must not be sent twice unasked."""


class Untrusted(ProofreelError):
    """The server is not the one that was meant: another key, or no proof of the password."""


class Unfit(ProofreelError):
    """What came is not the protocol, or is beyond its limits."""


class Damaged(ProofreelError):
    """The bytes that came do not have the hash that the log has for them."""


class ServerError(ProofreelError):
    """The server said no: `word` is for programs, `sentence` for people."""

    def __init__(self, code: int, word: str, sentence: str, retry_ms: Optional[int] = None,
                 details: Optional[Dict[str, Any]] = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.word = word
        self.sentence = sentence
        #: After so many milliseconds the same request may succeed; None: not without a change.
        self.retry_ms = retry_ms
        self.details = details or {}

    def __str__(self) -> str:
        return "%s (%s)" % (self.sentence, self.word)


class NotFound(ServerError):
    """No such record, link or camera."""


class LoginError(ServerError):
    """Who asks is not known, or may not do this."""


class CameraError(ServerError):
    """The camera has no picture of this time; `details` may say since when and until when."""


_TYPES = {}  # type: Dict[str, Type[ServerError]]
for _word in ("not-found", "unknown-camera"):
    _TYPES[_word] = NotFound
for _word in ("not-admitted", "wrong-credentials", "locked-out", "denied"):
    _TYPES[_word] = LoginError
for _word in ("camera-off", "offline", "no-frame", "expired", "gap", "future",
              "clock-set"):
    _TYPES[_word] = CameraError


def server_error(code: int, payload: bytes) -> ServerError:
    """The exception that an ERROR frame tells of."""
    fields = Fields.decode(payload)
    word = fields.text(Key.WORD) or "error-%d" % code
    sentence = fields.text(Key.WORDS) or "the server gave no reason"
    details = None
    text = fields.text(Key.DETAILS)
    if text is not None:
        try:
            details = json.loads(text)
        except ValueError:
            details = {"text": text}
    return _TYPES.get(word, ServerError)(
        code, word, sentence, fields.int(Key.RETRY_MS), details)
