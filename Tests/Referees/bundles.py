"""Logs and bundles in memory, good and forged, for tests of whoever verifies bundles.

Everything is made from seeds, so the same call gives the same bytes. Whoever holds the keys can
write any leaf into such a log, lawful or not, as the threats in docs/evidence.md assume.
"""
import base64
import hashlib
import importlib.util
import json
import pathlib
import struct
import sys
import zlib
from datetime import datetime, timedelta

HERE = pathlib.Path(__file__).resolve().parent
TEXTS = HERE.parent.parent / "Sources" / "Export" / "Texts"
ORIGIN = "evidence.test/log/e1"
START = datetime(2026, 11, 26, 8, 0, 0)
RECORDS = ("snapshot", "import", "clip", "derive")
ZEROS = "0" * 64


def load(path=TEXTS / "verify.py"):
    """The verifier as a module, for its arithmetic and its page."""
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location("verify_bundle", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


verify = load()
verify.__dict__.update({name: value for name, value in vars(sys.modules["proofs"]).items()
                        if name not in vars(verify)})


class Signer:
    """An Ed25519 key made from a seed (RFC 8032, 5.1.6)."""

    def __init__(self, name, seed, kind=1):
        digest = hashlib.sha512(bytes([seed]) * 32).digest()
        scalar = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
        self.name, self.kind, self.scalar, self.prefix = name, kind, scalar, digest[32:]
        self.public = self.packed(scalar)
        raw = bytes([kind]) + self.public
        self.id = verify.sha256(name.encode(), b"\n", raw)[:4]
        self.vkey = "%s+%s+%s" % (name, self.id.hex(), base64.b64encode(raw).decode())

    @staticmethod
    def packed(scalar):
        base = verify.point((4 * pow(5, verify.P - 2, verify.P) % verify.P).to_bytes(32, "little"))
        x, y, z, _ = verify.times(scalar, base)
        inverse = pow(z, verify.P - 2, verify.P)
        x, y = x * inverse % verify.P, y * inverse % verify.P
        return (y | (x & 1) << 255).to_bytes(32, "little")

    def sign(self, message):
        r = int.from_bytes(hashlib.sha512(self.prefix + message).digest(), "little") % verify.Q
        head = self.packed(r)
        h = int.from_bytes(hashlib.sha512(head + self.public + message).digest(), "little")
        return head + ((r + h * self.scalar) % verify.Q).to_bytes(32, "little")

    def line(self, text):
        blob = base64.b64encode(self.id + self.sign(text)).decode()
        return "\u2014 %s %s\n" % (self.name, blob)

    def cosign(self, text, time):
        message = b"cosignature/v1\ntime %d\n" % time + text
        blob = base64.b64encode(self.id + struct.pack(">Q", time) + self.sign(message)).decode()
        return "\u2014 %s %s\n" % (self.name, blob)

    def note(self, text):
        return (text + "\n" + self.line(text.encode())).encode()


def encode(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def time(seconds):
    return (START + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Log:
    """Leaves and payloads. `now` is the server's clock in seconds since START."""

    def __init__(self, root_seed=1, log_seed=2):
        self.root, self.signer = Signer("root.test", root_seed), Signer(ORIGIN, log_seed)
        self.leaves, self.raw, self.payloads, self.chains, self.now = [], [], {}, {}, 0
        text = "proofreel keyset v1\n%s\n1\nlog %s from 0\n" % (ORIGIN, self.signer.vkey)
        self.keyset = self.root.note(text)
        self.add("genesis", origin=ORIGIN, log_key=self.signer.vkey, root_key=self.root.vkey,
                 format=1)
        self.add("keyset", note=self.keyset.decode())

    def add(self, kind, actor="scheduler", **fields):
        """Appends a leaf; links to checks get their places. Returns its id."""
        index = len(self.leaves)
        identity = "0198c000-0000-7000-8000-%012x" % index
        leaf = dict(v=1, alg="sha256", kind=kind, id=identity, site="Werk 7 \u2013 Nord",
                    t_srv=time(self.now), clk=dict(sync=True, est_us=10, max_us=500),
                    actor=actor, sess="s1", **fields)
        for link in leaf.get("links", []):
            if link["kind"] == "check" and "n" not in link:
                link["n"], link["prev"] = self.place(link["value"])
        if kind == "close" and "n" not in leaf:
            hashes = self.chains.get(leaf["check"], [])
            leaf["n"], leaf["prev"] = self.place(leaf["check"])
            leaf.setdefault("count", len(hashes))
            leaf.setdefault("root", verify.tree_root(list(hashes)))
        self.leaves.append(leaf)
        self.raw.append(encode(leaf))
        for value in [x["value"] for x in leaf.get("links", []) if x["kind"] == "check"] + (
                [leaf["check"]] if kind == "close" else []):
            self.chains.setdefault(value, []).append(verify.sha256(b"\0", self.raw[-1]))
        self.now += 1
        return identity

    def place(self, check):
        hashes = self.chains.get(check, [])
        return len(hashes) + 1, hashes[-1].hex() if hashes else ZEROS

    def record(self, kind, payload, mime="image/jpeg", **fields):
        fields.setdefault("t", time(self.now - 0.2))
        if kind != "derive":
            fields.setdefault("links", [])
        identity = self.add(kind, pay=hashlib.sha256(payload).hexdigest(), len=len(payload),
                            mime=mime, **fields)
        self.payloads[identity] = payload
        return identity

    def picture(self, number, *links, **fields):
        """A picture that nobody could mistake for another."""
        return self.record("snapshot", grey_png(number), "image/png", links=list(links),
                           **dict(dict(cam="press-3", asked=time(self.now), dist_us=-12345,
                                       actor="ann", w=160, h=120, src="ring"), **fields))

    def index(self, identity):
        return next(i for i, leaf in enumerate(self.leaves) if leaf["id"] == identity)

    def hashes(self):
        return [verify.sha256(b"\0", raw) for raw in self.raw]

    def checkpoint(self, size=None):
        size = len(self.raw) if size is None else size
        head = base64.b64encode(bytes.fromhex(verify.tree_root(self.hashes()[:size]))).decode()
        return self.signer.note("%s\n%d\n%s\n" % (ORIGIN, size, head))


def link(kind, value, *refs):
    return dict(dict(kind=kind, value=value), **(dict(refs=list(refs)) if refs else {}))


def root(hashes):
    return bytes.fromhex(verify.tree_root(list(hashes)))


def split(count):
    half = 1
    while half * 2 < count:
        half *= 2
    return half


def inclusion(hashes, index):
    """RFC 6962, 2.1.1: by its definition, so that the verifier's loop has something to agree with."""
    if len(hashes) == 1:
        return []
    k = split(len(hashes))
    if index < k:
        return inclusion(hashes[:k], index) + [root(hashes[k:])]
    return inclusion(hashes[k:], index - k) + [root(hashes[:k])]


def consistency(hashes, old, whole=True):
    """RFC 6962, 2.1.2."""
    if old == len(hashes):
        return [] if whole else [root(hashes)]
    k = split(len(hashes))
    if old <= k:
        return consistency(hashes[:k], old, whole) + [root(hashes[k:])]
    return consistency(hashes[k:], old - k, False) + [root(hashes[:k])]


def consistency_file(log, old):
    lines = [base64.b64encode(x).decode() for x in consistency(log.hashes(), old)]
    return ("proofreel consistency v1\nold %d\nnew %d\n" % (old, len(log.raw)) + "".join(
        x + "\n" for x in lines)).encode()


def grey_png(number, width=160, height=120):
    """A small picture with a number's worth of grey bars."""
    rows = b"".join(b"\0" + bytes((x * (number + 3) // 4 + y) & 255 for x in range(width))
                    for y in range(height))

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">L", len(data)) + body + struct.pack(">L", zlib.crc32(body))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def fragment(instant, media):
    """As much of a fragment as a verifier reads: `uuid` with the instant, `moof`, `mdat`."""
    times = b"proofreel-times\1" + struct.pack(">q20xLl", instant, 1, 0)
    return b"".join(struct.pack(">L", 8 + len(x)) + kind + x for kind, x in (
        (b"uuid", times), (b"moof", bytes(40)), (b"mdat", media)))


def fragment_hash(instant, data):
    return verify.sha256(b"\0", struct.pack(">qQ", instant, len(data)), verify.sha256(data))


class Bundle:
    """The files of one bundle. Change `files`, then `seal` again: or do not, and be found out."""

    def __init__(self, log, ids_here, at=None, without=(), **question):
        self.log, self.files, self.size = log, {}, len(log.raw)
        records, streams = list(ids_here), []
        by_id = {leaf["id"]: leaf for leaf in log.leaves}
        for identity in records:
            stream = by_id[identity].get("clip")
            if stream and stream not in records + streams:
                streams.append(stream)
        self.records = [x for x in records + streams if x not in without]
        self.selection = dict(dict(
            v=1, at=at or time(log.now), by="auditor ann", site=log.leaves[0]["site"],
            origin=ORIGIN, size=self.size, links=[], records=len(self.records),
            streams=sum(by_id[x].get("use") == "stream" for x in self.records)), **question)
        self.custody = [dict(who="ann", kind="person", what="export", on="", peer="local",
                             t=time(log.now), count=1, leaf=1)]
        self.choose(by_id)
        self.seal()

    def choose(self, by_id):
        log, shown = self.log, set(self.records)
        removed = {leaf["target"] for leaf in log.leaves if leaf["kind"] == "deleted" and by_id[
            leaf["delete"]].get("what") == "payload"}
        always = ("genesis", "keyset", "policy", "successor", "gap", "clock", "incident", "hold",
                  "unhold", "event", "anchor", "part")
        roles, checks = {}, set()
        for index, leaf in enumerate(log.leaves):
            if leaf["id"] in shown:
                roles[index] = "records"
            elif leaf["kind"] in always or leaf.get("target") in shown:
                roles[index] = "facts"
            if index in roles:
                checks |= {x["value"] for x in leaf.get("links", []) if x["kind"] == "check"}
        for index, leaf in enumerate(log.leaves):
            if leaf["kind"] == "close" and leaf["check"] in checks:
                roles[index] = "facts"
            if index not in roles and any(x["kind"] == "check" and x["value"] in checks
                                          for x in leaf.get("links", [])):
                roles[index] = "chain"
        hashes, self.roles = log.hashes(), roles
        for index, role in roles.items():
            self.leaf(index, role, hashes)
        for identity in self.records:
            if identity not in removed:
                self.files[self.payload(identity)] = log.payloads[identity]

    def leaf(self, index, role, hashes=None):
        stem = "proof/%s/%010d." % (role, index)
        path = inclusion(hashes or self.log.hashes(), index)
        lines = "".join(base64.b64encode(x).decode() + "\n" for x in path)
        self.files[stem + "leaf"] = self.log.raw[index]
        self.files[stem + "tlog-proof"] = ("c2sp.org/tlog-proof@v1\nindex %d\n%s\n" % (
            index, lines)).encode() + self.log.checkpoint()

    def payload(self, identity):
        index = self.log.index(identity)
        folder, ending = {"image/jpeg": ("images", "jpg"), "image/png": ("images", "png"),
                          "video/mp4": ("clips", "mp4")}.get(self.log.leaves[index]["mime"],
                                                             ("files", "bin"))
        return "data/%s/%010d.%s" % (folder, index, ending)

    def anchor(self, size, name, **files):
        """An anchor of the tree at `size`, with the proof from there to here."""
        stem = "proof/anchors/%d-%s." % (size, name)
        for ending, data in files.items():
            self.files[stem + ending] = data
        self.files["proof/consistency/%d.consistency" % size] = consistency_file(self.log, size)

    def seal(self, page=True, manifests=True, signer=None):
        """Makes what depends on the rest: page, manifests, note."""
        files = self.files
        files["bagit.txt"] = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
        files["proof/checkpoint"] = self.log.checkpoint()
        files["proof/keyset.note"] = self.log.keyset
        files["proof/selection.json"] = encode(self.selection)
        files["proof/custody.jsonl"] = b"".join(encode(x) + b"\n" for x in self.custody)
        for name in ("README.txt", "verify.py", "proofs.py", "report.py"):
            files[name] = (TEXTS / name).read_bytes()
        if page:
            files["data/index.html"] = self.page()
        data = [name for name in sorted(files) if name.startswith("data/")]
        files["bag-info.txt"] = ("Bagging-Date: 2026-11-26\nPayload-Oxum: %d.%d\n" % (
            sum(len(files[x]) for x in data), len(data))).encode()
        if manifests:
            files["manifest-sha256.txt"] = self.manifest(data)
            own = ("tagmanifest-sha256.txt", "bundle.note")
            files["tagmanifest-sha256.txt"] = self.manifest(
                x for x in sorted(files) if not x.startswith("data/") and x not in own)
        digest = hashlib.sha256(files["tagmanifest-sha256.txt"]).hexdigest()
        files["bundle.note"] = (signer or self.log.signer).note(
            "proofreel bundle v1\n%s\n%d\n%s\n" % (ORIGIN, self.size, digest))

    def manifest(self, names):
        return "".join("%s  %s\n" % (hashlib.sha256(self.files[x]).hexdigest(), x)
                       for x in names).encode()

    def page(self):
        """The page as the verifier makes it, from these files."""
        b = verify.Bundle()
        b.files = {name: (None, 0, len(data)) for name, data in self.files.items()}
        b.pieces = lambda name, start=0, count=None: iter([self.files[name][start:][:count]])
        b.root, b.root_text = verify.read_key(self.log.root.vkey), self.log.root.vkey
        b.selection, b.custody = self.selection, self.custody
        b.size, b.head = self.size, root(self.log.hashes())
        b.origin, b.ordinal, b.keys = verify.read_key_set(b, self.log.keyset)
        b.attempt(verify.check_leaves, "", b)
        b.attempt(verify.check_chains, "", b)
        return "".join(verify.report.page_parts(b)).encode()

    def write(self, folder):
        for name, data in self.files.items():
            path = pathlib.Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


class Zip:
    """A stored ZIP, byte by byte, with every header open to tricks."""

    def __init__(self, late=False):
        self.body, self.directory, self.count, self.late = b"", b"", 0, late

    def add(self, name, data, inner=None, method=0, mode=0o100644, flags=0, extra=b"", at=None,
            before=b"", packed=None, crc=None):
        name, inner = name.encode("latin1"), (inner or name).encode("latin1")
        crc, flags = zlib.crc32(data) if crc is None else crc, flags | (8 if self.late else 0)
        size, self.body = len(data) if packed is None else packed, self.body + before
        where = len(self.body) if at is None else at
        sizes = (0, 0, 0) if self.late else (crc, size, size)
        self.body += struct.pack("<4s5H3L2H", b"PK\3\4", 20, flags, method, 0, 0x5b7a, *sizes,
                                 len(inner), len(extra)) + inner + extra + data
        if self.late:
            self.body += struct.pack("<4s3L", b"PK\7\x08", crc, size, size)
        self.directory += struct.pack(
            "<4s6H3L5H2L", b"PK\1\2", 0x314, 20, flags, method, 0, 0x5b7a, crc, size, size, len(name),
            len(extra), 0, 0, 0, mode << 16, where) + name + extra
        self.count += 1

    def finish(self, comment=b"", gap=b"", count=None, tail=b""):
        n = self.count if count is None else count
        return self.body + gap + self.directory + struct.pack(
            "<4s4H2LH", b"PK\5\6", 0, 0, n, n, len(self.directory), len(self.body) + len(gap),
            len(comment)) + comment + tail
