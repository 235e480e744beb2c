"""Getting one file from the first place that has it, whatever the network does.

The places are a mirror and the addresses of the file, in turn. The bytes are fetched in transfer.py
and checked here, before the file gets its name. pooch brings the hashes; its own downloader cannot
continue, has one address for each file, and counts a broken connection as the end.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, urlsplit
from urllib.request import url2pathname

import filelock
import pooch
import requests
from urllib3 import Retry
from urllib3 import exceptions as network

from course_utils import files
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


PATIENCE = Patience()


@dataclass(frozen=True)
class Remote:
    """A file that the course can fetch.

    Attributes
    ----------
    path : str
        Relative, with slashes: its place in a mirror and in the cache, such as
        "datasets/mnist.npz".
    urls : tuple of str
        Tried in this order; http, https or file.
    what : str
        The name for people.
    known_hash : str, optional
        "sha256:<hex>" or "md5:<hex>".
    size : int, optional
        Bytes, where published.
    check : callable, optional
        Is given the path of the part, so it has to go by the content and not by the ending. Raises
        an exception with the reason if the content is not what it should be.
    """

    path: str
    urls: tuple[str, ...]
    what: str
    known_hash: str | None = None
    size: int | None = None
    check: Callable[[Path], object] | None = None


def fetch(remote, target, *, mirror=None, patience=PATIENCE):
    """Return a file, fetched if it is not there yet.

    A sound file that is there already is returned as it is, without a write or a request. Several
    processes that want the same file fetch it once.

    Parameters
    ----------
    remote : Remote
    target : str or Path
        The final name. Missing parent folders are made.
    mirror : str or Path, optional
        An address or a folder that is asked before ``remote.urls``; ``$COURSE_MIRROR`` if left out.
        Its file SHA256SUMS, if there is one, gives the hash where none is published.
    patience : Patience

    Returns
    -------
    Path
        `target`.

    Raises
    ------
    CourseError
        If no place gave the file, or the disk would not take it. What came is kept as a part.
    """
    target = Path(target)
    with files.explain_disk_errors(target):
        if not _sound(target, remote):
            target.parent.mkdir(parents=True, exist_ok=True)
            with _alone(target, remote.what):
                # Another process may have brought it while this one waited.
                if not _sound(target, remote):
                    mirror = str(mirror or os.environ.get("COURSE_MIRROR") or "")
                    _from_first_place(remote, target, mirror, patience)
    return target


def verify(path, remote):
    """Check size, hash and content of a file.

    Raises
    ------
    ValueError
        With the reason, if the file is not what `remote` promises.
    """
    try:
        size = Path(path).stat().st_size
        with open(path, "rb") as file:
            head = file.read(64)
        if is_page(head):
            raise ValueError(PAGE)
        if size != remote.size and (remote.size is not None or size == 0):
            raise ValueError(f"it has {size:,} bytes instead of {remote.size or 'some'}")
        if remote.known_hash:
            kind, _, wanted = remote.known_hash.rpartition(":")
            if pooch.file_hash(str(path), kind) != wanted.lower():
                raise ValueError(f"its {kind} is not {wanted}")
    except OSError as error:
        raise ValueError(f"it cannot be read ({error.strerror or error})") from error
    if remote.check:
        try:
            remote.check(Path(path))
        except Exception as error:
            raise ValueError(f"its content is wrong ({error or type(error).__name__})") from error


def _from_first_place(remote, target, mirror, patience):
    """Ask the mirror and then each URL; raise one CourseError if none has the file."""
    places = [_join(mirror, remote.path)] * bool(mirror) + list(remote.urls)
    failures = {}
    with _bar(remote) as bar:
        transfer = Transfer(remote, target, patience, bar, len(places) or 1)
        for place in places:
            try:
                transfer.remote = remote
                if mirror and place is places[0] and not remote.known_hash:
                    listed = _listed_hash(transfer, _join(mirror, "SHA256SUMS"))
                    transfer.remote = replace(remote, known_hash=listed)
                _bring(transfer, place)
            except (OSError, ValueError, network.HTTPError) as failure:
                secure = isinstance(failure, requests.exceptions.SSLError)
                failures[place] = "no secure connection: " * secure + _cause(failure)
            else:
                return transfer.finish()
    tried = "".join(f"  {place}: {reason}\n" for place, reason in failures.items())
    tried = re.sub(r" for url: \S+", "", tried)  # requests' own words repeat the address
    if not transfer.answered and any(place.startswith("http") for place in places):
        tried += "No server answered: is this machine online, and past the network's log-in page?\n"
    if failures and all(reason.startswith(WRONG) for reason in failures.values()):
        tried += "The published file may have changed.\n"
    held = transfer.size()
    kept = f"{mib(held)} are kept in {transfer.part}, where the next run goes on"
    text = (
        f"{remote.what} could not be fetched: {target.name} is missing.\n{tried}"
        f"{kept if held else 'Nothing was kept'}; no other file was touched.\nRun again later, or "
        f"get {' or '.join(remote.urls)} in another way and save it as {target}, or set "
        f"COURSE_MIRROR to a folder or an address that has {remote.path}. Proxies are taken from "
        "http_proxy and https_proxy."
    )
    raise CourseError(shown(text))


def _bring(transfer, place):
    """Fill the part from one place, and check it."""
    for last in (False, True):
        pieced = transfer.fill(place)
        try:
            return verify(transfer.part, transfer.remote)
        except ValueError as error:
            transfer.discard()
            # What was put together from several answers gets a second chance, in one go.
            if last or not pieced:
                raise ValueError(f"{WRONG}: {error}") from None


def _listed_hash(transfer, place):
    """Return the hash of the file in the list of a mirror, None where there is none."""
    try:
        text = transfer.read(place).decode("utf-8-sig", "replace")
    except FileNotFoundError:
        return None
    except requests.HTTPError as error:
        if error.response.status_code in (403, 404):
            return None
        raise
    line = rf"^\\?([0-9a-fA-F]{{64}}) [ *](?:\./)?{re.escape(transfer.remote.path)}\s*$"
    found = re.search(line, text, re.MULTILINE)
    return f"sha256:{found[1]}" if found else None


@contextmanager
def _alone(target, what):
    """Hold the lock of a file. The system frees it when its process dies, by kill -9 too."""
    lock = filelock.FileLock(f"{target}.lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        print(f"{what} is being fetched by another kernel or program: waiting for it.", flush=True)
        lock.acquire(poll_interval=0.1)
    try:
        yield
    finally:
        lock.release()


def _bar(remote):
    """Return a progress bar; where nobody watches it, print one line instead."""
    from tqdm.auto import tqdm  # slow to import

    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    watched = sys.stderr.isatty() or hasattr(shell, "kernel")
    quiet = bool(os.environ.get("COURSE_HEADLESS")) or not watched
    if quiet:
        print(f"Fetching {remote.what}.", flush=True)
    scale = {"unit": "B", "unit_scale": True, "unit_divisor": 1024}
    return tqdm(desc=remote.what, disable=quiet, **scale)


def _sound(path, remote):
    with suppress(ValueError):
        verify(path, remote)
        return True
    return False


def _cause(error):
    """Return the words of the exception at the bottom of several."""
    below = (getattr(error, "reason", None), error.__cause__, *error.args)
    inner = next((one for one in below if isinstance(one, BaseException)), None)
    return _cause(inner) if inner else getattr(error, "strerror", None) or str(error)


def _join(mirror, path):
    if "://" in mirror:
        return f"{mirror.rstrip('/')}/{quote(path)}"
    return str(Path(mirror).expanduser() / path)
