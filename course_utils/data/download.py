"""Getting one file from the first place that has it, whatever the network does.

The places are a mirror and the addresses of the file, in turn. What comes is kept as a part beside
the final name, which a later try or run continues, and is checked before it gets that name. pooch
computes the hashes; its own downloaders cannot continue and know one address a file.
"""

from __future__ import annotations

import os
import random
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import filelock
import pooch
import requests
from tqdm.auto import tqdm
from urllib3 import Retry
from urllib3.exceptions import HTTPError as StreamError

from course_utils import files, settings
from course_utils.errors import CourseError

TIMEOUT = (3, 15)  # seconds for a connection to be made, and without a byte until it counts as dead
OFFLINE = 10  # seconds without an answer from anywhere, after which there is no network
ATTEMPTS = 5  # requests in a row to one place that bring nothing new
BACKOFF, LONGEST = 0.5, 30  # seconds before the second request, doubled each time, and at most
BUSY = {408, 425, 429, 500, 502, 503, 504}  # statuses after which waiting helps
CHUNK = 2**18  # bytes
_BROKEN = (ConnectionError, requests.ConnectionError, requests.Timeout, StreamError)
_PAGE = "a web page came instead of the file, perhaps a log-in page of the network"


@dataclass(frozen=True)
class Remote:
    """A file that the course can fetch. One without a hash needs a check that sees a cut."""

    path: str  # its place in a mirror and in the cache: relative, with slashes
    urls: tuple[str, ...]  # asked in this order
    what: str  # its name for people
    known_hash: str | None = None  # "sha256:<hex>" or "md5:<hex>"
    size: int | None = None  # bytes, where published
    check: Callable[[Path], object] | None = None  # raises an exception that says what is wrong


def fetch(remote, target, mirror=None):
    """Return the path of a file; fetch it, once for all processes, unless it is there and sound.

    Parameters
    ----------
    remote : Remote
    target : str or Path
        The final name. Missing parent folders are made.
    mirror : str or Path, optional
        An address or a folder that is asked before ``remote.urls``; ``$COURSE_MIRROR`` if left out.

    Raises
    ------
    CourseError
        If no place gave the file, or the disk would not take it.
    """
    target = Path(target)
    if fault(target, remote):
        mirror = os.path.expanduser(mirror or settings.mirror()).rstrip("/")
        with files.explain_disk_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            with _lock(target, remote.what):
                if fault(target, remote):  # else another process has brought it meanwhile
                    _from_first_place(remote, target, mirror)
    return target


def fault(path, remote):
    """Return what is wrong with a file, in words; None if it is what `remote` promises."""
    try:
        size = os.path.getsize(path)
        with open(path, "rb") as file:
            if re.match(rb"(\xef\xbb\xbf)?\s*<", file.read(64)):
                return _PAGE
        if not size or remote.size not in (None, size):
            return f"it has {size:,} bytes instead of {remote.size or 'some'}"
        kind, _, wanted = (remote.known_hash or "").partition(":")
        if wanted and pooch.file_hash(str(path), kind) != wanted:
            return f"its {kind} is not {wanted}"
        if remote.check:
            remote.check(Path(path))
    except Exception as error:  # a check may raise anything
        return _cause(error)


def _from_first_place(remote, target, mirror):
    """Ask the mirror and then each URL; raise one CourseError if none has the file."""
    places = [f"{mirror}/{remote.path}"] * bool(mirror) + list(remote.urls)
    failures = {}
    print(f"Fetching {remote.what}.", flush=True)
    watched = settings.front_end() or sys.stderr.isatty()
    with tqdm(disable=not watched, unit="B", unit_scale=True, unit_divisor=1024) as bar:
        part = target.with_name(f"{target.name}.part")
        transfer = _Transfer(remote, part, OFFLINE / len(places), bar)
        for place in places:
            try:
                transfer.bring(place)
            except (OSError, ValueError, StreamError) as failure:
                failures[place] = _cause(failure)
                if not remote.known_hash:  # nothing proves that other bytes continue these
                    part.unlink(missing_ok=True)
            else:
                return os.replace(part, target)
    tried = "".join(f"  {place}: {reason}\n" for place, reason in failures.items())
    kept = f"{transfer.size():,} bytes are kept in {part}, where the next run goes on"
    text = (
        f"{remote.what} could not be fetched: {target.name} is missing.\n{tried}"
        f"{kept if transfer.size() else 'Nothing was kept'}; no other file was touched. Is this "
        "machine online, and past the network's log-in page? Proxies are taken from http_proxy and "
        f"https_proxy.\nRun again later, or get {' or '.join(remote.urls)} in another way and save "
        f"it as {target}, or set COURSE_MIRROR to a folder or an address that has {remote.path}."
    )
    raise CourseError(re.sub(r"(?<=://)[^/@\s]*@", "", text))  # without passwords


class _Transfer:
    """One file on its way to its part. A place without it raises OSError, ValueError, HTTPError."""

    def __init__(self, remote, part, seconds, bar):
        self.remote, self.part, self.seconds, self.bar = remote, part, seconds, bar
        self.session = requests.Session()

    def size(self):
        """Return the bytes of the part."""
        return self.part.stat().st_size if self.part.exists() else 0

    def bring(self, place, again=True):
        """Fill the part from one place, and check it."""
        continued = self._fill(place)
        if wrong := fault(self.part, self.remote):
            self.part.unlink(missing_ok=True)
            if not (continued and again):
                raise ValueError(f"not the right file, perhaps a newer one: {wrong}")
            self.bring(place, again=False)  # what was put together: once more, in one go

    def _fill(self, place):
        """Bring the part to its full length; return whether it was continued."""
        self.version, self.answered = None, False
        if "://" not in place:
            with open(place, "rb") as file:
                return self._save(partial(file.read, CHUNK), 0, os.path.getsize(place))
        tries, most, until = 0, self.size(), time.monotonic() + self.seconds
        while True:
            try:
                return self._request(place)
            except (*_BROKEN, requests.HTTPError) as error:
                tries = 0 if self.size() > most else tries + 1
                most = max(most, self.size())
                wait = BACKOFF * 2**tries * random.uniform(0.5, 1)
                if isinstance(error, requests.HTTPError):
                    if error.response.status_code not in BUSY:
                        raise
                    wait += Retry().get_retry_after(error.response.raw) or 0
                wait = min(wait, LONGEST)
                late = not self.answered and time.monotonic() + wait + TIMEOUT[0] > until
                # A certificate that is not trusted will not be so in a moment.
                if late or tries >= ATTEMPTS or isinstance(error, requests.exceptions.SSLError):
                    raise
            time.sleep(wait)

    def _request(self, url):
        """Ask once for what the part lacks; return whether the part was continued."""
        offset = self.size()
        headers = {"Accept-Encoding": "identity"}  # pieces of a compressed answer would not fit
        if offset:
            headers["Range"] = f"bytes={offset}-"
        with self.session.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
            self.answered = True
            if answer.status_code == 416:  # there is nothing behind the part
                return True
            answer.raise_for_status()
            if "html" in answer.headers.get("Content-Type", ""):
                raise ValueError(_PAGE)  # before it takes the place of what is there
            version, total = answer.headers.get("ETag", "W/"), answer.raw.length_remaining
            if answer.status_code == 206:
                told = answer.headers.get("Content-Range", "")
                # Without a hash, only bytes of the same version are known to belong together.
                same = self.remote.known_hash or version == self.version
                if not (same and told.startswith(f"bytes {offset}-")):
                    self.part.unlink(missing_ok=True)
                    raise ConnectionError("the server sent a piece that does not fit")
                total = int(told.rpartition("/")[2])
            else:
                offset = 0
                self.version = None if version.startswith("W/") else version  # weak: other bytes
            answer.raw.enforce_content_length = False  # the length is compared below
            # read1 returns what has come; read would lose it when the connection breaks.
            self._save(partial(answer.raw.read1, CHUNK, decode_content=False), offset, total)
        if total and self.size() < total:
            raise ConnectionError(f"the connection broke at {self.size():,} of {total:,} bytes")
        return offset > 0

    def _save(self, read, offset, total):
        """Write what `read` returns to the part, from an offset on, and show how it goes."""
        files.need_space(self.part, (total or 0) - offset)
        self.bar.total, self.bar.n = total, offset
        with files.explain_disk_errors(self.part):
            part = open(self.part, "ab" if offset else "wb", buffering=0)
        with part:
            for piece in iter(read, b""):
                self.bar.update(len(piece))
                with files.explain_disk_errors(self.part):
                    while piece:  # a disk that is nearly full takes some of it first
                        piece = piece[part.write(piece) :]


def _lock(target, what):
    """Take the lock of a file. The system frees it when its process dies, by kill -9 too."""
    lock = filelock.FileLock(f"{target}.lock")
    try:
        return lock.acquire(timeout=0)
    except filelock.Timeout:
        print(f"{what} is being fetched by another kernel or program: waiting for it.", flush=True)
        return lock.acquire(poll_interval=0.1)


def _cause(error):
    """Return the words of the exception at the bottom of several."""
    while isinstance(error, _BROKEN) and error.__context__:
        error = error.__context__
    return getattr(error, "strerror", None) or str(error).partition(" for url: ")[0] or repr(error)
