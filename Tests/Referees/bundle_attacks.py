#!/usr/bin/env python3
"""Attacks on bundles, one by one: verify.py must refuse each, and name the file.

    bundle_attacks.py [GROUP...]

Prints `ok NAME` or `FAILED NAME: why`, then `N passed, N failed`. Groups: good, files, resealed,
forged, spelling, zip, tar, stamps.
"""
import hashlib
import io
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

from bundles import (ORIGIN, ZEROS, Bundle, Log, Signer, Zip, encode, fragment, fragment_hash, link,
                     time, verify)

BASE = "proofreel-20261126T171500Z"
CHECK = link("check", "odoo:6f1c/quality.check/17", "QC-000017")
ORDER = link("work-order", "WH/MO/00001")
QUESTION = [dict(kind="check", value=CHECK["value"])]
INIT = b"init" * 10
passed = failed = 0


def judge(name, wanted, got, file=None):
    """`wanted` is the exit code; `file` must be among the files that the findings name."""
    global passed, failed
    code, findings = got
    named = [bad.file for bad in findings]
    if code == wanted and (file is None or file in named):
        passed += 1
        print("ok", name)
    else:
        failed += 1
        words = "; ".join("%s: %s" % (bad.file, bad.words) for bad in findings)
        print("FAILED %s: %d instead of %d, %s instead of %s" % (name, code, wanted, words, file))


def run_path(path, **options):
    options = {"--" + name.replace("_", "-"): value for name, value in options.items()}
    b = verify.Bundle()
    with tempfile.TemporaryDirectory() as folder:
        code = verify.verify(b, str(path), options, folder)
    return code, b.findings


def run(bundle, **options):
    with tempfile.TemporaryDirectory() as folder:
        bundle.write(folder)
        return run_path(folder, **options)


def run_bytes(data, name="bundle.zip", **options):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / name
        path.write_bytes(data)
        return run_path(path, **options)


class Sample:
    """A closed check with pictures, a clip, a rendered picture, corrections and a removal."""

    def __init__(self, **seeds):
        log = self.log = Log(**seeds)
        log.now = 60
        self.policy = log.add("policy", actor="qa", n=1, reason="norm", rules=[
            dict(name="all", match=dict(all=True), days=10, basis="capture")])
        self.first = log.picture(1, dict(CHECK), ORDER)
        self.second = log.picture(2, dict(CHECK), ORDER, flags=["too dark"], cam_off_us=-1500,
                                  cam_err_us=800)
        log.add("link", actor="erp", target=self.first, links=[link("serial", "SN-1 <b>")],
                reason="serial known & \"late\"")
        log.add("unlink", actor="ann", target=self.second, links=[ORDER], reason="another\norder")
        log.add("gap", cam="press-3", **{"from": time(30), "to": time(40)}, err_us=100000,
                cause="network", detail="no route")
        media = [(50_000_000 + i, fragment(50_000_000 + i, bytes([i]) * 1000)) for i in range(9)]
        # The clip begins within its first part and ends within its last one.
        hashes = [fragment_hash(*x) for x in media]
        self.beside = dict(skip=1, before=[hashes[0].hex()], after=[verify.tree_root(hashes[7:9])])
        init = hashlib.sha256(INIT).hexdigest()
        self.part = log.add(
            "part", cam="press-3", n=1, prev=ZEROS, init=init, count=3, len=3210,
            root=verify.tree_root(hashes[:3]), **{"from": time(49), "to": time(51)})
        self.parts = [self.part] + [log.add(
            "part", cam="press-3", n=n, init=init, count=len(own), len=1070 * len(own),
            prev=verify.sha256(b"\0", log.raw[-1]).hex(), root=verify.tree_root(own),
            **{"from": time(n * 3 + 46), "to": time(n * 3 + 48)})
            for n, own in ((2, hashes[3:5]), (3, hashes[5:9]))]
        self.clip = log.record(
            "clip", INIT + b"".join(x for _, x in media[1:7]), "video/mp4", cam="press-3",
            t=time(50), to=time(56), frames=150, init=init, init_len=len(INIT), parts=[1, 2, 3],
            links=[ORDER, dict(CHECK)], **self.beside)
        self.stream = log.record(
            "clip", INIT + b"stream", "video/mp4", use="stream", cam="press-4", t=time(49),
            to=time(50), frames=10, init=init, init_len=len(INIT), links=[dict(CHECK)])
        self.rendered = log.picture(3, dict(CHECK), clip=self.stream, made="rendered, quality 95",
                                    cam="press-4")
        self.gone = log.picture(4, dict(CHECK), cam="press-5")
        self.remove(self.gone)
        self.close = log.add("close", actor="erp", check=CHECK["value"], verdict="pass",
                             reason="signed off")
        self.ids = [self.first, self.second, self.clip, self.rendered, self.gone]

    def remove(self, target, **changes):
        """Eleven days later a rule of ten days has it removed; `changes` make that unlawful."""
        log = self.log
        record = log.leaves[log.index(target)]
        due = verify.datetime.strptime(record["t"], verify.TIME) + verify.timedelta(days=10)
        log.now += 11 * 86400
        fields = dict(index=log.index(target), pay=record["pay"], what="payload", rule="all",
                      policy=log.index(self.policy), due=due.strftime(verify.TIME), holds=0,
                      actors=["scheduler"], until=time(log.now + 7 * 86400), reason="expired")
        wait = changes.pop("wait", 8 * 86400)
        order = log.add("delete", target=target, **dict(fields, **changes))
        log.now += wait
        log.add("deleted", target=target, delete=order, bytes=record["len"])
        return order

    def bundle(self, **more):
        return Bundle(self.log, self.ids, **dict(dict(links=QUESTION), **more))


def zipped(bundle, late=False):
    archive = Zip(late)
    for name in sorted(bundle.files):
        archive.add(BASE + "/" + name, bundle.files[name])
    return archive


def good():
    sample = Sample()
    bundle, key = sample.bundle(), sample.log.root.vkey
    sections = bundle.files["data/index.html"].count(b"<article>")
    judge("each record has its section", 6, (sections, []))
    judge("without the root key", 2, run(bundle))
    judge("with the root key", 3, run(bundle, root=key))
    judge("in a ZIP", 3, run_bytes(zipped(bundle).finish(), root=key))
    judge("in a ZIP with descriptors", 3, run_bytes(zipped(bundle, True).finish(), root=key))
    alone = Sample()
    lone = alone.log.picture(7, link("check", "odoo:x/y/7"))
    judge("a lone record of an open check", 3, run(Bundle(
        alone.log, [lone], links=[link("check", "odoo:x/y/7")]), root=key))
    judge("T14 a lone record of an open check, left out with its leaf", 1, run(Bundle(
        alone.log, [], links=[link("check", "odoo:x/y/7")]), root=key), "proof/selection.json")
    told = sample.bundle()
    told.custody.append(dict(told.custody[0], on=lone, what="read"))
    told.seal()
    judge("T14 a record that is left out, and whose reading is told", 1, run(told, root=key),
          "proof/custody.jsonl")
    told.custody[-1]["on"] = sample.first
    told.seal()
    judge("a record whose reading is told", 3, run(told, root=key))
    by_id = Bundle(sample.log, [sample.rendered], ids=[sample.rendered])
    judge("by id, with its stream", 3, run(by_id, root=key))
    period = Bundle(sample.log, [sample.first, sample.second], camera="press-3",
                    **{"from": time(60), "to": time(70)})
    judge("by camera and time", 3, run(period, root=key))
    fresh = Sample(root_seed=8, log_seed=9)
    judge("T16 another's keys, no root key", 2, run(fresh.bundle()))
    judge("T16 another's keys, root key", 1, run(fresh.bundle(), root=key),
          "proof/facts/0000000000.leaf")


def files():
    """No key at all: every file, changed, cut, longer, gone, doubled, renamed."""
    bundle = Sample().bundle()
    key, whole = bundle.log.root.vkey, dict(bundle.files)
    for name, data in sorted(whole.items()):
        for what, changed in [("byte %d" % at, data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
                              for at in sorted({0, len(data) // 2, len(data) - 1})] + [
                                  ("cut", data[:-1]), ("longer", data + b"x"), ("empty", b"")]:
            bundle.files = dict(whole, **{name: changed})
            judge("%s: %s" % (name, what), 1, run(bundle, root=key), name)
        bundle.files = {other: data for other, data in whole.items() if other != name}
        judge(name + ": missing", 1, run(bundle, root=key), name)
    for name in ("data/images/0000000099.jpg", "proof/facts/0000000099.leaf", "data/x.html", "x"):
        bundle.files = dict(whole, **{name: b"x"})
        judge(name + ": added", 1, run(bundle, root=key), name)


def resealed():
    """The exporter himself, with the log's key: manifests and note are right, the rest is not."""
    sample = Sample()
    log, key = sample.log, sample.log.root.vkey

    def attack(name, file, change, page=True):
        bundle = sample.bundle()
        file = file and file(bundle) if callable(file) else file
        change(bundle)
        bundle.seal(page=page)
        judge(name, 1, run(bundle, root=key), file)

    def leaf_file(identity, role="records", ending="leaf"):
        return "proof/%s/%010d.%s" % (role, log.index(identity), ending)

    page = "data/index.html"

    def captions(bundle):
        text = bundle.files[page].decode()
        a, b = (log.leaves[log.index(x)]["pay"] for x in (sample.first, sample.second))
        bundle.files[page] = text.replace(a, "#").replace(b, a).replace("#", b).encode()
    attack("T8 captions swapped", page, captions, page=False)

    def pictures(bundle):
        a, b = bundle.payload(sample.first), bundle.payload(sample.second)
        bundle.files[a], bundle.files[b] = bundle.files[b], bundle.files[a]
    attack("T8 pictures swapped", lambda b: b.payload(sample.first), pictures)
    for what, change in (("T1 a byte", lambda d: d[:9] + bytes([d[9] ^ 1]) + d[10:]),
                         ("T1 a byte more", lambda d: d + b"x"), ("T1 a byte less", lambda d: d[:-1])):
        attack(what, lambda b: b.payload(sample.clip), lambda b: b.files.update(
            {b.payload(sample.clip): change(b.files[b.payload(sample.clip)])}))
    for what, old, new in (("a word", b"signed off", b"signed on!"), ("style", b"#111", b"#fff"),
                           ("limits", b"not what stood", b"and what stood"),
                           ("a script", b"</body>", b"<script></script></body>"),
                           ("its end cut", b"</html>\n", b"")):
        attack("T15 page: " + what, page, lambda b: b.files.update(
            {page: b.files[page].replace(old, new)}), page=False)

    # T14: each record dropped in turn, by an exporter who lies about what was found.
    for identity in sample.ids + [sample.stream]:
        number = log.index(identity)
        bundle = sample.bundle(without=[identity])
        file = {sample.stream: leaf_file(sample.rendered)}.get(identity, leaf_file(identity, "chain"))
        judge("T14 record %d is only in the chain" % number, 1, run(bundle, root=key), file)
        for ending in ("leaf", "tlog-proof"):
            bundle.files.pop(leaf_file(identity, "chain", ending))
        bundle.seal()
        after = next(i for i, leaf in enumerate(log.leaves) if i > number and (
            leaf["kind"] == "close" or any(x["kind"] == "check" for x in leaf.get("links", []))))
        role = bundle.roles[after]
        judge("T14 record %d is nowhere" % number, 1, run(bundle, root=key),
              "proof/%s/%010d.leaf" % (role, after))
    listed = Bundle(log, [sample.first], ids=[sample.first, sample.second], records=1)
    judge("T14 asked for by id, and not here", 1, run(listed, root=key), "proof/selection.json")

    def drop(identity, role):
        def change(bundle):
            for ending in ("leaf", "tlog-proof"):
                bundle.files.pop(leaf_file(identity, role, ending))
        return change
    deleted = next(x["id"] for x in log.leaves if x["kind"] == "deleted")
    attack("T11 a picture is missing", lambda b: b.payload(sample.second),
           lambda b: b.files.pop(b.payload(sample.second)))
    attack("T11 a removal without its leaf", lambda b: b.payload(sample.gone), drop(deleted, "facts"))
    attack("T11 a removal without its order", leaf_file(deleted, "facts"),
           drop(log.leaves[log.index(deleted)]["delete"], "facts"))
    attack("T15 a proof is missing", leaf_file(sample.first, ending="tlog-proof"),
           lambda b: b.files.pop(leaf_file(sample.first, ending="tlog-proof")), page=False)

    def proofs(bundle):
        a, b = (leaf_file(x, ending="tlog-proof") for x in (sample.first, sample.second))
        bundle.files[a], bundle.files[b] = bundle.files[b], bundle.files[a]
    attack("T15 proofs swapped", leaf_file(sample.first, ending="tlog-proof"), proofs, page=False)

    def changed(bundle):
        name = leaf_file(sample.first)
        bundle.files[name] = bundle.files[name].replace(b"press-3", b"press-4")
    attack("T15 a leaf says something else", leaf_file(sample.first), changed, page=False)

    def moved(bundle):
        for ending in ("leaf", "tlog-proof"):
            bundle.files[leaf_file(sample.close, "chain", ending)] = bundle.files.pop(
                leaf_file(sample.close, "facts", ending))
    attack("T15 a leaf in another folder", leaf_file(sample.close, "chain"), moved, page=False)
    attack("T15 bytes without a record", "data/images/0000000099.png", lambda b: b.files.update(
        {"data/images/0000000099.png": b"x"}))
    attack("T15 a second page", "data/more.html", lambda b: b.files.update({"data/more.html": b"x"}))
    attack("T15 another count", "proof/selection.json", lambda b: b.selection.update(records=9))
    attack("T15 another plant", "proof/selection.json", lambda b: b.selection.update(site="other"))
    attack("T15 another question", leaf_file(sample.first), lambda b: b.selection.update(
        links=[link("lot", "L-1")]))
    attack("T15 a later period", leaf_file(sample.first), lambda b: b.selection.update(
        **{"from": time(10000)}))
    attack("T15 another camera", leaf_file(sample.first), lambda b: b.selection.update(
        camera="press-5"))
    bundle = sample.bundle()
    bundle.seal(signer=Signer(ORIGIN, 9))
    judge("T15 a note by another key", 1, run(bundle, root=key), "bundle.note")


def forged():
    """Whoever has the log's key writes leaves that the rules forbid."""
    def attack(name, forge, file=None):
        sample = Sample()
        found = forge(sample)
        index = sample.log.index(found)
        bundle = Bundle(sample.log, sample.ids, ids=sample.ids)
        role = bundle.roles[index]
        judge(name, 1, run(bundle, root=sample.log.root.vkey),
              file or "proof/%s/%010d.leaf" % (role, index))

    def policy(sample, *rules):
        return sample.log.add("policy", actor="qa", n=2, reason="x", rules=list(rules))
    rule = dict(name="all", match=dict(all=True), days=10, basis="capture")
    attack("T12 a shorter policy", lambda s: policy(s, dict(rule, days=1)))
    attack("T12 a policy without the rule", lambda s: policy(s, dict(rule, name="other")))
    attack("T12 a policy with another rule", lambda s: policy(s, dict(rule, match=dict(cam="c"))))
    attack("T12 a policy is missing", lambda s: s.log.add("policy", n=3, reason="x", rules=[rule]))

    def removed(**changes):
        def forge(sample):
            order = sample.remove(sample.first, **changes)
            return order
        return forge
    attack("T12 removed within retention", removed(due=time(61)))
    attack("T12 by another rule", removed(rule="some"))
    attack("T12 by another policy", removed(policy=1))
    attack("T12 another record's hash", removed(pay="0" * 64))
    attack("T12 ordered by a stranger", removed(actors=["somebody"]))
    attack("T12 an early erasure by one", removed(policy=-1, actors=["scheduler"]))
    attack("T12 holds counted", removed(holds=1))

    def early(sample):
        sample.remove(sample.first, wait=86400)
        return sample.log.leaves[-1]["id"]
    attack("T12 before the grace period ended", early)

    def held(**what):
        def forge(sample):
            what_ = {key: value(sample) if callable(value) else value for key, value in what.items()}
            sample.log.add("hold", actor="ann", reason="court", **what_)
            return sample.remove(sample.first)
        return forge
    attack("T13 removed under a hold of the record", held(record=lambda s: s.first))
    attack("T13 removed under a hold of a link", held(link=ORDER))
    attack("T13 removed under a hold of a reference", held(link=link("check", "QC-000017")))
    attack("T13 removed under a hold of a later link", held(link=link("serial", "SN-1 <b>")))
    attack("T13 removed under a hold of a time", held(**{"from": time(0), "to": time(99)}))

    def held_after(sample):
        log = sample.log
        sample.remove(sample.first)
        leaf = log.leaves.pop()
        log.raw.pop()
        log.add("hold", actor="ann", reason="court", record=sample.first)
        return log.add("deleted", **{key: leaf[key] for key in ("target", "delete", "bytes")})
    attack("T13 carried out under a hold", held_after)

    def held_stream(sample):
        sample.log.add("hold", actor="ann", reason="court", record=sample.stream)
        return sample.remove(sample.rendered)
    attack("T13 a picture whose stream is held", held_stream)

    def unheld(sample):
        hold = sample.log.add("hold", actor="ann", reason="court", record=sample.first)
        sample.log.add("unhold", actor="ann", hold=hold, step="request", reason="over")
        return sample.log.add("unhold", actor="ann", hold=hold, step="release", reason="over")
    attack("T13 a hold ended by one person", unheld)

    def nobody(sample):
        return sample.log.add("deleted", target=sample.first, delete=sample.policy, bytes=1)
    attack("T11 a removal that nobody ordered", nobody)

    def after_close(sample):
        identity = sample.log.picture(9, dict(CHECK))
        sample.ids.append(identity)
        return sample.close
    attack("T14 a check goes on after its close", after_close)

    def chain(**place):
        def forge(sample):
            identity = sample.log.picture(9, dict(link("check", "odoo:x/y/1"), **place))
            sample.ids.append(identity)
            return identity
        return forge
    attack("T14 a chain that begins at two", chain(n=2, prev=ZEROS))
    attack("T14 a chain with another hash before", chain(n=1, prev="1" * 64))

    def closed(**says):
        def forge(sample):
            sample.ids.append(sample.log.picture(9, link("check", "odoo:x/y/1")))
            return sample.log.add("close", check="odoo:x/y/1", reason="x", **says)
        return forge
    attack("T14 a close with another count", closed(count=2))
    attack("T14 a close with another root", closed(root=ZEROS))

    def clip(name, wanted=1, flip=None, cut=None, **says):
        """The clip again, under a leaf that says something else, with other footage."""
        sample = Sample()
        leaf = dict(sample.log.leaves[sample.log.index(sample.clip)], **says)
        data = bytearray(sample.log.payloads[sample.clip][:cut])
        if flip is not None:
            data[flip] ^= 1
        sample.ids.append(sample.log.record("clip", bytes(data), "video/mp4", **{
            key: leaf[key] for key in ("cam", "t", "to", "frames", "init", "init_len", "parts",
                                       "skip", "before", "after") if leaf.get(key) is not None}))
        bundle = Bundle(sample.log, sample.ids, ids=sample.ids)
        judge(name, wanted, run(bundle, root=sample.log.root.vkey),
              "data/clips/%010d.mp4" % sample.log.index(sample.ids[-1]) if wanted == 1 else None)
    beside = Sample().beside
    more = beside["after"] * 2
    clip("the clip again", 3)
    clip("T1 a clip with another init", init=ZEROS)
    clip("T1 a clip with less footage", cut=4000)
    clip("T1 a clip that is none", init_len=39, init=hashlib.sha256(INIT[:39]).hexdigest())
    clip("T1 a fragment changed at a clip's beginning", flip=len(INIT) + 1000)
    clip("T1 a fragment changed in a clip's middle", flip=len(INIT) + 3000)
    clip("T1 a fragment changed at a clip's end", flip=-1)
    clip("T1 another hash before a clip", before=more[:1])
    clip("T1 another hash after a clip", after=beside["before"])
    clip("T1 a hash too many before a clip", before=beside["before"] + more)
    clip("T1 a hash too many after a clip", after=more)
    clip("T1 a hash that is none", after=[more[0] + "00"])
    clip("T1 a clip at another place of its part", skip=2)
    clip("T1 a clip behind its part", skip=9)
    clip("T1 a clip without the part in the middle", parts=[1, 3])
    clip("T1 a clip of a part that is not here", parts=[1, 2, 4])
    clip("a clip whose part's beginning was gone", 3, before=None)
    clip("a clip whose part's end was gone", 3, after=None)
    clip("a clip that names no place", 3, skip=None, before=None, after=None)
    clip("a clip that names no part", 3, parts=None, skip=None, before=None, after=None)

    def twice(sample):
        sample.log.leaves[-1]["id"] = sample.policy
        sample.log.raw[-1] = encode(sample.log.leaves[-1])
        return sample.log.leaves[-1]["id"]
    sample = Sample()
    index = len(sample.log.raw) - 1
    twice(sample)
    bundle = Bundle(sample.log, [sample.first], ids=[sample.first])
    judge("T15 two leaves of one id", 1, run(bundle, root=sample.log.root.vkey),
          "proof/facts/%010d.leaf" % index)

    def keys(sample):
        text = "proofreel keyset v1\n%s\n2\nlog %s from 0\n" % (ORIGIN, sample.log.signer.vkey)
        return sample.log.add("keyset", note=sample.log.root.note(text).decode())
    attack("T16 an older key set than the log's", keys, "proof/keyset.note")
    sample = Sample()
    text = "proofreel keyset v1\n%s\n2\nlog %s from 0 to 3\n" % (ORIGIN, sample.log.signer.vkey)
    sample.log.keyset = sample.log.root.note(text)
    bundle = Bundle(sample.log, sample.ids, ids=sample.ids)
    judge("T16 a key beyond its end", 1, run(bundle, root=sample.log.root.vkey), "proof/checkpoint")


def spelling():
    """T21: a second spelling of the same thing, signed."""
    original = verify.strict_json

    def leaf(name, change):
        verify.strict_json = lambda data, file: verify.json.loads(data.decode())  # for the page
        sample = Sample()
        index = sample.log.index(sample.second)
        sample.log.raw[index] = change(sample.log.raw[index])
        bundle = Bundle(sample.log, [sample.second], ids=[sample.second])
        verify.strict_json = original
        judge("T21 leaf: " + name, 1, run(bundle, root=sample.log.root.vkey),
              "proof/records/%010d.leaf" % index)
    for name, old, new in (
            ("a key twice", b'"cam":"press-3"', b'"cam":"press-3","cam":"press-3"'),
            ("white space", b'"w":160', b'"w": 160'), ("a fraction", b'"w":160', b'"w":160.0'),
            ("an exponent", b'"w":160', b'"w":16e1'), ("a leading zero", b'"h":120', b'"h":0120'),
            ("a minus zero", b'"est_us":10', b'"est_us":-0'), ("a null", b'"w":160', b'"w":null'),
            ("a large number", b'"w":160', b'"w":99999999999999999'),
            ("another escape", b'"press-3"', b'"\\u0070ress-3"'),
            ("not a number", b'"w":160', b'"w":NaN'), ("keys unsorted", b'{"actor"', b'{"z":1,"actor"'),
            ("something after", b'"w":160}', b'"w":160} ')):
        leaf(name, lambda raw: raw.replace(old, new))
    leaf("a version to come", lambda raw: raw.replace(b'"v":1', b'"v":2'))
    sample = Sample()
    key = sample.log.root.vkey

    def text(name, file, old, new, again=None):
        bundle = sample.bundle()
        bundle.files[file] = bundle.files[file].replace(old, new, 1)
        data = dict(bundle.files)
        bundle.seal(page=False)
        if file in ("proof/selection.json", "proof/checkpoint", "proof/keyset.note"):
            bundle.files[file] = data[file]
            for manifest in ("tagmanifest-sha256.txt",):
                own = ("tagmanifest-sha256.txt", "bundle.note")
                bundle.files[manifest] = bundle.manifest(
                    x for x in sorted(bundle.files) if not x.startswith("data/") and x not in own)
            digest = hashlib.sha256(bundle.files["tagmanifest-sha256.txt"]).hexdigest()
            bundle.files["bundle.note"] = sample.log.signer.note(
                "proofreel bundle v1\n%s\n%d\n%s\n" % (ORIGIN, bundle.size, digest))
        judge("T21 " + name, 1, run(bundle, root=key), file)
    proof = "proof/records/%010d.tlog-proof" % sample.log.index(sample.first)
    text("proof: leading zero", proof, b"index ", b"index 0")
    text("proof: an extra line", proof, b"\nindex", b"\nextra AAAA\nindex")
    text("proof: one hash less", proof, sample.bundle().files[proof].split(b"\n")[2] + b"\n", b"")
    text("proof: one hash more", proof, b"\n\n", b"\n" + b"A" * 43 + b"=\n\n")
    text("proof: other base64", proof, b"=\n\n", b"\n\n")
    text("proof: another first line", proof, b"@v1", b"@v2")
    text("selection: white space", "proof/selection.json", b",", b", ")
    text("checkpoint: leading zero", "proof/checkpoint", b"\n%d\n" % len(sample.log.raw),
         b"\n0%d\n" % len(sample.log.raw))
    text("checkpoint: size 0", "proof/checkpoint", b"\n%d\n" % len(sample.log.raw), b"\n0\n")
    text("checkpoint: a line more", "proof/checkpoint", b"\n\n", b"\nmore\n\n")
    text("key set: carriage return", "proof/keyset.note", b"\n", b"\r\n")
    signer, message = sample.log.signer, b"message"
    right = signer.sign(message)
    high = right[:32] + (int.from_bytes(right[32:], "little") + verify.Q).to_bytes(32, "little")
    for name, signature in (("a larger S", high), ("a byte less", right[:-1]), ("zeros", bytes(64))):
        try:
            holds = verify.has_signed(signer.public, signature, message)
        except verify.Bad:
            holds = False
        judge("T21 signature: " + name, 1, (0 if holds else 1, []))
    judge("a right signature", 0, (0 if verify.has_signed(signer.public, right, message) else 1, []))


def zip_tricks():
    """T15: one container, two readers who see two bundles."""
    bundle = Sample().bundle()
    key, names = bundle.log.root.vkey, sorted(bundle.files)

    def build(change=None, at="data/index.html", late=False):
        archive = Zip(late)
        for name in names:
            more = change(name) if change and name == at else {}
            archive.add(BASE + "/" + name, bundle.files[name], **more)
        return archive

    def attack(name, data):
        judge("T15 zip: " + name, 1, run_bytes(data, root=key), "bundle.zip")
    for name, more in (("another name before the bytes", dict(inner=BASE + "/data/other.html")),
                       ("compressed", dict(method=8)), ("encrypted", dict(flags=1)),
                       ("a link", dict(mode=0o120777)), ("a device", dict(mode=0o020644)),
                       ("a second name in an extra field", dict(extra=b"up\5\0\1abcd")),
                       ("bytes between entries", dict(before=b"hidden")),
                       ("an entry elsewhere", dict(at=0)), ("a wrong size", dict(packed=5)),
                       ("patched data", dict(flags=1 << 5)), ("masked headers", dict(flags=1 << 13))):
        attack(name, build(lambda _: more).finish())
    for bad in ("../x", "/x", BASE + "/../x", BASE + "\\x", BASE + "/x\0.txt", BASE + "/\u00e9",
                BASE + "/a//b", BASE + "/./a", "C:/x", BASE + "/ x", "other/x", BASE + "/dir/"):
        archive = build()
        archive.add(bad, b"x")
        attack("the name %r" % bad, archive.finish())
    for again in ("/data/index.html", "/data/Index.html"):
        archive = build()
        archive.add(BASE + again, b"x")
        attack("one name twice, " + again, archive.finish())
    attack("a comment", build().finish(comment=b"hello"))
    attack("something after the end", build().finish(tail=b"x"))
    attack("something before the directory", build().finish(gap=b"x"))
    attack("another count", build().finish(count=3))
    whole = build().finish()
    attack("something before the beginning", b"x" + whole)
    attack("two archives, the second counts", whole + whole)
    for size in (0, 3, 21, 100, len(whole) // 2, len(whole) - 1):
        attack("cut at %d" % size, whole[:size])
    late = build(late=True)
    body = late.body
    at = body.index(b"PK\7\x08")
    late.body = body[:at + 4] + bytes([body[at + 4] ^ 1]) + body[at + 5:]
    attack("a wrong descriptor", late.finish())
    judge("T15 zip: no ZIP at all", 1, run_bytes(b"hello", "bundle.zip", root=key), "bundle.zip")


def tar_tricks():
    bundle = Sample().bundle()
    key = bundle.log.root.vkey

    def packed(*more):
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for name, data in sorted(bundle.files.items()) + [(None, None)]:
                entry, data = (tarfile.TarInfo(BASE + "/" + name), data) if name else (None, None)
                for entry, data in [(entry, data)] if entry else more:
                    entry.size = len(data)
                    tar.addfile(entry, io.BytesIO(data))
        data = subprocess.run(["zstd", "-qc"], input=archive.getvalue(), check=True,
                              stdout=subprocess.PIPE).stdout
        return run_bytes(data, "bundle.tar.zst", root=key)

    def entry(name, kind=tarfile.REGTYPE, target=""):
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, target
        return info, b"" if kind != tarfile.REGTYPE else b"other"
    judge("in a .tar.zst", 3, packed())
    judge("T15 tar: a link", 1, packed(entry(BASE + "/link", tarfile.SYMTYPE, "bagit.txt")),
          BASE + "/link")
    judge("T15 tar: a link and a file through it", 1, packed(
        entry(BASE + "/up", tarfile.SYMTYPE, "../.."), entry(BASE + "/up/x")))
    judge("T15 tar: a pipe", 1, packed(entry(BASE + "/pipe", tarfile.FIFOTYPE)), BASE + "/pipe")
    for name in (BASE + "/data/index.html", "../x", BASE + "/../x", "/tmp/proofreel-x", "other/x"):
        judge("T15 tar: the name " + name, 1, packed(entry(name)), "bundle.tar.zst")
    judge("T15 tar: a name in other letters", 1, packed(entry(BASE + "/data/Index.html")),
          "bundle.tar.zst")
    with tempfile.TemporaryDirectory() as folder:
        bundle.write(folder)
        os.symlink("/etc/passwd", folder + "/data/link")
        judge("T15 folder: a link", 1, run_path(folder, root=key), "data/link")


def stamps():
    """T22 and anchors: a TSA of our own, a witness of our own, and what they do not vouch for."""
    if not shutil.which("openssl"):
        return print("**** SKIPPED: no openssl ****")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)

        def openssl(*words, **more):
            return subprocess.run(("openssl",) + words, cwd=folder, check=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)

        def authority(name):
            new = ("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out")
            openssl(*new, name + "-ca.key")
            openssl("req", "-x509", "-new", "-key", name + "-ca.key", "-subj", "/CN=CA of " + name,
                    "-days", "3650", "-out", name + "-ca.pem")
            openssl(*new, name + ".key")
            openssl("req", "-new", "-key", name + ".key", "-subj", "/CN=" + name, "-out", name + ".csr")
            (folder / "ext").write_text("extendedKeyUsage=critical,timeStamping\n")
            openssl("x509", "-req", "-in", name + ".csr", "-CA", name + "-ca.pem", "-CAkey",
                    name + "-ca.key", "-CAcreateserial", "-days", "3650", "-extfile", "ext", "-out",
                    name + ".pem")
            (folder / (name + ".conf")).write_text(
                "[t]\nserial = {0}/serial\ncrypto_device = builtin\nsigner_digest = sha256\n"
                "default_policy = 1.2.3.4\ndigests = sha256\naccuracy = secs:1\n".format(folder))
            return (folder / (name + ".pem")).read_bytes() + (folder / (name + "-ca.pem")).read_bytes()

        def stamp(name, data):
            (folder / "data").write_bytes(data)
            openssl("ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "q")
            openssl("ts", "-reply", "-config", name + ".conf", "-section", "t", "-queryfile", "q",
                    "-signer", name + ".pem", "-inkey", name + ".key", "-out", "r")
            return (folder / "r").read_bytes()
        (folder / "serial").write_text("01\n")
        chains = {name: authority(name) for name in ("tsa", "other")}
        sample = Sample()
        log, key = sample.log, sample.log.root.vkey
        size = len(log.raw)
        checkpoint = log.checkpoint()
        token = stamp("tsa", checkpoint)

        def logged(data, kind="rfc3161"):
            log.add("anchor", type=kind, size=size, root=verify.tree_root(log.hashes()[:size]),
                    proof=hashlib.sha256(data).hexdigest(), name="some")
        logged(token)
        trust = str(folder / "tsa-ca.pem")

        def bundle(**more):
            found = sample.bundle()
            found.anchor(size, "tsa", **dict(dict(checkpoint=checkpoint, tsr=token,
                                                  pem=chains["tsa"]), **more))
            found.seal()
            return found
        stem = "proof/anchors/%d-tsa." % size
        judge("a time stamp", 0, run(bundle(), root=key, trust_tsa=trust))
        judge("a time stamp, no root key", 2, run(bundle(), trust_tsa=trust))
        judge("T22 nobody whom I trust", 3, run(bundle(), root=key))
        judge("T22 another CA", 3, run(bundle(), root=key, trust_tsa=str(folder / "other-ca.pem")))
        judge("T22 a token of another checkpoint", 1, run(bundle(tsr=stamp("tsa", log.checkpoint(3))),
              root=key, trust_tsa=trust), stem + "tsr")
        judge("T22 a token by another TSA", 1, run(bundle(tsr=stamp("other", checkpoint)), root=key,
              trust_tsa=trust), stem + "tsr")
        for at in (10, len(token) // 2, len(token) - 5):  # also where no signature looks
            bad = token[:at] + bytes([token[at] ^ 1]) + token[at + 1:]
            judge("T22 byte %d of the token" % at, 1, run(bundle(tsr=bad), root=key, trust_tsa=trust),
                  stem + "tsr")
        def listed(name, day=None):
            """What the authority has taken back, the signer on that day, as a list in DER."""
            serial = openssl("x509", "-in", name + ".pem", "-noout", "-serial").stdout.decode()
            (folder / "index").write_text("R\t491231000000Z\t%s\t%s\tunknown\t/CN=%s\n" % (
                day, serial.strip()[7:], name) if day else "")
            (folder / "ca.conf").write_text(
                "[ca]\ndefault_ca = c\n[c]\ndatabase = {0}/index\ndefault_md = sha256\n"
                "default_crl_days = 30\n".format(folder))
            openssl("ca", "-config", "ca.conf", "-keyfile", name + "-ca.key", "-cert",
                    name + "-ca.pem", "-gencrl", "-out", "list")
            openssl("crl", "-in", "list", "-outform", "DER", "-out", "list.der")
            return (folder / "list.der").read_bytes()
        for words, code, crl in (
                ("has taken nothing back", 0, listed("tsa")),
                ("has taken the signer back since", 0, listed("tsa", "490101000000Z")),
                ("had taken the signer back before", 3, listed("tsa", "200101000000Z")),
                ("is another authority's", 1, listed("other")),
                ("was changed", 1, listed("tsa", "200101000000Z")[:-1] + b"x"),
                ("is none", 1, b"x")):
            judge("T22 a list that " + words, code, run(bundle(crl=crl), root=key, trust_tsa=trust),
                  stem + "crl" if code == 1 else None)
        judge("T22 no token at all", 1, run(bundle(tsr=b""), root=key, trust_tsa=trust), stem + "tsr")

        other = Sample(log_seed=2)
        other.log.leaves[3]["actor"] = "somebody"
        other.log.raw[3] = encode(other.log.leaves[3])
        judge("T6 T7 another history was stamped", 1, run(bundle(checkpoint=other.log.checkpoint(
            size), tsr=stamp("tsa", other.log.checkpoint(size))), root=key, trust_tsa=trust),
            stem + "checkpoint")
        judge("T22 a token that no leaf tells of", 1, run(bundle(tsr=stamp("tsa", checkpoint)), root=key,
              trust_tsa=trust), stem + "tsr")
        kept = sample.bundle()
        kept.files["proof/consistency/9.checkpoint"] = other.log.checkpoint(9)
        kept.anchor(9, "none")
        kept.seal()
        judge("T6 T7 another history was kept", 1, run(kept, root=key),
              "proof/consistency/9.checkpoint")
        kept.files["proof/consistency/9.checkpoint"] = log.checkpoint(9)
        kept.seal()
        judge("an older checkpoint that was kept", 3, run(kept, root=key))

        late = sample.log.picture(11, link("lot", "L-1"))
        stale = bundle()
        judge("records before the stamp", 0, run(stale, root=key, trust_tsa=trust))
        newer = Bundle(log, [late], links=[link("lot", "L-1")])
        newer.anchor(size, "tsa", checkpoint=checkpoint, tsr=token, pem=chains["tsa"])
        newer.seal()
        judge("STALE: a record after the stamp", 3, run(newer, root=key, trust_tsa=trust))

        witness = Signer("witness.test", 5, kind=4)
        text = checkpoint.rpartition(b"\n\n")[0] + b"\n"
        cosigned = checkpoint + witness.cosign(text, 1800000000).encode()
        logged(cosigned, "witness")
        lied = cosigned[:-5] + b"AA==\n"
        logged(lied, "witness")
        seen = sample.bundle()
        seen.anchor(size, "w", note=cosigned)
        seen.seal()
        found = verify.Bundle()
        with tempfile.TemporaryDirectory() as place, tempfile.TemporaryDirectory() as other_place:
            seen.write(place)
            verify.verify(found, place, {"--witness": witness.vkey}, other_place)
        words = list(verify.report.clocks(found))
        judge("T9 a record from before the witness's clock", 0, (len(words), []))
        found.anchors = [found.anchors[0]._replace(time=1763000000)]
        words = list(verify.report.clocks(found))
        judge("T9 records later than the time at which they were there", len(found.records),
              (len(words), []))
        found.anchors = [found.anchors[0]._replace(size=0, leaf=0, time=1900000000)]
        words = [x for x in verify.report.clocks(found) if x.startswith("BACK-DATED")]
        judge("T9 back-dated records", len(found.records), (len(words), []))
        judge("a witness", 0, run(seen, root=key, witness=witness.vkey))
        judge("a witness whom nobody named", 3, run(seen, root=key))
        judge("another witness", 1, run(seen, root=key, witness=Signer("w", 6, 4).vkey),
              "proof/anchors/%d-w.note" % size)
        seen.anchor(size, "w", note=lied)
        seen.seal()
        judge("a wrong cosignature", 1, run(seen, root=key, witness=witness.vkey),
              "proof/anchors/%d-w.note" % size)


GROUPS = dict(good=good, files=files, resealed=resealed, forged=forged, spelling=spelling,
              zip=zip_tricks, tar=tar_tricks, stamps=stamps)

if __name__ == "__main__":
    for group in sys.argv[1:] or GROUPS:
        GROUPS[group]()
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed or not passed else 0)
