/// `verify.py`, byte for byte. Made by `tools/embed-texts`; change that, not this.
// swift-format-ignore
package let verifyText = #"""
#!/usr/bin/env python3
"""Verifies a Proofreel bundle (a folder, a .zip or a .tar.zst). Needs Python 3.8 or later alone.

    python3 verify.py [BUNDLE] [--root VKEY|@FILE] [--trust-tsa CA.pem] [--witness VKEY] [--json]

BUNDLE is the folder that this program lies in, when it is not given. The root key must come from
outside the bundle: a contract, a letter, a web site. So should this program, with proofs.py, its
signatures and hashes, and report.py, its words. Nothing is changed and no network is used. For
time stamps `openssl` is called, for .tar.zst `tar`. The steps are those of docs/bundle.md.
Exit codes: 0 VERIFIED; 1 TAMPERED; 2 CONSISTENT, ORIGIN NOT AUTHENTICATED (no root key given);
3 VERIFIED, UNANCHORED (nobody outside vouches, or for older records only); 64 wrong usage.
"""
import hashlib, os, re, stat, struct, sys, tempfile, zipfile
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from subprocess import PIPE, STDOUT, run
sys.dont_write_bytecode = True  # it would be one file more in the bundle
import report
from proofs import (Bad, b64, climb, first_difference, fragments, is_continued, is_revoked, need,
                    number, open_note, read_key, read_stamp, run_root, sha256, strict_json,
                    tree_root)

RECORDS = ("snapshot", "import", "clip", "derive")  # kinds of leaf that stand for a picture or clip
PERSONAL = ("operator",)  # kinds of link that name people; they are kept apart from the leaves
SELECTION, CUSTODY, KEYSET = "proof/selection.json", "proof/custody.jsonl", "proof/keyset.note"
GENESIS, PAGE = "proof/facts/0000000000.leaf", "data/index.html"
TIME, Anchor = "%Y-%m-%dT%H:%M:%S.%fZ", namedtuple("Anchor", "size time trusted file leaf")

# ---- 1. Container: each byte belongs to one thing that we read, and each name to one file ----
def check_name(name, seen):
    need(re.fullmatch(r"[!-9;-\[\]-~]+", name) and not {"", ".", ".."} & set(name.split("/")),
         "it holds a bad name: %r" % name)
    need(name.lower() not in seen, "it holds one name twice: %s" % name)
    seen.add(name.lower())
def list_folder(base):
    """Plain files only: a link could show another file to each who looks."""
    files, seen = {}, set()
    for folder, folders, names in os.walk(base):
        for name in folders + names:
            path = os.path.join(folder, name)
            short, info = os.path.relpath(path, base).replace(os.sep, "/"), os.lstat(path)
            check_name(short, seen)
            need((stat.S_ISREG if name in names else stat.S_ISDIR)(info.st_mode), "no file", short)
            files.update({short: (path, 0, info.st_size)} if name in names else {})
    return files
# Extra fields of a ZIP entry that hold long sizes, times and owners, and no second name.
DULL = re.compile(rb"(?s)(\x01\0(\x08\0.{8}|\x10\0.{16}|\x18\0.{24})|"
                  rb"UT(\x05\0.{5}|\x09\0.{9}|\r\0.{13})|ux\x0b\0.{11})*")
def list_zip(path):
    """Entries stored as they are, one after the other, named alike before them and at the end."""
    files, seen, at, end = {}, set(), 0, 22
    with zipfile.ZipFile(path) as archive, open(path, "rb") as f:
        for entry in archive.infolist():
            name, size, crc = entry.orig_filename, entry.file_size, entry.CRC
            check_name(name, seen)
            f.seek(at)
            mark, _, flags, method, _, _, sum32, packed, full, n, m = struct.unpack(
                "<4s5H3L2H", f.read(30))
            more, late, start = f.read(n + m), flags & 8, at + 30 + n + m
            sizes = (size, 0 if late else size, min(size, 0xFFFFFFFF))
            need(entry.header_offset == at and mark == b"PK\3\4" and more[:n] == name.encode()
                 and method == entry.compress_type == 0 and entry.compress_size == size
                 and flags == entry.flag_bits and not flags & ~0x808 and not entry.comment
                 and entry.external_attr & 0xF000FFFF in (0, 1 << 31) and entry.volume == 0
                 and sum32 in (crc, 0 if late else crc) and {packed, full} <= set(sizes)
                 and DULL.fullmatch(more[n:]) and DULL.fullmatch(entry.extra),
                 "%s is not one plain stored file" % name, None, at, start - 1)
            files[name], at = (path, start, size), start + size
            end += 46 + n + len(entry.extra)
            if late:  # sizes and CRC stand behind the bytes
                f.seek(at)
                after, low = f.read(24), size & 0xFFFFFFFF
                fits = [x for head in (b"PK\7\x08", b"") for x in (
                    head + struct.pack("<LQQ", crc, size, size), head + struct.pack(
                        "<LLL", crc, low, low)) if after.startswith(x)]
                need(fits, "a wrong descriptor after %s" % name, None, at, at + len(after) - 1)
                at += len(fits[0])
        left = f.seek(-18, 2) + 18 - at - end  # 76 where a long directory has a longer end
        last = struct.unpack("<4H2LH", f.read())  # disks, counts, directory, length of a comment
        need(at == archive.start_dir and left in (0, 76) and last[:2] + last[6:] == (0, 0, 0) and
             last[2] == last[3] in (len(files), 65535), "bytes without a name", None, at, at + end)
    return files
def unpack(path, folder):
    """Through the program tar, which refuses to write outside of the folder or over a file."""
    done = run(["tar", "--zstd", "--keep-old-files", "-xf", path, "-C", folder], stdout=PIPE,
               stderr=STDOUT)
    need(done.returncode == 0 and not done.stdout, "tar cannot unpack it: %r" % done.stdout[:200])
    return list_folder(folder)

class Leaf(dict):
    """One fact of the log: what it says; and its index there, hash, folder and file here."""
class Bundle:
    """The files, which are read in place, and what was learnt from them so far."""
    def __init__(self):
        self.files, self.findings, self.notes, self.hashes, self.gone = {}, [], [], {}, set()
        self.by_id, self.kinds, self.records, self.shown, self.about = {}, {}, [], {}, {}
        self.pictures, self.standing, self.checks, self.anchors = {}, [], {}, []
        self.selection, self.origin, self.size, self.root_text = None, None, None, None
    def open(self, path, folder):
        """Where each file lies: in which file of this computer, from which byte, how many."""
        self.files = list_folder(path) if os.path.isdir(path) else {}
        if not self.files:
            with open(path, "rb") as f:
                files = list_zip(path) if f.read(2) == b"PK" else unpack(path, folder)
            need(len({name.split("/")[0] for name in files}) == 1, "more than one base folder")
            self.files = {name.partition("/")[2]: place for name, place in files.items()}
        need("bagit.txt" in self.files, "there is none: this is not a bundle", "bagit.txt")
    def pieces(self, name, start=0, count=None):
        need(name in self.files, "this file is missing", name)
        path, at, size = self.files[name]
        left = size - start if count is None else count
        need(start + left <= size, "it ends early", name, size, start + left)
        with open(path, "rb", buffering=0) as f:
            f.seek(at + start)
            while left:
                piece = f.read(min(left, 1 << 18))
                need(piece, "it changed while it was read", name)
                left -= len(piece)
                yield piece
    def read(self, name, start=0, count=None):
        return b"".join(self.pieces(name, start, count))
    def sha256(self, name, start=0, count=None):
        digest = hashlib.sha256()
        for piece in self.pieces(name, start, count):
            digest.update(piece)
        return digest.hexdigest()
    def attempt(self, check, file, *arguments):
        """Makes one check; whatever it trips over becomes a finding. True when it held."""
        before = len(self.findings)
        try:
            check(*arguments)
        except Bad as bad:
            self.findings.append(Bad(bad.words, bad.file or file, bad.start, bad.end))
        except Exception as error:
            self.findings.append(Bad("it cannot be understood: %r" % error, file))
        return len(self.findings) == before
    def of(self, *kinds):
        return sorted(sum((self.kinds.get(kind, []) for kind in kinds), []), key=lambda x: x.index)
    def payload(self, leaf):
        place = {"image/jpeg": ("images", "jpg"), "image/png": ("images", "png"),
                 "video/mp4": ("clips", "mp4")}.get(leaf["mime"], ("files", "bin"))
        return "data/%s/%010d.%s" % (place[0], leaf.index, place[1])

# ---- 2. Root: the pinned root key says which keys sign the log; one has signed the whole ----
def read_key_set(b, data):
    lines, _ = open_note(data, [b.root])
    words = [re.fullmatch("log (\\S+) from (\\d+)(?: to (\\d+))?", line) for line in lines[3:]]
    need(lines[0] == "proofreel keyset v1" and words and all(words), "this is not a key set")
    return lines[1], number(lines[2]), [
        (read_key(w[1]), number(w[2]), number(w[3] or "9" * 16)) for w in words]
def open_signed(b, data, size):
    """The lines of a note that a key has signed which may sign the log at this size."""
    return open_note(data, [key for key, start, end in b.keys if start <= size <= end])[0]
def read_checkpoint(b, file):
    """Size and root of the log, as a key that may sign this size has signed them."""
    data = b.read(file)
    lines = open_signed(b, data, number(data.decode().split("\n")[1]))
    need(len(lines) == 3 and lines[0] == b.origin, "a checkpoint of another log")
    return number(lines[1]), b64(lines[2], 32)
def check_root(b, pinned):
    b.root_text = strict_json(b.read(GENESIS), GENESIS)["root_key"]
    need(pinned in (None, b.root_text), "another root key began this log: " + b.root_text, GENESIS)
    b.root = read_key(b.root_text)
    b.origin, b.ordinal, b.keys = read_key_set(b, b.read(KEYSET))
def check_head(b):
    b.size, b.head = read_checkpoint(b, "proof/checkpoint")

# ---- 3. Bag: since the export no file was changed, added or taken away ----
def check_bag(b):
    tags, files = "tagmanifest-sha256.txt", "manifest-sha256.txt"
    lines = open_signed(b, b.read("bundle.note"), b.size)
    need(lines[:3] == ["proofreel bundle v1", b.origin, str(b.size)] and len(lines) == 4,
         "the note of another bundle", "bundle.note")
    need(lines[3] == b.sha256(tags), "it is not the list that the log's key signed", tags)
    for file in (tags, files):
        for line in b.read(file).decode().splitlines():
            match = re.fullmatch("([0-9a-f]{64})  (\\S+)", line)
            need(match and match[2] not in b.hashes and match[2] not in (tags, "bundle.note")
                 and match[2].startswith("data/") == (file == files), "a wrong line: " + line, file)
            b.hashes[match[2]] = match[1]
    for name in sorted(set(b.hashes) ^ (set(b.files) - {tags, "bundle.note"})):
        b.findings.append(Bad("it is missing" if name in b.hashes else "no list names it", name))
    names = sorted(set(b.hashes) & set(b.files))
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # hashing leaves Python's lock to others
        for name, digest in zip(names, pool.map(b.sha256, names)):
            if digest != b.hashes[name]:
                b.findings.append(Bad("its bytes are not those that were exported (where in them"
                                      " cannot be told)", name, 0, max(0, b.files[name][2] - 1)))

# ---- 4. Leaves: each stands in the signed log, at its number, unchanged ----
def read_leaf(b, file):
    data, name = b.read(file), file[:-4] + "tlog-proof"
    leaf = Leaf(strict_json(data, file))
    leaf.file, leaf.folder, leaf.index = file, file.split("/")[1], int(file.split("/")[2][:-5])
    leaf.hash = sha256(b"\0", data)
    b.attempt(prove, name, b, leaf, b.read(name))
    need((leaf["v"], leaf["alg"]) == (1, "sha256"), "a newer program is needed to read this leaf")
    need(leaf["id"] not in b.by_id, "two leaves have one id")
    b.by_id[leaf["id"]] = leaf
    b.kinds.setdefault(leaf["kind"], []).append(leaf)
def prove(b, leaf, proof):
    lines = proof[:-len(b.checkpoint) - 2].decode().split("\n")
    need(proof.endswith(b"\n\n" + b.checkpoint) and leaf.index < b.size and lines[:2] == [
        "c2sp.org/tlog-proof@v1", "index %d" % leaf.index], "the proof of something else")
    _, root = climb(leaf.index, b.size - 1, leaf.hash, leaf.hash, [b64(x, 32) for x in lines[2:]])
    need(root == b.head, "leaf or proof was changed: it is not in the signed log", leaf.file)
def check_leaves(b):
    b.checkpoint = b.read("proof/checkpoint")
    b.selection = strict_json(b.read(SELECTION), SELECTION)
    for file in sorted(b.files):
        if re.fullmatch(r"proof/(records|facts|chain)/\d{10,}\.leaf", file):
            b.attempt(read_leaf, file, b, file)
    b.records = [leaf for leaf in b.of(*RECORDS) if leaf.folder == "records"]
    b.shown = {leaf["id"]: leaf for leaf in b.records}
    for leaf in b.of(*b.kinds):
        b.about.setdefault(leaf.get("target"), []).append(leaf)
    for leaf in b.records:
        b.pictures.setdefault(leaf.get("clip"), []).append(leaf)
    for leaf in b.of(*RECORDS):
        leaf.links = links(b, leaf, ever=False)
    for leaf in b.of(*b.kinds):
        about = leaf["kind"] in ("link", "unlink") and leaf["target"] not in b.shown
        right = ("records", "chain") if leaf["kind"] in RECORDS else ["chain" if about else "facts"]
        need(leaf.folder in right, "this leaf belongs into another folder", leaf.file)
    for leaf in b.of("keyset"):
        need(read_key_set(b, leaf["note"].encode())[1] <= b.ordinal, "the log has a newer", KEYSET)

# ---- 5. Records: the bytes are those that were recorded, or they were lawfully removed ----
def same(x, y):
    return (x["kind"], x["value"]) == (y["kind"], y["value"])
def answers(link, asked):  # by its value, or by one of its references
    names = [link["value"]] + link.get("refs", [])
    return link["kind"] == asked["kind"] and asked["value"] in names
def links(b, record, before=1 << 60, ever=True):
    """All links that a record ever had, or those that stand after corrections."""
    found = list(record.get("links", []))
    for leaf in b.about.get(record["id"], []):
        found += leaf["links"] if leaf["kind"] == "link" and leaf.index < before else []
        if leaf["kind"] == "unlink" and not ever:
            found = [x for x in found if not any(same(x, gone) for gone in leaf["links"])]
    return found
def pair(b, record):
    """A picture and the stream that it was rendered from are one piece of evidence."""
    stream = b.shown.get(record.get("clip"))
    return [record] + ([stream] if stream else []) + b.pictures.get(record["id"], [])
def covers(b, hold, record, at):
    if "link" in hold:
        return any(answers(x, hold["link"]) for x in links(b, record, at))
    return record["id"] == hold.get("record") or "from" in hold and (
        hold["from"] <= record["t"] <= hold["to"]
        and hold.get("cam", record.get("cam")) == record.get("cam"))
def check_free(b, record, leaf):
    """No hold covered the record when this leaf was written."""
    for hold in b.of("hold"):
        ends = [x.index for x in b.of("unhold") if x["hold"] == hold["id"]
                and x["step"] == "release"]
        stands = hold.index < leaf.index < min(ends + [1 << 60])
        need(not stands or not any(covers(b, hold, x, leaf.index) for x in pair(b, record)),
             "unlawful: it was under a hold")
def expiry(b, record, at):
    """When the policies before the leaf `at` let a record go: time, rule, index of the policy."""
    latest, mine = ("",), links(b, record, at)
    for rule, since, policy in next((x for i, x in reversed(b.standing) if i < at), []):
        match = rule["match"]
        fits = any(answers(x, match["link"]) for x in mine) if "link" in match else (
            match.get("cam", record.get("cam")) == record.get("cam"))
        if fits and since < record.index:
            starts = [record["t"]] if rule["basis"] == "capture" else [
                e["at"] for e in b.of("event") if e.index < at and e["name"] == rule["event"]
                and any(same(x, e["link"]) for x in mine)]
            if not starts:
                return ("",)
            end = datetime.strptime(max(starts), TIME) + timedelta(days=rule["days"])
            latest = max(latest, (end.strftime(TIME), rule["name"], policy), key=lambda x: x[0])
    return latest
def check_policies(b):
    """No policy is missing in between, and none shortens, drops or changes a rule."""
    before = []
    for count, leaf in enumerate(b.of("policy"), 1):
        now, old = {r["name"]: r for r in leaf["rules"]}, {r["name"]: i for r, i, _ in before}
        need(leaf["n"] == count, "a policy before this one is not here", leaf.file)
        for rule, _, _ in before:
            new = now.get(rule["name"], {"days": 0})
            need(new["days"] >= rule["days"] and dict(new, days=0) == dict(rule, days=0),
                 "an unlawful policy: it shortens or changes the rule " + rule["name"], leaf.file)
        before = [(rule, old.get(rule["name"], leaf.index), leaf.index) for rule in leaf["rules"]]
        b.standing.append((leaf.index, before))
def check_unhold(b, leaf):
    """A hold ends by two people: one asks, another releases."""
    mine = [x for x in b.of("unhold") if x["hold"] == leaf["hold"] and x.index < leaf.index]
    alone = leaf["step"] == "release" and (not mine or mine[-1]["actor"] == leaf["actor"])
    need(leaf["hold"] in b.by_id and not alone, "a hold ended by one person alone")
def check_delete(b, leaf):
    """A removal was ordered by the policy that stood then, or by two people, under no hold."""
    record = b.shown[leaf["target"]]
    mark = record["pay" if leaf["what"] == "payload" else "priv"]
    need((leaf["index"], leaf["pay"]) == (record.index, mark), "an order to remove something else")
    need(leaf["actor"] in leaf["actors"] and not leaf["holds"], "an order that it could not give")
    check_free(b, record, leaf)
    ends = [expiry(b, one, leaf.index) for one in pair(b, record)]
    last = ("",) if ("",) in ends else max(ends, key=lambda x: x[0])
    early = leaf["policy"] == -1
    need(not early or len(set(leaf["actors"])) == 2, "an early erasure by one person alone")
    need(early or "" < last[0] <= leaf["t_srv"], "unlawful: it was still within its retention")
    need(early or last == (leaf["due"], leaf["rule"], leaf["policy"]), "no rule that stood says so")
def check_deleted(b, leaf):
    """A removal was carried out as ordered, after its grace period, under no hold."""
    order = b.by_id.get(leaf["delete"], {})
    need(order.get("kind") == "delete" and order["target"] == leaf["target"] and
         order.index < leaf.index, "a removal that nobody ordered")
    need(leaf["t_srv"] >= order["until"], "unlawful: before the grace period ended")
    check_free(b, b.shown[leaf["target"]], leaf)
    b.gone |= {leaf["target"]} if order["what"] == "payload" else set()
def check_record(b, leaf):
    name, stated = b.payload(leaf), leaf["len"]
    need(name in b.files or leaf["id"] in b.gone, "MISSING: no bytes, and no lawful removal", name)
    size = b.files[name][2] if name in b.files else stated
    need((b.hashes.get(name, leaf["pay"]), size) == (leaf["pay"], stated), "its bytes are not those"
         " recorded", name, 0 if size == stated else min(size, stated), max(size, stated) - 1)

# ---- 6. Selection: all that is here was asked for, and all that was asked for is here ----
def fits(b, leaf):
    asked = b.selection
    return leaf["id"] in asked["ids"] if "ids" in asked else (
        all(y["kind"] in PERSONAL or any(answers(x, y) for x in leaf.links) for y in asked["links"])
        and asked.get("camera", leaf.get("cam")) == leaf.get("cam")
        and asked.get("from", "") <= leaf["t"] < asked.get("to", "~"))
def check_selection(b):
    asked, streams = b.selection, [x for x in b.records if x.get("use") == "stream"]
    need((asked["v"], asked["origin"], asked["size"]) == (1, b.origin, b.size)
         and asked["site"] in {x["site"] for x in b.of(*b.kinds)}, "the question to another log")
    need((asked["records"], asked["streams"]) == (len(b.records), len(streams)),
         "it says %d records; here are %d" % (asked["records"], len(b.records)))
    need(b.records, "nothing is here: no bundle is exported without a record")
    for leaf in asked.get("ids", []):
        need(leaf in b.shown, "%s was asked for and is not here" % leaf)
    # Whether links of other kinds were taken back from what is only in a chain cannot be seen here.
    known = "ids" not in asked and all(x["kind"] == "check" for x in asked["links"])
    for leaf in b.of(*RECORDS):
        need(leaf.folder == "records" or not known or "use" in leaf or not fits(b, leaf),
             "this record was asked for and its bytes were left out", leaf.file)
        need(leaf.folder == "chain" or fits(b, leaf) or leaf["id"] in b.pictures
             or leaf.get("parent") in b.shown, "this record was not asked for", leaf.file)
        alone = leaf.folder == "records" and leaf.get("clip", leaf["id"]) not in b.shown
        need(not alone, "a picture without its stream", leaf.file)
    extra = {x for x in b.files if x[:5] == "data/"} - {b.payload(x) for x in b.records} - {PAGE}
    need(not extra, "bytes without a record", max(extra, default=None))

# ---- 7. Chains: what is missing in the middle of a check shows; at its end, once it is closed ----
def check_chains(b):
    chains = {}
    for leaf in b.of(*b.kinds):
        for x in leaf.get("links", []) + ([leaf] if leaf["kind"] == "close" else []):
            if "n" in x:
                chains.setdefault(x.get("check", x.get("value")), []).append((x, leaf))
    for check, chain in sorted(chains.items()):
        if any(leaf.folder != "chain" for _, leaf in chain):
            b.attempt(check_chain, None, b, check, sorted(chain, key=lambda x: x[0]["n"]))
def check_chain(b, check, chain):
    before, index, hashes = bytes(32).hex(), -1, []
    for count, (place, leaf) in enumerate(chain, 1):
        need(place["n"] == count, "leaf %d of check %s was left out" % (count, check), leaf.file)
        need(place["prev"] == before and leaf.index > index, "no part of " + check, leaf.file)
        closed = leaf["kind"] == "close"
        fits = count == len(chain) and (leaf["count"], leaf["root"]) == (
            count - 1, tree_root(hashes)) if closed else True
        need(fits, "it closes check %s over other leaves" % check, leaf.file)
        hashes.append(leaf.hash)
        before, index = leaf.hash.hex(), leaf.index
    b.checks[check] = len(hashes) - closed, leaf if closed else None

# ---- 8. Clips: the footage is what was committed to the log while it was recorded ----
def check_clip(b, leaf):
    name, at, done, proven = b.payload(leaf), leaf["init_len"], 0, 0
    need(b.sha256(name, 0, at) == leaf["init"], "another init segment", name, 0, at - 1)
    parts = leaf.get("parts", []) if "skip" in leaf else []
    found = fragments(b, name, at) if "parts" in leaf else []
    for i, n in enumerate(parts):
        part = next((x for x in b.of("part") if (x["cam"], x["n"]) == (leaf["cam"], n)), None)
        need(part, "part %d of this camera is not here" % n, name)
        first, last, size = i == 0, i == len(parts) - 1, part["count"]
        start = leaf["skip"] if first else 0
        before, after = leaf.get("before", []) * first, leaf.get("after", []) * last
        run = found[done:][:max(0, size - start)]
        done += len(run)
        if run and (start and not before or last and start + len(run) < size and not after):
            continue  # the part's other fragments were gone when the clip was made
        need((part["root"], part["init"]) == (run_root(size, start, run, before, after),
             leaf["init"]), "not the footage that part %d was committed with" % n, name)
        proven += len(run)
    if "use" not in leaf and (proven < len(found) or not found):
        b.notes.append("No part of the camera's proves %s of the fragments of %s." % (
            len(found) - proven or "any", name))

# ---- 9. Anchors: what somebody outside has seen of this log, and when ----
def check_anchor(b, file, size, options, folder):
    there, root = read_checkpoint(b, file)
    path, name, stem = [], "proof/consistency/%d.consistency" % size, file.rsplit(".", 1)[0]
    if size != b.size:
        lines = b.read(name).decode().split("\n")
        need(lines[:3] + lines[-1:] == ["proofreel consistency v1", "old %d" % size,
                                        "new %d" % b.size, ""], "a proof of other sizes", name)
        path = [b64(line, 32) for line in lines[3:-1]]
    need(there == size and is_continued(size, root, b.size, b.head, path),
         "this log does not continue what somebody has kept: TWO HISTORIES", file)
    time, trusted, proof = None, False, file if file.endswith(".note") else stem + ".tsr"
    if proof.endswith(".note") and "--witness" in options:
        time, trusted = open_note(b.read(file), [read_key(options["--witness"])])[1], True
    elif proof in b.files and proof.endswith(".tsr"):
        time, trusted = check_stamp(b, stem, options.get("--trust-tsa"), folder)
    if proof in b.files:
        logged = [x.index for x in b.of("anchor") if (x["size"], x["proof"]) == (
            size, b.hashes[proof])]
        need(logged, "no leaf says that this was received", proof)
        b.anchors.append(Anchor(size, time, trusted, proof, min(logged)))
def check_stamp(b, stem, pinned, folder):
    """The token is over this checkpoint, and by a signer who had not been revoked."""
    tsr, crl = stem + ".tsr", stem + ".crl"
    need(sha256(b.read(stem + ".checkpoint")) in b.read(tsr), "a time stamp of something else", tsr)
    for ending in ["checkpoint", "tsr", "pem"] + ["crl"] * (crl in b.files):
        with open(os.path.join(folder, ending), "wb") as out:
            out.write(b.read(stem + "." + ending))
    found = read_stamp(folder, pinned)
    if not found:
        return b.notes.append("Time stamps were not checked: it takes openssl 3.") or (None, False)
    need(found[1], "not by the certificates beside it", tsr)
    if crl in b.files and is_revoked(folder, found[0], crl):
        return b.notes.append(tsr + " does not count: its signer was revoked.") or (None, False)
    return found[0], found[2]

# ---- 10. Page: made again from the leaves; no caption can be swapped under a true picture ----
def check_page(b):
    name, at = PAGE, 0
    b.custody = [strict_json(x, CUSTODY) for x in b.read(CUSTODY).splitlines()]
    for line in b.custody:
        need(line["on"] in b.shown or not re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
             line["on"]), "it tells of record %s, which was left out" % line["on"], CUSTODY)
    for part in report.page_parts(b):
        part = part.encode()
        there = b.read(name, at, min(len(part), b.files[name][2] - at))
        start = at + first_difference(part, there)
        need(part == there, "it says something else than the leaves", name, start,
             max(start, at + len(there) - 1))
        at += len(part)
    need(at == b.files[name][2], "it says more than the leaves", name, at, b.files[name][2] - 1)

# ---- Verdict ----
def verify(b, path, options, folder):
    pinned = options.get("--root")
    for check, file, words in (
            (b.open, os.path.basename(path), (path, folder)), (check_root, KEYSET, (b, pinned)),
            (check_head, "proof/checkpoint", (b,)), (check_bag, "bundle.note", (b,)),
            (check_leaves, SELECTION, (b,))):
        if not b.attempt(check, file, *words):
            return 1
    b.attempt(check_policies, "proof/facts", b)
    for check, leaves in ((check_unhold, b.of("unhold")), (check_delete, b.of("delete")), (
            check_deleted, b.of("deleted")), (check_record, b.records), (
            check_clip, [x for x in b.records if x["kind"] == "clip" and b.payload(x) in b.files])):
        for leaf in leaves:
            b.attempt(check, leaf.file, b, leaf)
    b.attempt(check_selection, SELECTION, b)
    b.attempt(check_chains, "proof/chain", b)
    kept = re.compile(r"proof/(anchors|consistency)/(\d+)[-\w]*\.(checkpoint|note)")
    for match in filter(None, map(kept.fullmatch, sorted(b.files))):
        b.attempt(check_anchor, match[0], b, match[0], int(match[2]), options, folder)
    b.attempt(check_page, PAGE, b)
    top = max([x.size for x in b.anchors if x.trusted], default=0)
    stale = top == 0 or any(leaf.index >= top for leaf in b.records)
    return 1 if b.findings else 2 if not pinned else 3 if stale else 0
def main(words):
    options, paths = {}, []
    while words:
        word = words.pop(0)
        if word in ("--root", "--trust-tsa", "--witness") and words:
            options[word] = words.pop(0)
        elif word == "--json":
            options[word] = True
        elif word[:1] != "-" and not paths:
            paths.append(word)
        else:
            sys.exit(print(__doc__, file=sys.stderr) or 64)
    for name in {"--root", "--witness"} & set(options):
        if options[name][:1] == "@":
            with open(options[name][1:]) as f:
                options[name] = f.read().strip()
        read_key(options[name])  # a key that was copied in part is a mistake, and no tampering
    b, path = Bundle(), os.path.abspath(paths[0] if paths else os.path.dirname(__file__) or ".")
    with tempfile.TemporaryDirectory() as folder:
        code = verify(b, path, options, folder)
        for line in (report.for_programs if "--json" in options else report.for_people)(b, code):
            print(line)
    return code
if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (Bad, ValueError, OSError) as error:
        sys.exit(print("verify.py:", error, file=sys.stderr) or 64)

"""#
