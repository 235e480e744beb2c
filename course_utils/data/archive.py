"""Zip files from anywhere, unpacked so that nothing leaves the folder and no bomb goes off.

An archive with a member that would do harm is refused as a whole, with that member's name. The
standard `zipfile` reads, compares checksums, and never gives more bytes than a member promises.
"""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path

from course_utils import files
from course_utils.data.image_file import LITTER, picture_files
from course_utils.errors import CourseError

# The course promises 100,000 pictures, and a Mac adds a hidden twin to each; 16 GiB are 4,000
# photos of a telephone. Pictures hardly compress, a blank drawing a hundredfold, a bomb a
# thousandfold; below HARMLESS nobody is hurt.
MEMBERS, TOTAL, RATIO, HARMLESS = 250_000, 2**34, 100, 10**8
# Parts of a name, between slashes, that lead elsewhere or that some system cannot hold: empty, with
# a dot or a space at the end (so . and .. too), too long, with a backslash, a colon, a control
# character or such, or a device of Windows.
_BAD_PART = re.compile(
    r'(?is)|.*[. ]|.{251,}|.*[\x00-\x1f<>:"|?*\\].*|(con|prn|aux|nul|(com|lpt)[0-9¹²³]) *(\..*)?'
)
# What zipfile raises about bytes that it does not understand, or cannot read.
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)


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
    with explained(path), zipfile.ZipFile(path) as file:
        _judge(file.infolist(), path.stat().st_size)
        members = list(filter(_wanted, file.infolist()))
        with files.new_folder(target, sum(info.file_size for info in members)) as folder:
            if folder is None:
                return target
            with explained(path):  # what is wrong with its bytes is no error of the disk
                if bad := file.testzip():
                    raise zipfile.BadZipFile(f"member {bad!r} is damaged")
            for info in members:
                if (folder / info.filename).exists():  # cases and accents may not count here
                    raise zipfile.BadZipFile(f"two members would lie at {info.filename!r}")
                file.extract(info, folder)
    return target


def inner_folder(folder):
    """Return the folder to use: an archive often holds one folder that holds everything.

    Parameters
    ----------
    folder : path-like

    Returns
    -------
    pathlib.Path
        The first one that holds several folders. A lone folder without any inside is not entered:
        it is a class.
    """
    folder = Path(folder)
    while True:
        inside = [path for path in picture_files(folder) if path.is_dir()]
        if len(inside) != 1 or not any(path.is_dir() for path in picture_files(inside[0])):
            return folder
        folder = inside[0]


@contextmanager
def explained(path):
    """Turn what zipfile raises about a refused or damaged archive into a CourseError."""
    try:
        yield
    except _DAMAGED as error:
        told = f"{path} cannot be used: {getattr(error, 'strerror', None) or error}. It was left as"
        told += " it is, and nothing was unpacked. Fetch it again, or zip the folder of pictures"
        raise CourseError(f"{told} anew, without a password, or give the folder itself.") from error


def _judge(infos, size):
    """Refuse an archive of ``size`` bytes if one of its members may do harm."""
    total = sum(info.file_size for info in infos)
    if len(infos) > MEMBERS or total > min(TOTAL, max(HARMLESS, RATIO * size)):
        raise zipfile.BadZipFile(f"it holds {len(infos):,} files of {total:,} bytes, too much")
    for info in infos:
        kind = stat.S_IFMT(info.external_attr >> 16)  # Unix's type of file; 0 from other systems
        if any(map(_BAD_PART.fullmatch, info.filename.removesuffix("/").split("/"))):
            fault = "has a name that leads out of the folder or that some systems cannot hold"
        elif kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            fault = "is a link or a special file"
        elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            fault = f"is compressed by method {info.compress_type}, not the usual one"
        else:
            continue
        raise zipfile.BadZipFile(f"member {info.filename[:80]!r} {fault}")


def _wanted(info):
    """Return whether a member is a file, and none that is hidden or that file managers leave."""
    parts = info.filename.split("/")
    return not info.is_dir() and not any(p[0] == "." or p.lower() in LITTER for p in parts)
