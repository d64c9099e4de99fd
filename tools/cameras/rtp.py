"""RTP payloads (RFC 6184, 7798, 2435) and RTCP sender reports (RFC 3550)."""

import struct

SECONDS_1900_TO_1970 = 2208988800


def packets(codec, units, largest):
    """The payloads of one picture, each with its marker bit."""
    if codec == "mjpeg":
        payloads = jpeg_payloads(units[0], largest)
    else:
        cut = h264_payloads if codec == "h264" else h265_payloads
        payloads = [payload for unit in units for payload in cut(unit, largest)]
    return [(int(i == len(payloads) - 1), payload) for i, payload in enumerate(payloads)]


def fragments(data, largest):
    """Pieces with (is first, is last)."""
    for start in range(0, len(data), largest):
        piece = data[start : start + largest]
        yield piece, start == 0, start + largest >= len(data)


def h264_payloads(unit, largest):
    if len(unit) <= largest:
        return [unit]
    indicator, kind = unit[0] & 0xE0 | 28, unit[0] & 31
    return [
        bytes([indicator, first << 7 | last << 6 | kind]) + piece
        for piece, first, last in fragments(unit[1:], largest - 2)
    ]


def h265_payloads(unit, largest):
    if len(unit) <= largest:
        return [unit]
    head, kind = bytes([unit[0] & 0x81 | 49 << 1, unit[1]]), unit[0] >> 1 & 63
    return [
        head + bytes([first << 7 | last << 6 | kind]) + piece
        for piece, first, last in fragments(unit[2:], largest - 3)
    ]


def jpeg_payloads(data, largest):
    """Baseline JPEG with the usual Huffman tables, 4:2:0 or 4:2:2, at most 2040 pixels a side."""
    tables, at = b"", 2
    while True:
        marker, length = data[at + 1], struct.unpack_from(">H", data, at + 2)[0]
        body = data[at + 4 : at + 2 + length]
        at += 2 + length
        if marker == 0xDB:
            while body:
                tables, body = tables + body[1:65], body[65:]
        elif marker == 0xC0:
            height, width, sampling = *struct.unpack_from(">HH", body, 1), body[7]
        elif marker == 0xDA:
            break
    kind = 1 if sampling == 0x22 else 0
    if len(tables) == 64:
        tables += tables  # one table for all planes; RFC 2435 wants two
    scan = data[at:].removesuffix(b"\xff\xd9")
    payloads, offset = [], 0
    for piece, first, _ in fragments(scan, largest - 140):
        header = struct.pack(">I", offset) + bytes([kind, 255, width // 8, height // 8])
        if first:
            header += struct.pack(">BBH", 0, 0, len(tables)) + tables
        payloads.append(header + piece)
        offset += len(piece)
    return payloads


def sender_report(source, clock, stamp):
    """Says that RTP time `stamp` was `clock` (seconds since 1970)."""
    whole = int(clock)
    fraction = int((clock - whole) * (1 << 32)) & 0xFFFFFFFF
    return struct.pack(
        ">BBHIIIIII", 0x80, 200, 6, source, whole + SECONDS_1900_TO_1970 & 0xFFFFFFFF, fraction,
        stamp, 0, 0)
