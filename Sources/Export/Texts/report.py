"""What a bundle says, in words for people: its page, data/index.html, and the verifier's report.

Part of verify.py, which calls it when all else was checked; it decides nothing. The exporter makes
the same page, byte for byte, by other code (Sources/Export/Page).
"""
import html
import json
import re
from datetime import datetime

VERDICTS = {0: "VERIFIED", 1: "TAMPERED", 2: "CONSISTENT, ORIGIN NOT AUTHENTICATED",
            3: "VERIFIED, UNANCHORED"}
TOP = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Proofreel evidence</title>
<style>
body { font: 11pt/1.45 Georgia, "Times New Roman", serif; color: #111; background: #fff;
  max-width: 46em; margin: 2em auto; padding: 0 1em }
h1 { font-size: 1.7em; line-height: 1.2; margin: .2em 0 .6em }
h2 { font-size: 1.15em; border-bottom: 1px solid #111; margin: 2.2em 0 .6em }
h3 { font-size: 1em; margin: 0 0 .6em }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .2em .8em .2em 0;
  border-bottom: 1px solid #ccc; unicode-bidi: isolate; white-space: pre-line }
th { font-weight: normal; color: #444; width: 9em }
h1, th, td, code { overflow-wrap: anywhere }
.list { font-size: .9em }
.list th { width: auto; white-space: nowrap }
.list td { min-width: 5.5em }
.list tr:first-child th { border-bottom: 1px solid #111 }
.mark { letter-spacing: .12em; text-transform: uppercase; font-size: .8em; margin: 0 }
.big { border: 2px solid #111; padding: .6em .9em; font-weight: bold }
article { border-top: 1px solid #111; padding: 1em 0 }
h2 + article { border: 0; padding-top: 0 }
table + h3 { margin: 1.2em 0 .3em }
img { display: block; max-width: 100%; max-height: 11cm; border: 1px solid #999 }
a { color: inherit }
.sign { display: inline-block; width: 44%; margin: 5em 4% 0 0; border-top: 1px solid #111 }
@page { size: A4; margin: 20mm 18mm }
@media print {
  body { margin: 0; padding: 0; max-width: none; font-size: 9.5pt }
  a { text-decoration: none }
  h2, h3 { break-after: avoid }
  article, tr, img, .big { break-inside: avoid }
}
</style>
</head>
<body>
<p class="mark">Proofreel evidence bundle</p>
"""
LIMITS = (
    "The log proves what it received, not what stood before the lens.",
    "That a picture belongs to a check or an order is what whoever is named with it said.",
    "Times are those of the server's clock. Confirmations from outside bracket them.",
    "Whoever controlled the server could forge what came after the last confirmation outside.",
    "What was never recorded is missed only where a check was closed or a gap is listed.",
    "Lines of the access trail are signed with the export as a whole, and not proven one by one.")
END = """<h2>7. Limits</h2>
<ol>
<li>This page is made from the files beside it, for people. By itself it proves nothing.</li>
%s</ol>
<h2>8. How to verify</h2>
<p>In the folder above this one run <code>python3 verify.py --root KEY</code>, or follow
<code>README.txt</code> there. It proves that each picture has the bytes that were recorded, that
what this page says of it stands in the signed log, and that no leaf of a closed check was left
out.</p>
<p>KEY is the line of the root key as you have it from a contract or from another source outside of
this bundle. Compare it with the one in section 1: a key that comes with the evidence proves
nothing.</p>
<p class="sign">Place and date</p><p class="sign">Name and signature</p>
</body>
</html>
""" % "".join("<li>%s</li>\n" % html.escape(limit) for limit in LIMITS)
ROWS = ("Instant|{t}", "Last frame|{to}; {frames} frames",
        "Asked for|{asked}; this is {dist_us} from it", "Server's clock|{clk}", "Camera|{cam}",
        "Camera's clock|{cam_off_us} from the server's, error {cam_err_us}",
        "Camera's claim|{t_cam}", "Trigger|{trig}",
        "Shot|{shot}, {skew_us} after its first picture", "Noticed|{flags}",
        "File|{name}, not from a camera here: {source}", "Made from|record {parent}: {transform}",
        "Rendered from|stream {clip}: {made}",
        "Recorded|{t_srv}, {actor}", "SHA-256|{pay}", "Size|{len} bytes, {mime}",
        "Personal data|kept apart; commitment {priv}", "Record|{id}")
SAYS = {"link": "belongs to {links}: {reason}", "unlink": "does not belong to {links}: {reason}",
        "delete": "removal of the {what} of {target} ordered by {actors}, rule {rule}: {reason}",
        "early": "EARLY ERASURE of the {what} of {target} ordered by {actors}, {rule}: {reason}",
        "deleted": "removal from {target} carried out, {bytes} bytes",
        "gap": "camera {cam} recorded nothing from {from} to {to}, cause: {cause} {detail}",
        "clock": "the server's clock: {what}, moved by {step_us}", "incident": "{what}: {detail}",
        "hold": "to be kept: {record}{link} {cam} {from} {to}: {reason}",
        "unhold": "{step} of the end of hold {hold}: {reason}",
        "check": "reached: {links}; {type} demanded of {cams}",
        "event": "{name} of {link} at {at}: {reason}", "policy": "retention policy {n}: {reason}",
        "anchor": "the log below leaf {size} was confirmed outside: {type}, {name}",
        "successor": "this log continues {old_origin}: {reason}"}
KINDS = {"snapshot": "picture", "import": "imported picture", "derive": "derived picture"}


def show(name, value):
    """The value of a field as people read it."""
    if isinstance(value, list):
        return ", ".join(show("", item) for item in value)
    if name.endswith("_us"):
        sign = "-" if value < 0 else "+" if name in ("dist_us", "cam_off_us", "step_us") else ""
        value = "%s%d.%03d ms" % (sign, abs(value) // 1000, abs(value) % 1000)
    elif name == "clk":
        value = ("" if value["sync"] else "NOT ") + "synchronised, error at most " + show(
            "max_us", value["max_us"])
    elif isinstance(value, dict):
        value = "%s %s" % (value["kind"], " / ".join([value["value"]] + value.get("refs", [])))
    elif re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}(:[0-9]{2}){2}\.[0-9]{6}Z", str(value)):
        value = "%s %s UTC" % (value[:10], value[11:-1])
    return html.escape(str(value))


def fill(form, leaf):
    return re.sub(r"\{(\w+)\}", lambda m: show(m[1], leaf[m[1]]) if m[1] in leaf else "", form)


def many(count, one, more):
    return "%d %s" % (count, one if count == 1 else more)


def row(*cells):
    return "<tr><th>%s</th><td>%s</td></tr>\n" % (cells[0], "</td><td>".join(cells[1:]))


def table(heads, rows):
    return "<table class=\"list\">\n<tr><th>%s</th></tr>\n%s</table>\n" % (
        "</th><th>".join(heads.split("|")), "".join(rows)) if rows else "<p>None.</p>\n"


def said(leaves):
    """Who said what, in the order given."""
    return table("Leaf|When|Who|What", [row(str(leaf.index), *(fill(form, leaf) for form in (
        "{t_srv}", "{actor}", SAYS["early" if leaf.get("policy") == -1 else leaf["kind"]])))
        for leaf in leaves])


def record_part(b, count, leaf):
    name, about = b.payload(leaf), b.about.get(leaf["id"], [])
    kind = "stream of a picture" if "use" in leaf else KINDS.get(leaf["kind"], leaf["kind"])
    title = "No. %d: %s, %s" % (count, kind, show("", leaf["t"]))
    media = name
    if "images/" in name:
        media = '<img loading="lazy" src="%s" alt="%s">' % (name[5:], title)
    media = '<p><a href="%s">%s</a></p>\n' % (name[5:], media)
    if name not in b.files:
        media = '<p class="big">The bytes were removed; see section 2.</p>\n'
    rows = [row(*fill(form, leaf).split("|", 1)) for form in ROWS if re.search(
        r"\{(\w+)", form)[1] in leaf]
    mine = "\n".join(show("", x) for x in leaf.links) or "nothing"
    return "<article>\n<h3>%s</h3>\n%s<table>\n%s%s%s</table>\n%s</article>\n" % (
        title, media, row("Belongs to", mine), "".join(rows), row("Leaf", str(leaf.index)),
        "<h3>Said of it since</h3>\n" + said(about) if about else "")


def asked_words(asked):
    """The question in one line."""
    words = [show("", x) for x in asked["links"]]
    for key, word in (("camera", "camera "), ("from", "from "), ("to", "until ")):
        words += [word + show("", asked[key])] if key in asked else []
    return many(len(asked["ids"]), "record", "records") + " by id" if "ids" in asked else (
        ", ".join(words) or "all records")


def page_parts(b):
    """The page, piece by piece."""
    asked, anchors, title = b.selection, b.of("anchor"), asked_words(b.selection)
    here = [leaf for leaf in b.records if b.payload(leaf) in b.files]
    top = max(anchors, key=lambda leaf: leaf["size"], default={"size": 0})
    outside = fill("Somebody outside has confirmed this log below leaf {size}: {name} ({type}),"
                   " received {t_srv}.", top)
    if any(leaf.index >= top["size"] for leaf in b.records):
        outside = "STALE. Nobody outside has confirmed the newest records. " + outside
    if not anchors:
        outside = ("UNANCHORED. Nobody outside has confirmed this log: whoever controls the server"
                   " could have replaced all of it.")
    found = "%s (removed: %d, streams that pictures were made from: %d), %d bytes" % (
        many(len(b.records), "record", "records"), len(b.records) - len(here), asked["streams"],
        sum(x["len"] for x in here))
    yield TOP
    yield "<h1>%s</h1>\n<p class=\"big\">%s</p>\n" % (title, outside)
    yield "<h2>1. What was asked for</h2>\n<table>\n%s</table>\n" % (
        row("Asked for", title) + row("Found", found) + row("Exported", fill(
            "{at}, {by}", asked)) + row("Plant", fill("{site}", asked)) + row("Log", fill(
                "{origin}, {size} leaves", asked)) + row("Root key", show("", b.root_text)))
    yield "<h2>2. Removals</h2>\n" + said(sorted(b.of("delete", "deleted"), key=lambda x: (
        x.get("policy") != -1, x.index)))
    yield "<h2>3. Completeness of checks</h2>\n" + table("Check|Leaves|State", [row(
        show("", check), str(count), fill("closed {t_srv} by {actor} {verdict}: {reason}", close)
        if close else "OPEN: what is missing at its end cannot be seen")
        for check, (count, close) in sorted(b.checks.items())])
    yield "<h2>4. Records</h2>\n" + ("" if b.records else "<p>None.</p>\n")
    for count, leaf in enumerate(sorted(b.records, key=lambda x: (x["t"], x.index)), 1):
        yield record_part(b, count, leaf)
    yield "<h2>5. Who looked at them</h2>\n" + table("When|Who|What|On|From|Times|Refused", [row(*(
        fill(form, x) for form in ("{t} {to}", "{who} ({kind})", "{what}", "{on}", "{peer}",
                                   "{count}", "{refused}"))) for x in b.custody])
    yield "<h2>6. What bears on them</h2>\n" + said(b.of(*set(SAYS) - {
        "link", "unlink", "delete", "deleted"}))
    yield END


def record_of(b, file):
    """The record that a file is about, as far as can be told while something is wrong."""
    number = re.search(r"/([0-9]{10,})\.", file or "")
    for folder in ("records", "facts", "chain"):
        name = "proof/%s/%s.leaf" % (folder, number[1]) if number else ""
        if name in b.files:
            try:
                leaf = json.loads(b.read(name).decode())
                return leaf.get("target") or leaf["id"]
            except Exception:
                return "leaf %d" % int(number[1])
    return None


def bracket(b, leaf):
    """Outside times that a leaf lies between: it was not yet there, and it was there."""
    trusted = [x for x in b.anchors if x.trusted]
    before = [x.time for x in trusted if x.leaf < leaf.index]
    return max(before, default=None), min((x.time for x in trusted if x.size > leaf.index),
                                          default=None)


def moment(seconds):
    return None if seconds is None else datetime.utcfromtimestamp(seconds).isoformat() + "Z"


def clocks(b):
    """Records whose own time does not lie between the outside times; some seconds are nothing."""
    for leaf in b.records:
        before, after = bracket(b, leaf)
        if before is not None and leaf["t_srv"] < moment(before - 5):
            yield "BACK-DATED? Record %s says %s, and was not there yet at %s." % (
                leaf["id"], leaf["t_srv"], moment(before))
        if after is not None and leaf["t_srv"] > moment(after + 5):
            yield "A WRONG CLOCK? Record %s says %s, and was there at %s." % (
                leaf["id"], leaf["t_srv"], moment(after))


def for_programs(b, code):
    """Everything that was found out, as JSON."""
    removals = [{key: x.get(key) for key in (
        "target", "policy", "what", "actors", "rule", "reason")} for x in b.of("delete")]
    yield json.dumps(dict(
        verdict=VERDICTS[code], code=code, origin=b.origin, size=b.size, root_key=b.root_text,
        findings=[dict(words=x.words, file=x.file, record=record_of(b, x.file), first=x.start,
                       last=x.end) for x in b.findings],
        asked=b.selection,
        records=[dict(id=leaf["id"], index=leaf.index, file=b.payload(leaf), here=b.payload(
            leaf) in b.files, not_before=moment(bracket(b, leaf)[0]),
            not_after=moment(bracket(b, leaf)[1])) for leaf in b.records],
        removals=removals,
        checks=[dict(check=check, leaves=count, closed=close is not None)
                for check, (count, close) in sorted(b.checks.items())],
        anchors=[dict(file=x.file, size=x.size, time=moment(x.time), trusted=x.trusted)
                 for x in b.anchors],
        notes=b.notes + list(clocks(b))), indent=1, ensure_ascii=False)


def for_people(b, code):
    """The verdict first, then what is wrong, what went, what holds, what is missing."""
    yield VERDICTS[code] + (": SOMETHING IS WRONG WITH THIS BUNDLE" if code == 1 else "")
    for x in b.findings:
        record = record_of(b, x.file)
        yield "  %s: %s%s%s" % (x.file, x.words, ", bytes %d to %d" % (x.start, x.end) if x.start
                                is not None else "", ", record " + record if record else "")
    if b.selection:
        yield "%s\n  exported %s" % (html.unescape(asked_words(b.selection)), html.unescape(fill(
            "{at} by {by}; {site}; {origin}, {size} leaves", b.selection)))
    for leaf in sorted(b.of("delete"), key=lambda x: (x.get("policy") != -1, x.index)):
        form = SAYS["early" if leaf.get("policy") == -1 else "delete"]
        yield "  " + html.unescape(fill(form, leaf))
    if code == 1:
        return
    here = [leaf for leaf in b.records if b.payload(leaf) in b.files]
    yield "\nWhat holds:"
    yield "  %s, each in the signed log; %d with exactly the bytes recorded, %d bytes" % (
        many(len(b.records), "record", "records"), len(here), sum(leaf["len"] for leaf in here))
    if len(here) < len(b.records):
        yield "  %d removed, each by a rule that stood or by two people, and under no hold" % (
            len(b.records) - len(here))
    for check, (count, close) in sorted(b.checks.items()):
        leaves = many(count, "leaf", "leaves")
        yield "  check %s: %s" % (check, "closed, and all of it is here, %s" % leaves if close
                                  else "%s without a gap; it is OPEN" % leaves)
    for x in b.anchors:
        yield "  below leaf %d confirmed by %s%s%s" % (
            x.size, x.file, " at " + moment(x.time) if x.time else "", "" if x.trusted else
            ", BUT BY NOBODY WHOM YOU NAMED: see --trust-tsa and --witness")
    notes = b.notes + list(clocks(b))
    yield "\nWhat is missing:" if code or notes else "\nNothing is missing."
    yield from ("  " + note for note in notes)
    if code == 2:
        yield "  The root key, from outside of this bundle: --root. This log was begun under"
        yield "    " + b.root_text
    if code and not any(x.trusted for x in b.anchors):
        yield "  UNANCHORED: nobody outside vouches that this log is the one that was kept then."
    elif code:
        yield "  STALE: nobody outside vouches for the newest records yet."
    yield "\nLimits:"
    yield from ("  - " + limit for limit in LIMITS)
