import random
import socket
import threading
import unittest
from typing import Iterable, Iterator, List
from unittest import mock

from proofreel import session
from proofreel.errors import ProofreelError
from proofreel.session import Address, Answer, Login, Session
from proofreel.tls import Trust
from proofreel.wire import Fields, Key, Operation, Type, frame

WELCOME = Fields().add(Key.VERSION, 1).add(Key.METHOD, "owner").add(Key.WINDOW, 1 << 20)
SAID = [
    frame(Type.WELCOME, WELCOME.encode()),
    frame(Type.ADMITTED, Fields().add(Key.NAME, "ann").add(Key.RIGHT, "read").encode()),
    frame(Type.PING, b"1234"),
    frame(0x13, b"of another stream", 0, 77),
    b"\0\0\0\3\x7e\0\0\0\0\0\0\x09abc",
    frame(Type.ITEM, Fields().add(Key.DOCUMENT, '{"id":"é"}').encode(), 0x32, 1),
    frame(Type.CREDIT, b"\0\0\1\0", 0, 1),
    frame(Type.ITEM, Fields().add(Key.DOCUMENT, "{}").encode(), 0x32, 1),
    frame(Type.REPLY, Fields().add(Key.COUNT, 2).add(Key.SIZE, 6).encode(), 0x32, 1),
    frame(Type.DATA, b"abc", 0, 1),
    frame(Type.DATA, b"def", 0, 1, True),
]
WHOLE = b"".join(SAID)


def cut(data: bytes, sizes: Iterator[int]) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        count = max(1, next(sizes))
        yield data[at:at + count]
        at += count


def conversation(pieces: Iterable[bytes]) -> List[bytes]:
    """What a session makes of a server that says this, whatever it is asked."""
    ours, theirs = socket.socketpair()
    ours.settimeout(20)

    def say() -> None:
        try:
            for piece in pieces:
                theirs.sendall(piece)
            theirs.shutdown(socket.SHUT_WR)
            while theirs.recv(65536):
                pass
        except OSError:
            pass

    thread = threading.Thread(target=say)
    thread.start()
    body = []  # type: List[bytes]
    try:
        with mock.patch.object(session, "_connect", return_value=ours):
            made = Session(Address("/x"), Login(), Trust(), True, 20)
        answer = made.request(
            Operation.FIND, Fields(), sink=lambda reply, piece: body.append(piece))
        return [_told(answer), b"".join(body)]
    finally:
        ours.close()
        thread.join()
        theirs.close()


def _told(answer: Answer) -> bytes:
    return b"|".join(part.encode() for part in answer.items + [answer.reply])


class SessionTests(unittest.TestCase):
    """Answers that come in drips, all at once, cut off or spoilt."""

    def test_however_an_answer_is_cut_it_is_the_same(self) -> None:
        whole = conversation([WHOLE])
        self.assertEqual(whole[1], b"abcdef")
        for size in (1, 2, 3, 7, 11, 12, 13, 64):
            self.assertEqual(conversation(cut(WHOLE, iter(lambda: size, None))), whole)
        source = random.Random(7)
        for _ in range(20):
            sizes = iter(lambda: source.randrange(1, 40), None)
            self.assertEqual(conversation(cut(WHOLE, sizes)), whole)

    def test_an_answer_that_is_cut_off_is_an_error_never_a_part(self) -> None:
        for end in range(len(WHOLE)):
            with self.assertRaises(ProofreelError, msg=str(end)):
                conversation([WHOLE[:end]])

    def test_a_flipped_bit_ends_in_an_answer_or_in_an_error_of_ours(self) -> None:
        errors = 0
        for bit in range(len(WHOLE) * 8):
            spoilt = bytearray(WHOLE)
            spoilt[bit // 8] ^= 1 << bit % 8
            try:
                conversation([bytes(spoilt)])
            except ProofreelError:
                errors += 1
        self.assertGreater(errors, 500)

    def test_garbage_is_an_error_of_ours(self) -> None:
        source = random.Random(11)
        for _ in range(300):
            data = bytes(source.randrange(256) for _ in range(source.randrange(1, 200)))
            with self.assertRaises(ProofreelError):
                conversation([SAID[0] + SAID[1] + data])


if __name__ == "__main__":
    unittest.main()
