"""TLS 1.3 with a pinned key, an authority, or both."""

import base64
import hashlib
import hmac
import socket
import ssl
from typing import NamedTuple, Optional, Tuple

from .errors import Broken, Unfit, Untrusted

PROTOCOL = "proofreel/1"


class Trust(NamedTuple):
    """What makes the server the right one, and what we show of ourselves."""

    fingerprint: Optional[str] = None
    ca: Optional[str] = None
    certificate: Optional[str] = None
    key: Optional[str] = None


def context(trust: Trust) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.set_alpn_protocols([PROTOCOL])
    if trust.ca is not None:
        made.load_verify_locations(trust.ca)
    elif trust.fingerprint is not None:
        # The pin says more than any authority could; a self-signed certificate has none.
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    else:
        made.load_default_certs()
    if trust.certificate is not None:
        made.load_cert_chain(trust.certificate, trust.key)
    return made


def secure(plain: socket.socket, host: str, trust: Trust) -> ssl.SSLSocket:
    """Shakes hands, then looks whether it is the right server, before a secret is sent."""
    try:
        secured = context(trust).wrap_socket(plain, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        raise Untrusted(
            "the server's certificate is not trusted (%s); give its fingerprint or ca"
            % error.verify_message)
    except ssl.SSLError as error:
        raise Broken("TLS could not begin: %s; does TLS listen there?" % error)
    try:
        check(secured, trust)
    except Exception:
        secured.close()
        raise
    return secured


def check(secured: ssl.SSLSocket, trust: Trust) -> None:
    if secured.selected_alpn_protocol() != PROTOCOL:
        raise Untrusted("the server does not speak %s; check the address" % PROTOCOL)
    if trust.fingerprint is None:
        return
    der = secured.getpeercert(binary_form=True)
    if der is None:
        raise Untrusted("the server showed no certificate; check the address")
    found = fingerprint(der)
    if not hmac.compare_digest(found, _normal(trust.fingerprint)):
        raise Untrusted(
            "the server's key is not the one that was pinned (%s): it has a new key, or this is"
            " another server; compare fingerprints before you trust it" % found)


def fingerprint(der: bytes) -> str:
    """`SHA256:` and base64 of the hash of the certificate's public key, as the server prints it."""
    return _words(hashlib.sha256(public_key(der)).digest())


def _words(digest: bytes) -> str:
    return "SHA256:" + base64.b64encode(digest).decode("ascii").rstrip("=")


def _normal(text: str) -> str:
    """Takes hexadecimal, with colons or without, as well."""
    bare = text.replace(":", "").lower()
    if len(bare) == 64 and all(letter in "0123456789abcdef" for letter in bare):
        return _words(bytes.fromhex(bare))
    return text.rstrip("=")


# Certificate ::= { tbsCertificate { [0] version, serialNumber, signature, issuer, validity,
# subject, subjectPublicKeyInfo, … }, … }. `ssl` does not give the key away, so it is cut out here.


def public_key(der: bytes) -> bytes:
    """SubjectPublicKeyInfo of a certificate, as its DER bytes."""
    start, _ = _element(der, 0, 0x30)
    at, end = _element(der, start, 0x30)
    if der[at:at + 1] == b"\xa0":
        at = _element(der, at, 0xA0)[1]
    for tag in (0x02, 0x30, 0x30, 0x30, 0x30):
        at = _element(der, at, tag)[1]
    stop = _element(der, at, 0x30)[1]
    if stop > end:
        raise Unfit("the server's certificate cannot be read")
    return der[at:stop]


def _element(der: bytes, at: int, tag: int) -> Tuple[int, int]:
    """Where the content of the element at `at` begins and ends."""
    if at + 2 > len(der) or der[at] != tag:
        raise Unfit("the server's certificate cannot be read")
    count, at = der[at + 1], at + 2
    if count >= 0x80:
        width = count & 0x7F
        if not 1 <= width <= 3:
            raise Unfit("the server's certificate cannot be read")
        count, at = int.from_bytes(der[at:at + width], "big"), at + width
    if at + count > len(der):
        raise Unfit("the server's certificate cannot be read")
    return at, at + count
