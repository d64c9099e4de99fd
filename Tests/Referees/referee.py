#!/usr/bin/env python3
"""Checks a log against what it claims, without any code of the project.

    referee.py DIRECTORY

Needs Python's standard library and the `openssl` command (3.0 or later). The directory holds

    leaves                     every leaf, in order: length (2 bytes, big-endian), then the bytes
    vkey                       the key that signs checkpoints: name+id+base64
    checkpoint-<size>          a signed tree head
    proof-<index>.tlog-proof   inclusion proofs
    consistency-<old>-<new>    consistency proofs, one hash in base64 per line

Prints what fails, then `N passed, N failed`; exits with 1 when something failed.
"""
import base64
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

MAGIC = "c2sp.org/tlog-proof@v1"
passed = failed = 0


def judge(name, verdict):
    global passed, failed
    if verdict:
        passed += 1
    else:
        failed += 1
        print("FAILED", name)


def decode(text):
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("another spelling of base64: " + text)
    return data


def sha256(data):
    return hashlib.sha256(data).digest()


def leaf_hash(leaf):
    return sha256(b"\x00" + leaf)


def node(left, right):
    return sha256(b"\x01" + left + right)


def root(hashes):
    """RFC 6962 2.1, level by level: an odd node at the end is carried up as it is."""
    if not hashes:
        return sha256(b"")
    while len(hashes) > 1:
        up = [node(hashes[i], hashes[i + 1]) for i in range(0, len(hashes) - 1, 2)]
        if len(hashes) % 2:
            up.append(hashes[-1])
        hashes = up
    return hashes[0]


def root_from_path(leaf, index, size, path):
    """The root that an audit path leads to; None when its length cannot be right."""
    fn, sn, result = index, size - 1, leaf
    for sibling in path:
        if sn == 0:
            return None
        if fn % 2 or fn == sn:
            result = node(sibling, result)
            while fn % 2 == 0 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            result = node(result, sibling)
        fn, sn = fn >> 1, sn >> 1
    return result if sn == 0 else None


def roots_from_consistency(old, new, old_root, path):
    """Both roots that a consistency proof leads to."""
    if old == new:
        return (old_root, old_root) if not path else None
    path = list(path)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    fn, sn = old - 1, new - 1
    while fn % 2:
        fn, sn = fn >> 1, sn >> 1
    if not path:
        return None
    fr = sr = path[0]
    for sibling in path[1:]:
        if sn == 0:
            return None
        if fn % 2 or fn == sn:
            fr, sr = node(sibling, fr), node(sibling, sr)
            while fn % 2 == 0 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, sibling)
        fn, sn = fn >> 1, sn >> 1
    return (fr, sr) if sn == 0 else None


class Key:
    def __init__(self, text):
        self.name, key_id, key = text.strip().split("+", 2)
        raw = decode(key)
        self.id = bytes.fromhex(key_id)
        self.public = raw[1:]
        if raw[0] != 1 or len(raw) != 33:
            raise ValueError("not an Ed25519 key")
        if sha256(self.name.encode() + b"\n" + raw)[:4] != self.id:
            raise ValueError("the key's id is not that of the key")

    def verifies(self, text, signature):
        # SubjectPublicKeyInfo of an Ed25519 key: a fixed head and the 32 bytes (RFC 8410).
        der = bytes.fromhex("302a300506032b6570032100") + self.public
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "key").write_bytes(der)
            (folder / "text").write_bytes(text)
            (folder / "signature").write_bytes(signature)
            done = subprocess.run(
                ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER",
                 "-inkey", folder / "key", "-in", folder / "text",
                 "-sigfile", folder / "signature"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return done.returncode == 0


def open_note(data, key):
    """The text of a signed note, once the key has signed it."""
    text, _, lines = data.decode().rpartition("\n\n")
    text += "\n"
    for line in lines.splitlines():
        mark, name, signature = line.split(" ")
        raw = decode(signature)
        if mark == "\u2014" and name == key.name and raw[:4] == key.id:
            if key.verifies(text.encode(), raw[4:]):
                return text
    raise ValueError("not signed by " + key.name)


def open_checkpoint(data, key):
    origin, size, digest = open_note(data, key).splitlines()
    if str(int(size)) != size:
        raise ValueError("another spelling of the size")
    return origin, int(size), decode(digest)


def read_leaves(data):
    leaves, at = [], 0
    while at < len(data):
        count = int.from_bytes(data[at:at + 2], "big")
        leaves.append(data[at + 2:at + 2 + count])
        if len(leaves[-1]) != count:
            raise ValueError("the last leaf is cut")
        at += 2 + count
    return leaves


def unique(pairs):
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def is_canonical(leaf):
    value = json.loads(leaf, object_pairs_hook=unique)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode() == leaf and len(leaf) <= 4096


def check(folder):
    key = Key((folder / "vkey").read_text())
    leaves = read_leaves((folder / "leaves").read_bytes())
    judge("leaves: canonical JSON", all(is_canonical(leaf) for leaf in leaves))
    hashes = [leaf_hash(leaf) for leaf in leaves]

    for path in sorted(folder.glob("checkpoint-*")):
        origin, size, digest = open_checkpoint(path.read_bytes(), key)
        judge(path.name + ": signature", True)
        judge(path.name + ": origin", origin == key.name)
        judge(path.name + ": root", size <= len(hashes) and digest == root(hashes[:size]))
        changed = path.read_bytes().replace(b"\n%d\n" % size, b"\n%d\n" % (size + 1))
        try:
            open_checkpoint(changed, key)
            judge(path.name + ": changed size refused", False)
        except ValueError:
            judge(path.name + ": changed size refused", True)

    for path in sorted(folder.glob("proof-*.tlog-proof")):
        head, _, note = path.read_bytes().partition(b"\n\n")
        lines = head.decode().splitlines()
        index = int(lines[1].removeprefix("index "))
        audit = [decode(line) for line in lines[2:]]
        _, size, digest = open_checkpoint(note, key)
        judge(path.name + ": format", lines[0] == MAGIC and lines[1] == "index %d" % index)
        judge(path.name + ": inclusion",
              root_from_path(hashes[index], index, size, audit) == digest)
        judge(path.name + ": another leaf refused",
              root_from_path(sha256(b"x"), index, size, audit) != digest)

    for path in sorted(folder.glob("consistency-*")):
        old, new = (int(part) for part in path.name.split("-")[1:])
        proof = [decode(line) for line in path.read_text().splitlines()]
        roots = root(hashes[:old]), root(hashes[:new])
        judge(path.name + ": consistency",
              roots_from_consistency(old, new, roots[0], proof) == roots)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        check(pathlib.Path(sys.argv[1]))
    except (ValueError, IndexError, OSError) as error:
        judge(str(error), False)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
