import pathlib
import re
import unittest
from typing import Iterator, List, Tuple

from proofreel.wire import HEADER_BYTES, Fields, Header, Key, Malformed, Type, frame

FILE = (pathlib.Path(__file__).resolve().parents[4]
        / "Tests" / "WireProtocolTests" / "Vectors" / "protocol.txt")
#: Names that the document writes otherwise than Python would.
NAMES = {"GO_AWAY": "GOAWAY", "REQUEST_I_D": "REQUEST_ID", "RETRY_MILLISECONDS": "RETRY_MS",
         "IDLE_SECONDS": "IDLE_S"}

Lines = List[Tuple[bytes, str]]


def blocks(kind: str) -> Iterator[Tuple[str, Lines]]:
    for block in FILE.read_text(encoding="utf-8").split("\n\n"):
        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        if not lines or not lines[0].startswith(kind + ": "):
            continue
        found = []
        for line in lines[1:]:
            data, _, meaning = line.partition("  ")
            found.append((bytes.fromhex(data), meaning))
        yield lines[0], found


def constant(of: type, name: str) -> int:
    if name.startswith("0x"):
        return int(name, 16)
    word = re.sub(r"(?<!^)([A-Z])", r"_\1", name).upper()
    return int(getattr(of, NAMES.get(word, word)))


def encoded(meaning: str) -> bytes:
    name, _, value = meaning.partition(" = ")
    key = constant(Key, name)
    if 0x60 <= key <= 0x8F:
        return Fields().add(key, int(value)).encode()
    if value.startswith("0x"):
        return Fields().add(key, bytes.fromhex(value[2:])).encode()
    return Fields().add(key, value).encode()


class VectorTests(unittest.TestCase):
    """The file that the tests of the server read as well."""

    def test_frames_have_these_bytes_both_ways(self) -> None:
        seen = set()
        for title, lines in blocks("frame"):
            head, meaning = lines[0]
            words = meaning.split()
            named = dict(word.split("=") for word in words if "=" in word)
            kind = constant(Type, words[0])
            payload = b"".join(data for data, _ in lines[1:])
            wanted = Header(len(payload), kind, words[-1] == "last", int(named.get("code", "0"), 0),
                            int(named.get("stream", "0"), 0))
            self.assertEqual(Header.decode(head), wanted, title)
            if not words[0].startswith("0x"):
                seen.add(kind)
                made = frame(kind, payload, wanted.code, wanted.stream, wanted.last)
                self.assertEqual(made[:HEADER_BYTES], head, title)
            for data, meaning in lines[1:]:
                if meaning != "bytes":
                    self.assertEqual(encoded(meaning), data, meaning)
        self.assertEqual(len(seen), 15)

    def test_fields_come_back_as_the_same_bytes(self) -> None:
        count = 0
        for title, lines in blocks("fields"):
            data = b"".join(data for data, _ in lines)
            self.assertEqual(Fields.decode(data).encode(), data, title)
            for one, meaning in lines:
                self.assertEqual(encoded(meaning), one, meaning)
            count += 1
        self.assertGreater(count, 5)

    def test_what_must_be_refused_is(self) -> None:
        count = 0
        for title, lines in blocks("refused fields"):
            with self.assertRaises(Malformed, msg=title):
                Fields.decode(lines[0][0])
            count += 1
        for title, lines in blocks("refused frame"):
            with self.assertRaises(Malformed, msg=title):
                Header.decode(lines[0][0])
            count += 1
        self.assertGreater(count, 25)


if __name__ == "__main__":
    unittest.main()
