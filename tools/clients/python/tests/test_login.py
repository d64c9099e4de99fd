import hashlib
import re
import shutil
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
from typing import Dict, List

from proofreel import Broken, Client, LoginError, ServerError, Untrusted
from proofreel.tls import public_key

from .test_server import BINARY, Server


@unittest.skipUnless(BINARY, "SKIPPED LOUDLY: PROOFREEL_BINARY names no built program")
class LoginTests(unittest.TestCase):
    """People, machines and tokens over TLS, against the built program."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.server = Server(self.folder + "/reel", ["--listen", "127.0.0.1:0"])
        self.addCleanup(lambda: self.server.end())
        self.owner = Client(self.server.address, user="ann")
        self.addCleanup(self.owner.close)
        found = re.search(r"(127\.0\.0\.1:\d+), with TLS", self.server.said)
        pinned = re.search(r"SHA256:\S+", self.server.said)
        assert found is not None and pinned is not None, self.server.said
        self.address, self.pin = found.group(1), pinned.group(0)

    def log_in(self, user: str, password: str) -> Client:
        client = Client(self.address, user=user, password=password, fingerprint=self.pin)
        self.addCleanup(client.close)
        return client

    def test_a_person_changes_the_first_password_and_comes_back(self) -> None:
        first = self.owner.add_user("carol", ["auditor"])["password"]
        client = self.log_in("carol", first)
        with self.assertRaises(ServerError):
            client.status()
        client.set_password("a long one of her own")
        client = self.log_in("carol", "a long one of her own")
        self.assertIn("size", client.status())
        with self.assertRaises(LoginError) as caught:
            self.log_in("carol", first).status()
        self.assertEqual(caught.exception.word, "wrong-credentials")
        self.owner.remove_user("carol")
        with self.assertRaises(LoginError):
            client.status()
        kinds = [entry["what"] for entry in self.owner.audit(who="carol", refused=True)]
        self.assertIn("log-in", kinds)

    def test_another_key_gets_no_secret(self) -> None:
        with self.assertRaises(Untrusted):
            Client(self.address, user="carol", password="x", fingerprint="SHA256:" + "A" * 43) \
                .status()

    @unittest.skipUnless(shutil.which("openssl"), "SKIPPED LOUDLY: no openssl to make keys")
    def test_a_machine_is_known_by_its_key(self) -> None:
        paths = {}  # type: Dict[str, List[str]]
        for name in ("press", "stranger"):
            cert, key = self.folder + "/" + name + ".pem", self.folder + "/" + name + ".key"
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
                 "-subj", "/CN=" + name], check=True, stderr=subprocess.DEVNULL)
            paths[name] = [cert, key]
        with open(paths["press"][0]) as file:
            der = ssl.PEM_cert_to_DER_cert(file.read())
        self.owner.add_machine("press", hashlib.sha256(public_key(der)).digest(), ["gateway"])
        self.assertEqual([one["name"] for one in self.owner.machines()], ["press"])
        clients = [
            Client(self.address, certificate=cert, key=key, fingerprint=self.pin)
            for cert, key in paths.values()]
        record = clients[0].put(b"\xff\xd8 a picture", check="QA/1")
        self.assertEqual(record["actor"], "machine:press")
        with self.assertRaises(LoginError):
            clients[1].checkpoint()
        self.owner.remove_machine("press")
        with self.assertRaises(LoginError):
            clients[0].put(b"\xff\xd8 another", check="QA/1")
        for client in clients:
            client.close()

    def test_expired_and_revoked_tokens_open_nothing_and_stand_in_the_trail(self) -> None:
        soon = int(time.time() * 1000000) + 1500000
        for name, until in (("brief", soon), ("gone", None)):
            token = self.owner.add_token(name, ["auditor"], until=until)["token"]
            client = Client(self.address, token=token, fingerprint=self.pin)
            self.addCleanup(client.close)
            self.assertIn("size", client.status())
            if until is None:
                self.owner.revoke_token(name)
            for _ in range(600):
                try:
                    client.status()
                except LoginError:
                    break
                time.sleep(0.1)
            with self.assertRaises(LoginError):
                client.status()
        refused = list(self.owner.audit(what="log-in", refused=True))
        self.assertGreaterEqual(len(refused), 2)

    def test_a_server_that_is_restarted_under_load_loses_and_doubles_nothing(self) -> None:
        acknowledged = {}  # type: Dict[str, str]
        failures = []  # type: List[BaseException]
        done = threading.Event()

        def work(number: int) -> None:
            client = Client(self.server.address, user="ann")
            try:
                count = 0
                while not done.is_set() or count < 5:
                    request = "load-%d-%d" % (number, count)
                    data = b"\xff\xd8" + request.encode()
                    try:
                        record = client.put(data, check="QA/load", request_id=request)
                    except Broken:
                        # It gave up before the server was back; the same request goes on.
                        continue
                    acknowledged[request] = record["id"]
                    count += 1
            except BaseException as error:
                failures.append(error)
            finally:
                client.close()

        threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
        for thread in threads:
            thread.start()
        for _ in range(3):
            before = len(acknowledged)
            while len(acknowledged) < before + 30 and not failures:
                time.sleep(0.02)
            self.server.end()
            self.server = Server(self.folder + "/reel")
        done.set()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        found = {}  # type: Dict[str, str]
        for record in self.owner.find(check="QA/load", page=500):
            self.assertNotIn(record["request_id"], found, "one request, two records")
            found[record["request_id"]] = record["id"]
        # Each that was acknowledged is there, under the id that was told, and nothing else is.
        self.assertEqual(found, acknowledged)
        self.assertGreaterEqual(len(found), 90)


if __name__ == "__main__":
    unittest.main()
