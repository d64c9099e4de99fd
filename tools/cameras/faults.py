"""A fault of all connections that is switched on and off while the camera runs, and the truth about
it: when the last good frame before it was sent, and the first one after it. Also when each frame
was sent, so that a test knows which one was the nearest to an instant."""

import collections
import threading
import time


class Faults:
    """What `/control` changes. RTSP streams tell it of every frame that they sent whole."""

    # Ends the streams that play, then answers new ones so.
    REFUSALS = ("401", "403", "404", "454", "461", "500", "503", "down", "hang")

    def __init__(self):
        self.lock = threading.Lock()
        self.kind, self.argument = "", None
        self.last, self.begin, self.end = None, None, None
        self.frames = collections.deque(maxlen=20000)

    @property
    def refuses(self):
        return self.kind in self.REFUSALS

    def set(self, kind, argument):
        with self.lock:
            if kind and not self.kind:
                self.begin, self.end = self.last, None
            self.kind, self.argument = kind, argument

    def sends(self, stream, number):
        """Before the first byte of a frame goes out. `number` counts in the order of showing."""
        with self.lock:
            self.frames.append((stream, number, time.time()))

    def sent(self, key):
        """Decoding can go on only with a key frame."""
        with self.lock:
            if self.kind:
                return
            self.last = time.time()
            if self.begin and not self.end and key:
                self.end = self.last

    def report(self):
        with self.lock:
            return {"fault": self.kind, "begin": self.begin, "end": self.end}

    def sent_frames(self):
        with self.lock:
            return list(self.frames)
