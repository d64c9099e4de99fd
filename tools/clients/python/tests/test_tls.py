import hashlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest

from proofreel.errors import Unfit, Untrusted
from proofreel.tls import PROTOCOL, Trust, fingerprint, public_key, secure


@unittest.skipUnless(shutil.which("openssl"), "SKIPPED LOUDLY: there is no openssl to make keys")
class TlsTests(unittest.TestCase):
    """A pinned key against a server of the standard library, and OpenSSL's word for the key."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.cert, self.key = folder.name + "/cert", folder.name + "/key"
        self.run_openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", self.key, "-out", self.cert, "-days", "2", "-subj", "/CN=reel",
            "-addext", "subjectAltName=DNS:localhost")
        with open(self.cert) as file:
            self.der = ssl.PEM_cert_to_DER_cert(file.read())

    def run_openssl(self, *arguments: str, data: bytes = b"") -> bytes:
        return subprocess.run(
            ["openssl"] + list(arguments), input=data, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, check=True).stdout

    def connect(self, trust: Trust, protocol: str = PROTOCOL) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)
        context.set_alpn_protocols([protocol])
        ours, theirs = socket.socketpair()

        def serve() -> None:
            try:
                context.wrap_socket(theirs, server_side=True).close()
            except OSError:
                theirs.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            ours.settimeout(20)
            secure(ours, "localhost", trust).close()
        finally:
            ours.close()
            thread.join()

    def test_the_key_is_cut_out_as_openssl_does(self) -> None:
        pem = self.run_openssl("x509", "-in", self.cert, "-pubkey", "-noout")
        der = self.run_openssl("pkey", "-pubin", "-outform", "DER", data=pem)
        self.assertEqual(public_key(self.der), der)

    def test_a_certificate_cut_anywhere_is_refused(self) -> None:
        for end in range(len(self.der)):
            with self.assertRaises(Unfit):
                public_key(self.der[:end])

    def test_the_pinned_key_is_let_in_however_it_is_written(self) -> None:
        self.connect(Trust(fingerprint(self.der)))
        self.connect(Trust(hashlib.sha256(public_key(self.der)).hexdigest()))
        self.connect(Trust(ca=self.cert))

    def test_another_key_is_refused_with_words(self) -> None:
        with self.assertRaisesRegex(Untrusted, "not the one that was pinned"):
            self.connect(Trust("SHA256:" + "A" * 43))

    def test_nobody_is_trusted_unasked(self) -> None:
        with self.assertRaises(Untrusted):
            self.connect(Trust())

    def test_another_protocol_is_refused(self) -> None:
        with self.assertRaisesRegex(Untrusted, "does not speak"):
            self.connect(Trust(fingerprint(self.der)), "http/1.1")


if __name__ == "__main__":
    unittest.main()
