import hashlib
import os
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest
import zipfile
from typing import List, Optional, Tuple

from proofreel import Broken, Bundle, CameraError, Client, LoginError, ServerError, Unfit
from proofreel.part import Part
from proofreel.streams import _live
from proofreel.wire import Fields, Key, Type

from .test_server import BINARY, Server


class Relay:
    """Between a client and a server's loopback address; cuts each connection after so many bytes
    of the server's. None: not."""

    def __init__(self, port: int) -> None:
        self.server_port = port
        self.cut_after = None  # type: Optional[int]
        self.cuts = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.server_port))
            threading.Thread(target=self._pass, args=(client, server, None), daemon=True).start()
            threading.Thread(
                target=self._pass, args=(server, client, self.cut_after), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, left: Optional[int]) -> None:
        try:
            while True:
                data = source.recv(65536)
                if left is not None:
                    data, left = data[:left], left - len(data[:left])
                if not data:
                    break
                sink.sendall(data)
                if left == 0:
                    self.cuts += 1
                    break
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        source.close()

    def close(self) -> None:
        self._listener.close()


@unittest.skipUnless(BINARY, "SKIPPED LOUDLY: PROOFREEL_BINARY names no built program")
class StreamTests(unittest.TestCase):
    """Answers that go on, against the built program."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.server = Server(self.folder + "/reel", ["--listen-plain", "127.0.0.1:0"])
        self.addCleanup(lambda: self.server.end())
        self.client = Client(self.server.address, user="ann")
        self.addCleanup(self.client.close)

    def camera(self, id: str, url: str) -> None:
        self.client.add_camera(id, url, ring_bytes=16000000)
        self.addCleanup(self.client.remove_camera, id)
        for _ in range(600):
            if self.client.camera(id)["state"] == "recording":
                return
            time.sleep(0.1)
        self.fail("%s does not record" % id)

    # Live frames

    def test_frames_of_a_camera_come_one_after_the_other(self) -> None:
        self.camera("bench", "test:mjpeg?size=320x240&fps=10")
        with self.client.live("bench") as live:
            pieces = [next(live) for _ in range(5)]
            # The client is free for other questions meanwhile.
            self.assertIn("size", self.client.status())
        for piece in pieces:
            self.assertEqual((piece.bytes[:2], piece.mime), (b"\xff\xd8", "image/jpeg"))
        numbers = [piece.sequence for piece in pieces]
        self.assertEqual(numbers, sorted(set(numbers)))
        self.assertEqual(
            [piece.instant for piece in pieces], sorted(piece.instant for piece in pieces))

    def test_a_video_camera_has_fragments_that_begin_a_film(self) -> None:
        self.camera("video", "test:h264?size=320x240&fps=10&gop=5")
        with self.assertRaises(ServerError) as caught:
            next(self.client.live("video"))
        self.assertEqual(caught.exception.word, "unsupported")
        with self.client.live("video", form="fragments") as live:
            first, second = next(live), next(live)
        self.assertEqual(first.bytes[4:8], b"ftyp")
        self.assertIn(b"moof", second.bytes[:512])

    def test_a_view_ends_when_the_right_to_it_does(self) -> None:
        self.camera("bench", "test:mjpeg?size=320x240&fps=10")
        token = self.client.add_token("screen", ["operator"])["token"]
        screen = Client(self.plain(), token=token, tls=False)
        with screen.live("bench") as live:
            next(live)
            self.client.revoke_token("screen")
            with self.assertRaises(LoginError):
                for _ in live:
                    pass

    # News

    def test_who_watches_a_check_hears_of_its_pictures_and_of_nothing_else(self) -> None:
        done = threading.Event()

        def work() -> None:
            with Client(self.server.address, user="bob") as other:
                number = 0
                while not done.is_set():
                    number += 1
                    data = b"\xff\xd8" + struct.pack(">I", number)
                    other.put(data, check="QA/other")
                    other.put(data, check="QA/watched")
                    time.sleep(0.05)

        worker = threading.Thread(target=work)
        worker.start()
        try:
            with self.client.watch(["evidence"], check="QA/watched") as news:
                told = [next(news) for _ in range(3)]
        finally:
            done.set()
            worker.join()
        for one in told:
            self.assertEqual((one.topic, one.dropped), ("evidence", 0))
            links = [link["value"] for link in one.document["links"]]
            self.assertEqual(links, ["QA/watched"])
        with self.assertRaises(ServerError):
            next(self.client.watch(["weather"]))

    # Small pictures

    def test_a_small_picture_fits_where_it_should(self) -> None:
        self.camera("bench", "test:mjpeg?size=640x480&fps=10")
        for _ in range(300):
            try:
                record = self.client.snap("bench", check="QA/small", tolerance_ms=5000)[0]
                break
            except CameraError:
                time.sleep(0.1)
        small = self.client.thumbnail(id=record["id"], width=64, height=64)
        self.assertEqual((small.width, small.height, small.camera), (64, 48, "bench"))
        self.assertEqual(small.bytes[:2], b"\xff\xd8")
        self.assertEqual(self.client.thumbnail(check="QA/small").id, record["id"])

    # Bundles

    def plain(self) -> str:
        mark = "listens at "
        for line in self.server.said.splitlines():
            if mark in line and "127.0.0.1" in line:
                return line.split(mark)[1].split(",")[0].split()[0]
        raise AssertionError(self.server.said)

    def pictures(self) -> List[str]:
        return [
            self.client.put(b"\xff\xd8" + os.urandom(400000), check="QA/out")["id"]
            for _ in range(8)]

    def verified(self, bundle: Bundle) -> None:
        note = self.folder + "/note"
        with open(note, "w", encoding="utf-8") as file:
            file.write(bundle.note)
        said = subprocess.run(
            [BINARY, "verify", bundle.path, "--root", self.client.keys()["root_key"],
             "--checkpoint", note], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(said.returncode, 0, said.stdout.decode("utf-8", "replace"))
        os.remove(note)

    def relayed(self) -> Tuple[Relay, Client]:
        relay = Relay(int(self.plain().rpartition(":")[2]))
        self.addCleanup(relay.close)
        token = self.client.add_token("auditor", ["auditor"])["token"]
        client = Client(relay.address, token=token, tls=False)
        self.addCleanup(client.close)
        return relay, client

    def test_a_bundle_goes_to_a_file_and_is_verified(self) -> None:
        ids = self.pictures()
        path = self.folder + "/out.zip"
        bundle = self.client.export(path, check="QA/out")
        self.assertEqual(bundle.size, os.path.getsize(path))
        self.assertIn(self.client.status()["origin"], bundle.note)
        self.verified(bundle)
        self.assertEqual(sorted(os.listdir(self.folder)), ["out.zip", "reel"])
        # Of named records alone.
        few = self.client.export(self.folder + "/few.zip", records=ids[:2])
        self.assertLess(few.size, bundle.size)
        self.verified(few)
        with self.assertRaises(FileExistsError):
            self.client.export(path, check="QA/out")

    def test_a_bundle_whose_connection_breaks_again_and_again_is_whole(self) -> None:
        self.pictures()
        relay, client = self.relayed()
        relay.cut_after = 700000
        path = self.folder + "/out.zip"
        bundle = client.export(path, check="QA/out")
        self.assertGreater(relay.cuts, 2)
        self.assertEqual(bundle.size, os.path.getsize(path))
        self.verified(bundle)
        with zipfile.ZipFile(path) as archive:
            self.assertIsNone(archive.testzip())

    def test_a_bundle_that_was_given_up_is_gone_on_with_by_the_same_call(self) -> None:
        self.pictures()
        relay, client = self.relayed()
        path = self.folder + "/out.zip"
        part = Part(path, Fields().add(Key.FORM, "zip").add(Key.LINK, "check=QA/out"), b"")
        with part:
            session = client._open()
            for kind, fields, data in session.follow(0x80, part.request()):
                if kind == Type.REPLY:
                    part.told(fields)
                elif kind == Type.DATA:
                    part.write(data)
                if part.size > 1000000:
                    break
            session.close()
        had = os.path.getsize(path + ".part")
        with open(path + ".part", "rb") as file:
            beginning = hashlib.sha256(file.read()).digest()
        bundle = client.export(path, check="QA/out")
        with open(path, "rb") as file:
            self.assertEqual(hashlib.sha256(file.read(had)).digest(), beginning)
        self.verified(bundle)
        self.assertEqual(sorted(os.listdir(self.folder)), ["out.zip", "reel"])

    def test_nobody_there_is_said_after_some_attempts(self) -> None:
        relay, client = self.relayed()
        relay.cut_after = 0
        with self.assertRaises(Broken):
            client.export(self.folder + "/out.zip", check="QA/out")

    # Erasure

    def test_an_early_erasure_takes_two(self) -> None:
        record = self.client.put(b"\xff\xd8 a picture", check="QA/court")
        self.assertFalse(self.client.erase(record["id"], "AZ 12/26", "court")["ordered"])
        with self.assertRaises(ServerError) as caught:
            self.client.erase(record["id"], "AZ 12/26", "court")
        self.assertEqual(caught.exception.word, "refused")
        with Client(self.server.address, user="bob") as other:
            self.assertTrue(other.erase(record["id"], "AZ 12/26", "court")["ordered"])
        self.assertEqual(self.client.show(record["id"])["removal"], "due")


class LivePieceTests(unittest.TestCase):
    def test_pieces_are_read_however_they_are_cut(self) -> None:
        whole = b""
        for number in range(3):
            head = Fields().add(Key.INSTANT, number).add(Key.SEQUENCE, number)
            head.add(Key.MIME, "image/jpeg").add(Key.SIZE, 5)
            data = head.encode()
            whole += struct.pack(">I", len(data)) + data + b"piece"
        for step in range(1, len(whole) + 1):
            cut = [whole[i:i + step] for i in range(0, len(whole), step)]
            pieces = list(_live(iter([(Type.DATA, Fields(), data) for data in cut])))
            self.assertEqual([piece.sequence for piece in pieces], [0, 1, 2])
            self.assertEqual({piece.bytes for piece in pieces}, {b"piece"})

    def test_what_is_beyond_all_limits_is_refused(self) -> None:
        huge = Fields().add(Key.SIZE, 1 << 40).encode()
        for data in (b"\xff" * 8, struct.pack(">I", len(huge)) + huge,
                     struct.pack(">I", 3) + b"abc"):
            with self.assertRaises(Unfit):
                list(_live(iter([(Type.DATA, Fields(), data)])))


if __name__ == "__main__":
    unittest.main()
