import unittest

from proofreel.errors import Untrusted
from proofreel.scram import Scram

NONCE = "rOprNGfwEbeRWgbNEkqO"
BOTH = NONCE + "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
CHALLENGE = ("r=" + BOTH + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096").encode()
FINAL = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


class ScramTests(unittest.TestCase):
    """RFC 7677, section 3, and what must be refused."""

    def setUp(self) -> None:
        self.scram = Scram("user", "pencil", NONCE)

    def test_the_exchange_of_rfc_7677(self) -> None:
        self.assertEqual(self.scram.first, ("n,,n=user,r=" + NONCE).encode())
        self.assertEqual(
            self.scram.prove(CHALLENGE),
            ("c=biws,r=" + BOTH + ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=").encode())
        self.scram.verify(FINAL)

    def test_a_server_without_the_secret_is_refused(self) -> None:
        self.scram.prove(CHALLENGE)
        for answer in (b"", b"v=", b"v=AAAA", FINAL.replace(b"6rri", b"7rri"), b"e=other-error"):
            with self.assertRaises(Untrusted):
                self.scram.verify(answer)

    def test_no_proof_is_no_proof(self) -> None:
        with self.assertRaises(Untrusted):
            self.scram.verify(b"v=")

    def test_weak_slow_and_foreign_challenges_are_refused(self) -> None:
        for wrong in (
            CHALLENGE.replace(b"4096", b"4095"), CHALLENGE.replace(b"4096", b"99999999"),
            CHALLENGE.replace(b"rOpr", b"xOpr"), CHALLENGE.replace(b"W22Z", b"W*2Z"), b"",
            ("r=" + NONCE + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096").encode(),
        ):
            with self.assertRaises(Untrusted):
                Scram("user", "pencil", NONCE).prove(wrong)

    def test_commas_in_names_are_written_otherwise(self) -> None:
        self.assertIn(b"n=a=2Cb=3D,", Scram("a,b=", "x", NONCE).first)


if __name__ == "__main__":
    unittest.main()
