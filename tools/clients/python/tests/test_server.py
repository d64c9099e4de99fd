import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest
from typing import Any, Dict, Sequence

import proofreel
from proofreel import Broken, CameraError, Client, NotFound, ServerError, UnknownOutcome

BINARY = os.environ.get("PROOFREEL_BINARY", "")
GUIDE = pathlib.Path(__file__).resolve().parents[4] / "docs" / "clients.md"


class Server:
    """The built program on a log of its own, over the owner's socket."""

    def __init__(self, data: str, more: Sequence[str] = ()) -> None:
        # The demo fills new logs only.
        demo = [] if os.path.exists(data) else ["--demo"]
        self.address = data + "/wire.sock"
        self.process = subprocess.Popen(
            [BINARY, "serve", "--data", data, "--no-usb"] + demo + list(more),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert self.process.stdout is not None
        said = b""
        for line in self.process.stdout:
            said += line
            if line.startswith(b"ready;"):
                self.said = said.decode("utf-8")
                return
        self.process.stdout.close()
        self.process.wait()
        raise AssertionError("serve ended: " + said.decode("utf-8", "replace"))

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.stdout is not None
        self.process.stdout.read()
        self.process.stdout.close()
        self.process.wait()


@unittest.skipUnless(BINARY, "SKIPPED LOUDLY: PROOFREEL_BINARY names no built program")
class ServerTests(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.data = folder.name + "/reel"
        self.server = Server(self.data)
        self.addCleanup(lambda: self.server.end())
        self.client = Client(self.server.address, user="ann")
        self.addCleanup(self.client.close)

    def test_the_guide_holds(self) -> None:
        text = GUIDE.read_text(encoding="utf-8")
        blocks = re.findall(r"```python\n(.*?)```", text, re.S)
        runs = [block for block in blocks if "host:port" not in block]
        self.assertGreater(len(runs), 8)
        scope = {
            "address": self.server.address, "camera": self.camera(),
        }  # type: Dict[str, Any]
        for block in runs:
            exec(compile(block, "clients.md", "exec"), scope)
            self.addCleanup(scope["client"].close)

    def camera(self) -> str:
        # The demo's cameras are named by the server itself.
        with self.assertRaises(NotFound) as caught:
            self.client.snap("nobody", check="QA/0")
        names = caught.exception.sentence.split("there are: ")[1]
        name = names.split(",")[0].strip()
        # A demo camera comes up beside the server, and says until then that it has no frame.
        for _ in range(300):
            try:
                self.client.snap(name, check="QA/0")
                return name
            except CameraError:
                time.sleep(0.1)
        raise AssertionError("camera %s never had a frame" % name)

    def test_bodies_larger_than_every_window_go_both_ways(self) -> None:
        data = b"\xff\xd8" + os.urandom(5 << 20)
        record = self.client.put(data, check="QA/big")
        picture = self.client.get(id=record["id"])
        self.assertTrue(picture.verified)
        self.assertEqual(picture.bytes, data)
        part = self.client.get(id=record["id"], offset=100, size=50)
        self.assertEqual((part.bytes, part.verified), (data[100:150], False))

    def test_pages_follow_each_other(self) -> None:
        ids = [self.client.put(b"\xff\xd8%d" % i, check="QA/p")["id"] for i in range(7)]
        found = [r["id"] for r in self.client.find(check="QA/p", oldest=True, page=3)]
        self.assertEqual(found, ids)
        brief = [r.id for r in self.client.find_brief(check="QA/p", page=2, limit=5)]
        self.assertEqual(brief, ids[::-1][:5])

    def test_a_request_id_stores_once(self) -> None:
        first = self.client.put(b"\xff\xd8a", check="QA/r", request_id="r1")
        again = self.client.put(b"\xff\xd8a", check="QA/r", request_id="r1")
        self.assertEqual(first["id"], again["id"])

    def test_errors_leave_the_connection_as_it_was(self) -> None:
        self.client.status()
        session = self.client._session
        with self.assertRaises(NotFound) as caught:
            self.client.get(check="QA/none")
        self.assertEqual(caught.exception.word, "not-found")
        with self.assertRaises(ServerError):
            self.client.put(b"\xff\xd8")
        self.client.status()
        self.assertIs(self.client._session, session)

    def test_a_server_that_comes_back_is_found_again(self) -> None:
        kept = self.client.put(b"\xff\xd8a", check="QA/back")
        self.server.end()
        self.server = Server(self.data)
        self.assertEqual(self.client.get(check="QA/back").id, kept["id"])

    def test_what_must_not_be_repeated_is_not(self) -> None:
        kept = self.client.put(b"\xff\xd8a", check="QA/once")
        session = self.client._session
        assert session is not None
        session._socket.shutdown(1)
        session.is_usable = lambda: True  # type: ignore[method-assign]
        with self.assertRaises(UnknownOutcome):
            self.client.link(kept["id"], ["check=QA/twice"])
        self.assertEqual(self.client.show(kept["id"])["id"], kept["id"])

    def test_a_child_speaks_on_its_own_connection(self) -> None:
        self.client.status()
        child = os.fork()
        if child == 0:
            try:
                os._exit(0 if self.client.checkpoint() else 2)
            except BaseException:
                os._exit(1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        self.client.status()


class AddressTests(unittest.TestCase):
    def test_nobody_there_is_said(self) -> None:
        with self.assertRaisesRegex(Broken, "there is no server"):
            proofreel.session.Session(
                proofreel.session.Address.parse("/nowhere/wire.sock"),
                proofreel.session.Login(), proofreel.tls.Trust(), True, 1)

    def test_a_secret_never_leaves_the_machine_in_the_clear(self) -> None:
        with self.assertRaisesRegex(ValueError, "loopback"):
            Client("reel.example:7447", token="x", tls=False)


if __name__ == "__main__":
    unittest.main()
