"""Signatures and proofs by published formats: Ed25519 (RFC 8032), signed notes and checkpoints
(C2SP), Merkle trees (RFC 6962 and 9162), JSON in one spelling, and time stamps (RFC 3161) by the
program openssl. Part of verify.py. All of it is strict: there is one text for one thing, and every
other is refused.
"""
import base64
import hashlib
import json
import os
import re
import ssl
import struct
from datetime import datetime
from subprocess import PIPE, STDOUT, run


class Bad(Exception):
    """What is wrong, in which file, and from which of its bytes to which (counted from 0)."""
    def __init__(self, words, file=None, start=None, end=None):
        super().__init__(words)
        self.words, self.file, self.start, self.end = words, file, start, end


def need(holds, words, file=None, start=None, end=None):
    if not holds:
        raise Bad(words, file, start, end)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


# Ed25519
P, Q = 2 ** 255 - 19, 2 ** 252 + 27742317777372353535851937790883648493
D, ROOT = -121665 * pow(121666, P - 2, P) % P, pow(2, (P - 1) // 4, P)


def point(data):
    """The point that 32 bytes stand for. Each point has one spelling; others are refused."""
    sign, y = data[31] >> 7, int.from_bytes(data, "little") & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * ROOT % P
    need(y < P and x * x % P == square and (x or not sign), "not a point of the curve")
    x = x if x & 1 == sign else P - x
    return x, y, 1, x * y % P


def plus(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]), (p[1] + p[0]) * (q[1] + q[0])
    c, d = 2 * p[3] * q[3] * D, 2 * p[2] * q[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, p):
    total = (0, 1, 1, 0)
    while n:
        total, p, n = plus(total, p) if n & 1 else total, plus(p, p), n >> 1
    return total


def has_signed(key, signature, message):
    """The holder of the private key has signed exactly this message."""
    need(len(signature) == 64, "a signature has 64 bytes")
    s = int.from_bytes(signature[32:], "little")
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % Q
    a = times(s, point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")))
    b = plus(point(signature[:32]), times(h, point(key)))
    return s < Q and all((a[i] * b[2] - b[i] * a[2]) % P == 0 for i in (0, 1))

# Notes, proofs and JSON


def b64(text, count):
    data = base64.b64decode(text, validate=True)
    need(base64.b64encode(data).decode() == text and len(data) >= count, "wrong base64")
    return data


def number(text):
    need(re.fullmatch("0|[1-9][0-9]{0,15}", text), "not a plain number: " + text[:80])
    return int(text)


def read_key(text):
    """name+id+base64(type, key); type 1 signs notes, type 4 cosigns checkpoints."""
    need(re.fullmatch(r"[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}", text),
         "a key should look like name+8 hex digits+base64; copy the whole line: " + text[:80])
    name, key_id, raw = text.split("+", 2)
    raw = b64(raw, 33)
    need(sha256(name.encode(), b"\n", raw)[:4].hex() == key_id and raw[0] in (1, 4), "not a key")
    return name, bytes.fromhex(key_id), raw


def open_note(data, keys):
    """The lines of a note that one of these keys has signed, and the time of a cosignature."""
    text, gap, lines = data.rpartition(b"\n\n")
    text, trusted, time = text + b"\n", False, None
    need(gap and lines[-1:] == b"\n" and lines.count(b"\n") <= 32 and len(data) <= 1 << 17 and
         not re.search(rb"[\x00-\x09\x0b-\x1f]", data), "this is not a signed note")
    for line in lines.decode()[:-1].split("\n"):
        match = re.fullmatch("\u2014 ([^ +]+) ([A-Za-z0-9+/=]+)", line)
        need(match, "a signature line should be: dash, name, base64")
        raw = b64(match[2], 5)
        for name, key_id, key in keys:
            if (name, key_id) == (match[1], raw[:4]):
                time = int.from_bytes(raw[4:12], "big") if key[0] == 4 else time
                head = b"cosignature/v1\ntime %d\n" % time if key[0] == 4 else b""
                trusted = has_signed(key[1:], raw[12 if head else 4:], head + text)
                need(trusted, "the signature by %s is wrong" % name, None, 0, len(text) - 1)
    need(trusted, "it is not signed by a key that may sign it")
    return text.decode()[:-1].split("\n"), time


def climb(fn, sn, old, new, path):
    """Both roots that a proof leads to (RFC 9162, 2.1.3.2 and 2.1.4.2)."""
    for hash in path:
        need(sn, "the proof is too long")
        if fn & 1 or fn == sn:
            old, new = sha256(b"\1", hash, old), sha256(b"\1", hash, new)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            new = sha256(b"\1", new, hash)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0, "the proof is too short")
    return old, new


def is_continued(old, old_root, new, new_root, path):
    """The tree of `old` leaves is the beginning of the one of `new` leaves."""
    if old in (0, new):
        return not path and (old == 0 or old_root == new_root)
    path, fn, sn = ([old_root] if old & (old - 1) == 0 else []) + path, old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    return old < new and climb(fn, sn, path[0], path[0], path[1:]) == (old_root, new_root)


def tree_root(hashes):
    while len(hashes) > 1:
        hashes = [sha256(b"\1", *hashes[i:i + 2]) if i + 1 < len(hashes) else hashes[i]
                  for i in range(0, len(hashes), 2)]
    return hashes[0].hex() if hashes else sha256().hex()


def run_root(size, start, run, before, after):
    """The root of a tree of `size` leaves, of which those from `start` on are here; of the others
    the roots of the largest subtrees before and after these, as hexadecimal digits. None where
    there are too few or too many."""
    before, after, end = list(before), list(after), start + len(run)

    def node(low, high):
        if high <= start or low >= end:
            side = before if high <= start else after
            return bytes.fromhex(side.pop(0)) if side else b""
        if high - low == 1:
            return run[low - start]
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        return sha256(b"\1", node(low, middle), node(middle, high))
    root = node(0, size).hex() if run and end <= size else None
    return None if before or after else root


def fragments(b, name, at):
    """Footage as it stands in the trees of parts: of each fragment the earliest instant of its
    frames, its length, its hash."""
    found = []
    while at < b.files[name][2]:
        start, (instant, count) = at, struct.unpack(">q20xL", b.read(name, at + 24, 32))
        need(0 < count <= 256, "no fragment here", name, at, at + 7)
        instant += min(struct.unpack(">%dl" % count, b.read(name, at + 56, 4 * count)))
        for kind in (b"uuid", b"moof", b"mdat"):
            head = b.read(name, at, 8)
            need(head[4:] == kind and head > b"\0\0\0\x08", "no fragment here", name, at, at + 7)
            at += int.from_bytes(head[:4], "big")
        digest = bytes.fromhex(b.sha256(name, start, at - start))
        found.append(sha256(b"\0", struct.pack(">qQ", instant, at - start), digest))
    return found


def first_difference(a, b):
    """The first byte that two texts do not share."""
    if a == b:
        return len(a)
    return next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))


def strict_json(data, file):
    """Sorted keys, none twice, whole numbers, no null, no white space: written again, the same."""
    try:
        value = json.loads(data.decode())
    except ValueError as error:
        raise Bad("this is not JSON: %s" % error, file, getattr(error, "pos", 0), len(data) - 1)
    again = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    need(data == again, "this is not the one spelling of what it says", file,
         first_difference(data, again), len(data) - 1)
    bare = re.sub(rb'"(?:[^"\\]|\\.)*"', b"", data)  # what stands outside of texts
    need(not re.search(rb"[nN.E]|[0-9]{17}", bare), "a value that no leaf has", file)
    return value

# Time stamps. In `folder` are `checkpoint`, `tsr`, `pem`, and perhaps the revocation list `crl`.


def openssl(folder, *words, **more):
    """What it prints; nothing where it is not installed."""
    try:
        return run(("openssl",) + words, cwd=folder, stdout=PIPE, stderr=STDOUT, errors="replace",
                   **more).stdout
    except OSError:
        return ""


def gmt(text):
    """Seconds since 1970; of fractions nothing."""
    text = re.sub(r"[.]\d+", "", text)
    return datetime.strptime(text + "+0000", "%b %d %H:%M:%S %Y%z").timestamp()


def read_stamp(folder, pinned):
    """Its own time; whether it holds by the certificates beside it, as of that time; and by those
    that are trusted. None where openssl 3 is missing."""
    stamp = re.search(r"Time stamp: (\w+ +\d+ [\d:.]+ \d+) GMT", openssl(
        folder, "ts", "-reply", "-in", "tsr", "-text"))
    if not stamp:
        return None
    time = gmt(stamp[1])

    def holds(*roots):
        text = openssl(folder, "ts", "-verify", "-data", "checkpoint", "-in", "tsr", "-untrusted",
                       "pem", "-partial_chain", "-attime", str(int(time)), *roots)
        return text.partition("Verification: ")[2][:2] == "OK"
    roots = ("-CAfile", os.path.abspath(pinned)) if pinned else (
        "-CApath", ssl.get_default_verify_paths().openssl_capath)
    return time, holds("-CAfile", "pem"), holds(*roots)


def is_revoked(folder, time, file):
    """Whether the list says that a certificate beside it had been taken back by then."""
    name = ("-noout", "-issuer", "-nameopt", "RFC2253")
    text = openssl(folder, "crl", "-inform", "DER", "-in", "crl", "-text", "-CAfile", "pem", *name)
    need("verify OK" in text, "no revocation list by the authority beside it", file)
    issuer = re.search("^issuer=.*$", text, re.M)[0]
    gone = {number.lstrip("0") for number, day in re.findall(
        r"Serial Number: ([0-9A-F]+)\s+Revocation Date: (.*) GMT", text) if gmt(day) <= time}
    with open(os.path.join(folder, "pem")) as f:
        blocks = re.findall("-----BEGIN CERT.*?-----END CERTIFICATE-----", f.read(), re.S)
    cards = [openssl(folder, "x509", "-serial", *name, input=block) for block in blocks]
    return any(issuer in card and re.search("serial=0*([0-9A-F]*)", card)[1] in gone
               for card in cards)
