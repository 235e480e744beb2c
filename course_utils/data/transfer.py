"""Bytes from one place into a part on the disk, continued where a connection broke.

The bytes go into ``NAME.part``, beside the final name; ``NAME.part.json`` notes which version of
which address they are of. Both outlive ``kill -9``; the part takes the final name in one step.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import requests
from urllib3 import Retry
from urllib3 import exceptions as network

from course_utils.errors import CourseError

BROKEN = (ConnectionError, requests.ConnectionError, requests.Timeout, network.HTTPError)
BUSY = {408, 425, 429, 500, 502, 503, 504}  # statuses after which waiting helps
CHUNK = 2**18  # bytes
PAGE = "a web page came instead of the file, perhaps a log-in page of the network"
WRONG = "not the right file"


@dataclass(frozen=True)
class Patience:
    """How long to wait for what.

    Attributes
    ----------
    connect : float
        Seconds for a connection to be made.
    silence : float
        Seconds without a byte after which a connection counts as broken.
    offline : float
        Seconds without an answer from anywhere after which there is no network.
    attempts : int
        Requests in a row that bring nothing new, and restarts from the first byte, for each place.
    backoff, longest : float
        Seconds before the second request, doubled each time, and at most (``Retry-After`` too).
    slowest, window : float
        Bytes per second, over this many seconds, below which a server is left.
    """

    connect: float = 3
    silence: float = 15
    offline: float = 10
    attempts: int = 5
    backoff: float = 0.5
    longest: float = 30
    slowest: float = 4096
    window: float = 60


class Transfer:
    """One file on its way.

    A place that does not give it raises an OSError, a ValueError or one of urllib3's errors, whose
    text is the reason; a disk that does not take it raises a CourseError.

    Parameters
    ----------
    remote : download.Remote
    target : Path
        The final name.
    patience : Patience
    bar : tqdm.tqdm
    places : int
        How many there are: they share the time after which there is no network.
    """

    def __init__(self, remote, target, patience, bar, places):
        self.remote, self.target, self.patience, self.bar = remote, target, patience, bar
        self.part = target.with_name(target.name + ".part")
        self.note = target.with_name(target.name + ".part.json")
        self.session = requests.Session()
        self.session.max_redirects = 10
        self.began, self.answered, self.share = time.monotonic(), False, patience.offline / places

    def fill(self, place):
        """Bring the part to its full length; return whether it is put together from several."""
        if local(place):
            return self._copy(local(place))
        return self._insist(lambda: self._request(place))

    def read(self, place):
        """Return the content of a small file."""
        if local(place):
            return local(place).read_bytes()
        return self._insist(lambda: b"".join(self._pieces(self._get(place).raw, True)))

    def finish(self):
        """Give the part its final name."""
        with self._disk():
            with open(self.part, "rb+") as part:
                os.fsync(part.fileno())
            os.replace(self.part, self.target)
            self.note.unlink(missing_ok=True)

    def discard(self):
        """Delete the part."""
        with self._disk():
            self.part.unlink(missing_ok=True)
            self.note.unlink(missing_ok=True)

    def size(self):
        """Return the bytes of the part."""
        return self.part.stat().st_size if self.part.exists() else 0

    def _insist(self, ask):
        """Return what `ask` returns; where a connection breaks, wait and call it again."""
        patience, tries, self.restarts = self.patience, 0, 0
        self.mark, self.fresh = time.monotonic(), 0
        until = self.mark + self.share
        if not self.answered and self.mark - self.began > patience.offline:
            raise OSError("not asked, since there has been no answer from anywhere")
        while True:
            held = self.size()
            try:
                return ask()
            except (*BROKEN, requests.HTTPError) as error:
                tries = 0 if self.size() > held else tries + 1
                wait = patience.backoff * 2**tries * random.uniform(0.5, 1)
                if isinstance(error, requests.HTTPError):
                    if error.response.status_code not in BUSY:
                        raise
                    wait += Retry().get_retry_after(error.response.raw) or 0
                wait = min(wait, patience.longest)
                ended = max(tries, self.restarts) >= patience.attempts
                if not self.answered:
                    ended = ended or time.monotonic() + wait + patience.connect > until
                if ended or "CERTIFICATE_VERIFY_FAILED" in str(error):
                    if isinstance(error, network.ProtocolError):
                        raise OSError(f"the connection broke at {self.size():,} bytes") from None
                    raise
            self.bar.set_postfix_str("waiting")
            time.sleep(wait)
            if tries:  # these waits are counted; they are no part of the pace
                self.mark += wait

    def _get(self, url, **headers):
        times = (self.patience.connect, self.patience.silence)
        response = self.session.get(url, headers=headers, stream=True, timeout=times)
        self.answered = True
        if response.status_code != 416:  # "no such piece": then the part is not this file's
            response.raise_for_status()
        return response

    def _request(self, url):
        """Ask once for what the part lacks."""
        offset, version, total = self._held(url)
        if offset and offset == total:
            return True
        ask = {"Accept-Encoding": "identity"}  # pieces of a compressed answer would not fit
        if offset:
            ask["Range"] = f"bytes={offset}-"
        if version:
            ask["If-Range"] = version
        with self._get(url, **ask) as response:
            headers, raw, size = response.headers, response.raw, self.remote.size
            # Some servers call a .gz file "encoded", though it is wanted as it is.
            encoded = headers.get("Content-Encoding", "identity") != "identity"
            decode = encoded and not self.remote.path.endswith(".gz")
            new = headers.get("ETag", "W/")
            if new.startswith("W/"):  # a weak one does not promise the same bytes
                new = headers.get("Last-Modified")
            if response.status_code in (206, 416):
                piece = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", headers.get("Content-Range", ""))
                there = piece and (int(piece[1]), int(piece[2]))
                changed = new and version and new != version
                if changed or decode or not there or there != (offset, total or there[1]):
                    self.discard()
                    self.restarts += 1
                    raise ConnectionError("the server sent a piece that does not fit")
                new, total = new or version, there[1]
            else:
                offset, total = 0, None if decode else raw.length_remaining
            pieces = self._pieces(raw, decode)
            first = next(pieces, b"")
            if not offset and is_page(first):
                raise ValueError(PAGE)
            if size is not None and total not in (None, size):
                raise ValueError(f"{WRONG}: it has {total:,} bytes instead of {size:,}")
            pieced = offset > 0 or total is None
            total = size if total is None else total
            if total is None and not self.remote.known_hash and not self.remote.check:
                raise ValueError("the server tells no length, and nothing else proves it whole")
            self._need((total or 0) - offset)
            if not offset:
                self.restarts += self.size() > 0
                self.discard()  # before the new note, so that it never stands with old bytes
            if not decode:
                note = {"url": shown(url), "version": new, "total": total}
                with self._disk():
                    self.note.write_text(json.dumps(note), encoding="utf-8")
            self._save(itertools.chain([first], pieces), offset, total)
        if total not in (None, self.size()):
            raise ConnectionError(f"the connection broke at {self.size():,} of {total:,} bytes")
        return pieced

    def _held(self, url):
        """Return the bytes that can be continued from a URL, their version there, and the total."""
        try:
            note = json.loads(self.note.read_text(encoding="utf-8"))
            version = note["version"] if note["url"] == shown(url) else None
            # Bytes of another address may be another file, unless a hash proves them in the end.
            if version or self.remote.known_hash:
                return self.size(), version, note["total"]
        except (OSError, ValueError, KeyError, TypeError):
            pass  # no note, or none of ours: from the first byte
        return 0, None, None

    def _pieces(self, raw, decode):
        """Yield bytes as they come; leave a server that drips."""
        # read1 returns what has come; read would wait until a whole chunk has dripped in.
        while piece := raw.read1(CHUNK, decode_content=decode):
            self.fresh += len(piece)
            seconds = time.monotonic() - self.mark
            if seconds >= self.patience.window:
                if self.fresh < self.patience.slowest * seconds:
                    raise ValueError(f"too slow: {self.fresh:,} bytes in {seconds:.1f} s")
                self.mark, self.fresh = time.monotonic(), 0
            yield piece

    def _copy(self, source):
        with open(source, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            self.discard()
            self._need(size)
            self._save(iter(lambda: file.read(CHUNK), b""), 0, size)

    def _save(self, pieces, offset, total):
        """Append to the part, and show how it goes."""
        self.bar.total, self.bar.n = total, offset
        self.bar.set_postfix_str("")
        with self._disk():
            part = open(self.part, "ab", buffering=0)
        with part:
            for piece in pieces:
                self.bar.update(len(piece))
                with self._disk():
                    while piece:  # a disk that is nearly full takes some of it first
                        piece = piece[part.write(piece) :]

    def _need(self, size):
        """Raise unless the disk has room for so many bytes more."""
        with self._disk():
            if size > shutil.disk_usage(self.part.parent).free:
                raise OSError(f"it needs {mib(size)}")

    @contextmanager
    def _disk(self):
        try:
            yield
        except OSError as error:
            folder = self.part.parent
            raise CourseError(
                f"{self.remote.what} could not be written to {folder}: {error.strerror or error} "
                f"({mib(shutil.disk_usage(folder).free)} free). {mib(self.size())} are kept in "
                f"{self.part.name}; no other file was touched. Free some space and run again, "
                "which goes on there, or set COURSE_HOME to a folder on a larger disk."
            ) from error


def local(place):
    """Return the path of a place on this machine, None for one on the network."""
    if place.startswith("file:"):
        return Path(url2pathname(urlsplit(place).path))
    return None if "://" in place else Path(place)


def is_page(head):
    """Return whether the first bytes are those of a web page."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def shown(text):
    """Return a text without the user names and passwords in its addresses."""
    return re.sub(r"(?<=://)[^/@\s]*@", "", text)


def mib(size):
    """Return a number of bytes for reading."""
    return f"{size / 2**20:,.1f} MiB"
