"""Zip files from anywhere, read and unpacked so that no member can do harm.

A member that could is no accident in a folder of pictures: the whole archive is refused then, with
that member's name, and nothing is unpacked. Standard `zipfile` does the reading.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from contextlib import ExitStack, contextmanager
from itertools import accumulate
from pathlib import Path
from unicodedata import normalize

from PIL import Image

from course_utils import files
from course_utils.data.image_file import FORMATS, LITTER, picture_files
from course_utils.errors import CourseError

# The public photos are 25,002 members and 0.8 GB; the course promises 100,000 pictures, and a Mac
# adds a hidden twin to each. Pictures hardly compress; 16 GiB are 4,000 photos of a telephone. One
# picture is held in memory while it is judged.
MEMBERS, TOTAL, MEMBER = 250_000, 2**34, 2**28
# A blank drawing compresses a hundredfold, a bomb a thousandfold. Below HARMLESS nobody is hurt.
RATIO, HARMLESS = 100, 10**8
DIRECTORY = 2**25  # bytes of the list of members, which zipfile reads at once: 134 a member
LONGEST = 500  # bytes of a name, so that it fits below another folder on every system
BLOCK = 4096  # a file takes whole blocks of a disk

# Parts of a name, between slashes, that lead elsewhere or that some system cannot hold: empty, with
# a dot or a space at the end (so . and .. too), too long, with a backslash, a colon, a control
# character or such, or a device of Windows.
_BAD_PART = re.compile(
    r'(?is)|.*[. ]|.{256,}|.*[\x00-\x1f\x7f<>:"|?*\\].*'
    r"|(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9¹²³]) *(\..*)?"
)
# What zipfile raises about bytes that it does not understand.
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)


class Archive(ExitStack):
    """An open zip file whose members have all been judged. Use it in a `with` statement.

    Attributes
    ----------
    members : dict of str to zipfile.ZipInfo
        The files by name, in the archive's order. Hidden ones and what file managers leave behind
        are passed over.

    Raises
    ------
    zipfile.BadZipFile
        With the reason, if it is damaged, or any member may do harm, or there is too much of it.
    """

    def __init__(self, path):
        super().__init__()
        try:
            stream = self.enter_context(_Bounded(io.FileIO(path)))
            self._zip = self.enter_context(zipfile.ZipFile(stream))
            self.members = _judge(self._zip.infolist(), Path(path).stat().st_size)
        except _BROKEN as error:
            self.close()
            raise zipfile.BadZipFile(_reason(error)) from None

    def chunks(self, name):
        """Yield a member's bytes, at most 1 MiB at a time; threads may do so side by side.

        Raises
        ------
        zipfile.BadZipFile
            If it is damaged, or not as long as the archive says.
        """
        left = self.members[name].file_size
        try:
            with self._zip.open(self.members[name]) as file:
                while chunk := file.read(2**20):
                    left -= len(chunk)
                    yield chunk
            if left:
                raise ValueError("it is not as long as the archive says")
        except _BROKEN as error:
            raise zipfile.BadZipFile(f"member {name[:80]!r}: {_reason(error)}") from None


class _Bounded(io.BufferedReader):
    """A file that is never loaded whole: a list of members can be as long as the file."""

    def read(self, size=-1):
        if size > DIRECTORY:
            raise zipfile.BadZipFile("its list of members is too long")
        content = super().read(size)
        if content.count(b"PK\1\2") > MEMBERS:  # each begins like this in the list
            raise zipfile.BadZipFile(f"it holds more than {MEMBERS:,} files")
        return content


def check(path):
    """Read a whole archive, checksums included, without writing anything.

    Raises
    ------
    zipfile.BadZipFile
        With the reason, if it is damaged or refused.
    """
    with Archive(path) as archive:
        for name in archive.members:
            for _ in archive.chunks(name):
                pass


def unpack(path, target):
    """Unpack a zip file into a folder that is there whole or not at all.

    Parameters
    ----------
    path : path-like
    target : path-like
        Made here. One that holds anything is taken for this archive's, unpacked before: choose its
        name by the archive.

    Returns
    -------
    pathlib.Path
        The target.

    Raises
    ------
    CourseError
        If the archive is damaged, any member may do harm, or the disk has no room.
    """
    path, target = Path(path).expanduser(), Path(target).expanduser().resolve()
    with explained(path), Archive(path) as archive:
        room = sum(info.file_size + BLOCK for info in archive.members.values())
        with files.new_folder(target, room) as folder:
            for name in archive.members if folder else ():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                with open(folder / name, "xb") as out:
                    out.writelines(archive.chunks(name))
    return target


def top(folder):
    """Return the folder to use: an archive often holds one folder that holds everything.

    Parameters
    ----------
    folder : path-like

    Returns
    -------
    pathlib.Path
        The first one that holds pictures or several folders. A lone folder without any inside is
        not entered: it is a class.
    """
    folder = Path(folder)
    while True:
        shown = picture_files(folder)  # whatever is not hidden
        inside = [path for path in shown if path.is_dir()]
        kinds = {Image.registered_extensions().get(path.suffix.lower()) for path in shown}
        deeper = len(inside) == 1 and any(path.is_dir() for path in picture_files(inside[0]))
        if kinds & set(FORMATS) or not deeper:
            return folder
        folder = inside[0]


@contextmanager
def explained(path):
    """Turn a refused or damaged archive into a CourseError about ``path``."""
    try:
        yield
    except zipfile.BadZipFile as error:
        raise CourseError(
            f"{path} cannot be used: {error}. It was left as it is, and nothing was unpacked. If "
            "it was downloaded, delete it and fetch it again; else zip the folder of pictures "
            "anew, plainly and without a password, or give the folder itself."
        ) from error


def _judge(infos, size):
    """Return the members to use by name; refuse an archive of ``size`` bytes if one may do harm."""
    total = sum(info.file_size for info in infos)
    if total > min(TOTAL, max(HARMLESS, RATIO * size)):
        raise zipfile.BadZipFile(f"it unpacks to {total:,} bytes, too many for its {size:,}")
    seen, members = {}, {}
    for info in infos:
        parts = info.filename.removesuffix("/").split("/")
        if fault := _fault(info, parts) or _clash(info, parts, seen):
            raise zipfile.BadZipFile(f"member {info.orig_filename[:80]!r} {fault}")
        if not (info.filename.endswith("/") or _litter(parts)):
            members[info.filename] = info
    return members


def _fault(info, parts):
    """Return what is wrong with one member, in words, or None."""
    kind = stat.S_IFMT(info.external_attr >> 16)  # Unix's type of file; 0 from other systems
    # Where zipfile has changed the name already, the archive's own must be good as well.
    parts = parts + info.orig_filename.removesuffix("/").split("/")
    if any(map(_BAD_PART.fullmatch, parts)) or len(info.filename.encode()) > LONGEST:
        return "has a name that leads out of the folder or that some systems cannot hold"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or a special file"
    if info.flag_bits & 0x41:
        return "is encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"is compressed by method {info.compress_type}, not the usual one"
    return f"has {info.file_size:,} bytes, too many for a picture" * (info.file_size > MEMBER)


def _clash(info, parts, seen):
    """Return that a member, or a folder it lies in, would meet an earlier one on some system.

    File systems may ignore case, and the way in which an accent is spelled. ``seen`` is added to.
    """
    for name in accumulate(parts, "{}/{}".format):
        # A folder may be named often, a file once.
        mine = (name, info if name == info.filename else None)
        key = normalize("NFD", normalize("NFD", name).casefold())
        if (other := seen.setdefault(key, mine)) != mine:
            return f"would lie where {other[0][:80]!r} does"


def _litter(parts):
    return any(part.startswith(".") or part.lower() in LITTER for part in parts)


def _reason(error):
    return getattr(error, "strerror", None) or str(error) or "it ends too early"
