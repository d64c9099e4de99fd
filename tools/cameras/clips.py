"""What the camera shows: clips for RTSP and pictures for HTTP."""

import base64
import struct

# 64x48, grey; the number of the picture goes into a comment, so that each one differs.
SMALL_JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAgAAAQABAAD//gAQTGF2YzU5LjM3LjEwMAD/2wBDAAgoKC8oLzc3Nzc3N0E8QUNDQ0FBQUFD"
    "Q0NISEhVVVVISEhDQ0hIUFBVVVxfXFdXVVdfX2RkZHh4c3OMjJGsrM//xAGiAAABBQEBAQEBAQAAAAAAAAAAAQID"
    "BAUGBwgJCgsBAAMBAQEBAQEBAQEAAAAAAAABAgMEBQYHCAkKCxAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEG"
    "E1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZn"
    "aGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi"
    "4+Tl5ufo6erx8vP09fb3+Pn6EQACAQIEBAMEBwUEBAABAncAAQIDEQQFITEGEkFRB2FxEyIygQgUQpGhscEJIzNS"
    "8BVictEKFiQ04SXxFxgZGiYnKCkqNTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqCg4SFhoeI"
    "iYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2dri4+Tl5ufo6ery8/T19vf4+fr/"
    "wAARCAAwAEADASIAAhEAAxEA/9oADAMBAAIRAxEAPwC4K1BWOK1RQBsCtQVjitQUAbIrUFY4rUFAGjRSUtAHgorU"
    "FZNaQoA2BWqKxhWqKANgVqCscVqigDVp9RCpaAPAa0BWdV0UAbArVFY4rUFAGwK1RWOK1BQBsCrFUxVygD//2Q=="
)


def picture(number):
    """The built-in picture with `picture N` in a comment segment."""
    text = b"picture %d" % number
    return SMALL_JPEG[:2] + b"\xff\xfe" + struct.pack(">H", len(text) + 2) + text + SMALL_JPEG[2:]


def read_pictures(path):
    """JPEG pictures, one after the other."""
    with open(path, "rb") as file:
        data = file.read()
    starts = [0]
    while (found := data.find(b"\xff\xd9\xff\xd8", starts[-1])) >= 0:
        starts.append(found + 2)
    return [data[a:b] for a, b in zip(starts, starts[1:] + [len(data)])]


class Frame:
    """One picture of a clip: its NAL units, or one JPEG; `time` in ticks of 90 kHz."""

    def __init__(self, units, time, key):
        self.units, self.time, self.key = units, time, key


class Clip:
    """`codec`: h264, h265 or mjpeg. `frames` in the order of decoding."""

    def __init__(self, codec, frames, ticks):
        self.codec, self.frames, self.ticks = codec, frames, ticks
        self.length = len(frames) * ticks

    @classmethod
    def read(cls, path, fps):
        """`.clip`: as tests write it, with presentation times. `.h264`, `.h265`: Annex B without
        B-frames. `.mjpeg`: JPEG pictures."""
        ticks = round(90000 / fps)
        with open(path, "rb") as file:
            data = file.read()
        if data[:4] == b"CLIP":
            return cls.parse(data, ticks)
        if path.endswith(".mjpeg"):
            pictures = read_pictures(path)
            return cls("mjpeg", [Frame([p], n * ticks, True) for n, p in enumerate(pictures)], ticks)
        codec = "h265" if path.endswith((".h265", ".hevc")) else "h264"
        frames = []
        for units in access_units(codec, nal_units(data)):
            key = any(is_key(codec, unit) for unit in units)
            frames.append(Frame(units, len(frames) * ticks, key))
        return cls(codec, frames, ticks)

    @classmethod
    def parse(cls, data, ticks):
        """`CLIP`, the codec in 5 bytes, then for each frame: length, time in microseconds as signed
        64 bit, 1 if key, and the bytes (Annex B, or a JPEG)."""
        codec = data[4:9].decode().strip()
        frames, at = [], 9
        while at < len(data):
            length, time, key = struct.unpack_from(">Iqb", data, at)
            body = data[at + 13 : at + 13 + length]
            at += 13 + length
            units = [body] if codec == "mjpeg" else nal_units(body)
            frames.append(Frame(units, time * 9 // 100, bool(key)))
        return cls(codec, frames, ticks)

    def parameter_sets(self):
        kinds = (7, 8) if self.codec == "h264" else (32, 33, 34)
        found = {}
        for frame in self.frames:
            for unit in frame.units:
                kind = nal_type(self.codec, unit)
                if kind in kinds:
                    found.setdefault(kind, unit)
        return [found[kind] for kind in kinds if kind in found]

    def sdp(self, with_sets=True):
        if self.codec == "mjpeg":
            return ["m=video 0 RTP/AVP 26", "a=rtpmap:26 JPEG/90000"]
        sets = [base64.b64encode(unit).decode() for unit in self.parameter_sets()]
        lines = ["m=video 0 RTP/AVP 96"]
        if self.codec == "h264":
            lines.append("a=rtpmap:96 H264/90000")
            sprop = ";sprop-parameter-sets=" + ",".join(sets) if with_sets else ""
            lines.append("a=fmtp:96 packetization-mode=1" + sprop)
        else:
            lines.append("a=rtpmap:96 H265/90000")
            if with_sets:
                names = ("vps", "sps", "pps")
                text = "; ".join(f"sprop-{n}={s}" for n, s in zip(names, sets))
                lines.append("a=fmtp:96 " + text)
        return lines


def nal_type(codec, unit):
    return unit[0] & 31 if codec == "h264" else unit[0] >> 1 & 63


def is_key(codec, unit):
    kind = nal_type(codec, unit)
    return kind == 5 if codec == "h264" else 16 <= kind <= 21


def nal_units(data):
    """The NAL units of Annex B bytes."""
    units = []
    start = data.find(b"\0\0\1")
    while start >= 0:
        start += 3
        end = data.find(b"\0\0\1", start)
        unit = (data[start:end] if end >= 0 else data[start:]).rstrip(b"\0")
        if unit:
            units.append(unit)
        start = end
    return units


def access_units(codec, units):
    """Cuts a stream where a slice says that it is the first of its picture."""
    frames, current, has_slice = [], [], False
    for unit in units:
        kind = nal_type(codec, unit)
        if codec == "h264":
            is_slice, first = kind in (1, 5), len(unit) > 1 and unit[1] & 0x80
        else:
            is_slice, first = kind < 32, len(unit) > 2 and unit[2] & 0x80
        suffix = codec == "h265" and kind == 40
        if has_slice and not suffix and (first or not is_slice):
            frames.append(current)
            current, has_slice = [], False
        current.append(unit)
        has_slice = has_slice or is_slice
    return frames + [current] if has_slice else frames
