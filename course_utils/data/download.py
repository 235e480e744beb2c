"""Getting one file from the first place that has it, whatever the network does.

The places are a mirror and the addresses of the file, in turn. The bytes are fetched in transfer.py
and checked here, before the file gets its name. pooch brings the hashes; its own downloader cannot
continue, has one address for each file, and counts a broken connection as the end.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import filelock
import pooch
import requests
from urllib3 import exceptions as network

from course_utils import paths
from course_utils.data.transfer import PAGE, WRONG, Patience, Transfer, is_page, mib, shown
from course_utils.errors import CourseError

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
    with paths.explain_disk_errors(target):
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
