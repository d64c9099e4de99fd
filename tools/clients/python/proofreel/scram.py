"""The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), without any I/O.

Plain, not -PLUS: that ties the log-in to the TLS connection by `tls-exporter`, and Python's `ssl`
does not give the exporter away. Pin the server's key with `fingerprint`, and nobody is in between.
"""

import base64
import binascii
import hashlib
import hmac
import os
from typing import Optional

from .errors import Untrusted

#: Fewer make stolen secrets cheap to try (RFC 7677, section 4).
ITERATIONS_MIN = 4096
ITERATIONS_MAX = 10000000
PASSWORD_BYTES_MAX = 1024


class Scram:
    """One log-in: `first`, then `prove` with the challenge, then `verify` with the answer."""

    def __init__(self, user: str, password: str, nonce: Optional[str] = None) -> None:
        secret = password.encode("utf-8")
        if not 1 <= len(secret) <= PASSWORD_BYTES_MAX:
            raise ValueError("a password has 1 to %d bytes; give another" % PASSWORD_BYTES_MAX)
        self._secret = secret
        self._nonce = nonce or base64.b64encode(os.urandom(18)).decode("ascii")
        name = user.replace("=", "=3D").replace(",", "=2C")
        self._bare = "n=%s,r=%s" % (name, self._nonce)
        self._signature = b""

    @property
    def first(self) -> bytes:
        return ("n,," + self._bare).encode("utf-8")

    def prove(self, challenge: bytes) -> bytes:
        parts = challenge.decode("utf-8", "replace").split(",")
        if [part[:2] for part in parts[:3]] != ["r=", "s=", "i="]:
            raise Untrusted("the server's challenge is not SCRAM; check the address")
        nonce = parts[0][2:]
        if not nonce.startswith(self._nonce) or len(nonce) <= len(self._nonce):
            raise Untrusted("the server answered another log-in than this one; try again")
        salt = _decode(parts[1][2:])
        count = int(parts[2][2:]) if parts[2][2:].isdigit() else 0
        if not ITERATIONS_MIN <= count <= ITERATIONS_MAX or not salt:
            raise Untrusted("the server asks for a log-in that is too weak or too slow")
        salted = hashlib.pbkdf2_hmac("sha256", self._secret, salt, count)
        unproven = "c=biws,r=" + nonce
        said = ",".join([self._bare, ",".join(parts), unproven]).encode("utf-8")
        key = _hmac(salted, b"Client Key")
        signature = _hmac(hashlib.sha256(key).digest(), said)
        proof = bytes(a ^ b for a, b in zip(key, signature))
        self._signature = _hmac(_hmac(salted, b"Server Key"), said)
        return ("%s,p=%s" % (unproven, base64.b64encode(proof).decode("ascii"))).encode("ascii")

    def verify(self, answer: bytes) -> None:
        """Whoever cannot answer this does not know the password's secret."""
        text = answer.decode("utf-8", "replace").split(",")[0]
        given = _decode(text[2:]) if text.startswith("v=") else b""
        if not self._signature or not hmac.compare_digest(given, self._signature):
            raise Untrusted("the server does not know this password's secret; it is not the one")


def _hmac(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, hashlib.sha256).digest()


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise Untrusted("the server's log-in message has bytes that are not base64")
