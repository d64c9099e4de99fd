import unittest

from proofreel.errors import CameraError, LoginError, ServerError, server_error
from proofreel.wire import Fields, Header, Key, Malformed, Type, frame


class WireTests(unittest.TestCase):
    def test_a_frame_has_these_bytes(self) -> None:
        self.assertEqual(
            frame(Type.REQUEST, b"ab", 0x31, 7, True).hex(),
            "00000002" "10010031" "00000007" "6162")

    def test_a_header_comes_back_as_it_went(self) -> None:
        data = frame(Type.DATA, b"x" * 9, 3, 5, True)
        self.assertEqual(Header.decode(data[:12]), Header(9, Type.DATA, True, 3, 5))

    def test_a_frame_beyond_its_limit_is_refused(self) -> None:
        with self.assertRaises(Malformed):
            Header.decode(b"\x7f\xff\xff\xff" + frame(Type.DATA)[4:])
        with self.assertRaises(Malformed):
            frame(Type.REQUEST, bytes(65537))

    def test_fields_come_back_as_they_went(self) -> None:
        made = Fields().add(Key.LINK, "a=ü").add(Key.LINK, "b=c").add(Key.AT, -2)
        made.flag(Key.OLDEST, True).flag(Key.STREAMS, False).add(Key.SASL, b"\0").add(Key.ID, None)
        read = Fields.decode(made.encode())
        self.assertEqual(read.texts(Key.LINK), ["a=ü", "b=c"])
        self.assertEqual(read.int(Key.AT), -2)
        self.assertTrue(read.has(Key.OLDEST))
        self.assertFalse(read.has(Key.STREAMS))
        self.assertIsNone(read.text(Key.ID))

    def test_fields_cut_at_any_byte_are_refused_or_fewer(self) -> None:
        whole = Fields().add(Key.ID, "abc").add(Key.AT, 5).encode()
        for end in range(len(whole)):
            if end in (0, 7):
                self.assertLess(len(Fields.decode(whole[:end]).pairs), 2)
            else:
                with self.assertRaises(Malformed):
                    Fields.decode(whole[:end])

    def test_errors_are_typed_by_their_word(self) -> None:
        body = Fields().add(Key.WORD, "gap").add(Key.WORDS, "away").add(Key.RETRY_MS, 5)
        error = server_error(69, body.add(Key.DETAILS, '{"from":"x"}').encode())
        self.assertIsInstance(error, CameraError)
        self.assertEqual((error.word, error.sentence, error.retry_ms), ("gap", "away", 5))
        self.assertEqual(error.details, {"from": "x"})
        body = Fields().add(Key.WORD, "locked-out")
        self.assertIsInstance(server_error(18, body.encode()), LoginError)
        self.assertIs(type(server_error(999, b"")), ServerError)


if __name__ == "__main__":
    unittest.main()
