"""A bundle on its way into a file: what is there already, and what is needed to go on."""

import hashlib
import json
import os
from types import TracebackType
from typing import Optional, Type

from .errors import Unfit
from .results import Bundle
from .values import instant
from .wire import Fields, Key

_READ_BYTES = 1 << 20


class Part:
    """`PATH.part` has the bytes, `PATH.part.json` which bundle they are the beginning of."""

    def __init__(self, path: str, wish: Fields, body: bytes) -> None:
        if os.path.exists(path):
            raise FileExistsError("%s is there already; give another name, or remove it" % path)
        self._path = path
        self._wish = wish
        #: Ids of records, when it is made of them.
        self.body = body or None
        self._asked = hashlib.sha256(wish.encode() + b"\0" + body).hexdigest()
        self._note = self._name = ""
        self._instant = None  # type: Optional[int]
        self._file = open(path + ".part", "a+b")
        if not self._resume():
            self.begin_anew()

    def __enter__(self) -> "Part":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self._file.close()

    def _resume(self) -> bool:
        try:
            with open(self._path + ".part.json", encoding="utf-8") as file:
                told = json.load(file)
            if told["asked"] != self._asked:
                return False
            self._note, self._name = str(told["note"]), str(told["name"])
            self._instant = int(told["instant"])
        except (OSError, ValueError, KeyError, TypeError):
            return False
        self._hash = hashlib.sha256()
        self._file.seek(0)
        self.size = 0
        while True:
            piece = self._file.read(_READ_BYTES)
            if not piece:
                return self.size > 0
            self._hash.update(piece)
            self.size += len(piece)

    def begin_anew(self) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._hash = hashlib.sha256()
        self.size = 0

    def request(self) -> Fields:
        """For the whole, or for what follows the bytes that are there."""
        fields = Fields(self._wish.pairs)
        if self.size == 0:
            return fields
        fields.add(Key.NOTE, self._note).add(Key.INSTANT, self._instant)
        return fields.add(Key.OFFSET, self.size).add(Key.SHA256, self._hash.digest())

    def told(self, reply: Fields) -> None:
        """The server begins to send."""
        if (reply.int(Key.OFFSET) or 0) != self.size:
            raise Unfit("the server goes on at another byte than it was asked for")
        self._note, self._name = reply.text(Key.NOTE) or "", reply.text(Key.NAME) or ""
        self._instant = reply.int(Key.INSTANT)
        if self.size == 0:
            with open(self._path + ".part.json", "w", encoding="utf-8") as file:
                json.dump({
                    "asked": self._asked, "note": self._note, "name": self._name,
                    "instant": self._instant,
                }, file)

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._hash.update(data)
        self.size += len(data)

    def finish(self) -> Bundle:
        self._file.flush()
        os.fsync(self._file.fileno())
        os.replace(self._path + ".part", self._path)
        os.remove(self._path + ".part.json")
        when = None if self._instant is None else instant(self._instant)
        return Bundle(self._path, self._name, self._note, when, self.size)
