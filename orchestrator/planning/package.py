"""A function's code as the bytes that are uploaded: `package` takes what the plan says of it and gives a Blob.

A zip file is taken as it is. A directory is zipped reproducibly: the same files give the same bytes on any machine, so that
their digest can be compared with Lambda's CodeSha256 (fact sheet, section 13). What can't be packed raises InvalidPlan with
every Problem found; nothing else is raised for anything that a file system may hold.
"""

import io
import os
import stat
import struct
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from orchestrator.errors import InvalidPlan, Problem
from orchestrator.kinds.function.spec import CodeSpec
from orchestrator.model import Blob

ZIPPED_LIMIT = 52_428_800
"""Bytes of a zip that go up with the request itself (fact sheet, section 13); more than that has to come from S3."""

UNZIPPED_LIMIT = 262_144_000
"""Bytes of a function's code unzipped (fact sheet, section 13)."""

MOST_FILES = 65_535
"""Entries of a zip without the zip64 extension; folders are counted too, so that links can't make the walk long."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3  # ZipInfo.create_system: else Python writes that of the machine
_HEADERS = 76  # bytes that one entry costs beside its data and twice its name
_TOO_LARGE = (
    "Leave files out with `exclude`, give a compressed zip file, or upload it to S3 and write `code: {s3: {…}}`."
)
# What zipfile raises on bytes that only look like a zip.
_BAD_ZIP = (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, EOFError, struct.error)


def package(spec: CodeSpec, folder: Path) -> Blob:
    """The zip of `spec`; its paths are relative to `folder`, the plan file's. Raises InvalidPlan, subjects being paths.

    ValueError where the code is in S3 or an image: there is nothing to package then.
    """
    if spec.zip is not None:
        return Blob(_zip_file(folder / spec.zip))
    if spec.directory is not None:
        return Blob(_directory(folder / spec.directory, spec.exclude))
    raise ValueError("nothing to package: the code is pointed to")


# -------------------------------------------------------------------------------------------------------- a zip file


def _zip_file(path: Path) -> bytes:
    status = _status(path)
    if isinstance(status, Problem):
        raise InvalidPlan(status)
    if stat.S_ISDIR(status.st_mode):
        raise _refusal("code-not-zip", path, "is a directory", f"Write `code: {{directory: {path.name}}}` to zip it.")
    if not stat.S_ISREG(status.st_mode):
        raise _refusal("code-not-a-file", path, "is not a file", "Name a zip file.")
    if status.st_size > ZIPPED_LIMIT:
        raise _too_large(path)
    data = _read(path)
    if isinstance(data, Problem):
        raise InvalidPlan(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sizes = [entry.file_size for entry in archive.infolist()]
    except _BAD_ZIP as error:
        raise _refusal("code-not-zip", path, "is not a zip file", "Build it again, or name another file.") from error
    if not sizes:
        raise _refusal("code-empty", path, "is a zip file without any entry", "Build it again with the code in it.")
    if sum(sizes) > UNZIPPED_LIMIT:
        action = "Make it smaller, or use a container image."
        raise _refusal("code-too-large", path, f"is over {UNZIPPED_LIMIT:,} bytes (250 MB) unzipped", action)
    return data


# -------------------------------------------------------------------------------------------------------- a directory


@dataclass(frozen=True, slots=True)
class _Entry:
    """One file of the zip, or a folder on the way: its name there (a POSIX path), its real path, its mode there."""

    name: str
    path: Path
    mode: int
    size: int


def _directory(path: Path, exclude: Sequence[str]) -> bytes:
    status = _status(path)
    if isinstance(status, Problem):
        raise InvalidPlan(status)
    if not stat.S_ISDIR(status.st_mode):
        raise _refusal(
            "code-not-a-directory", path, "is not a directory", f"Write `code: {path.name}` if it is a zip file."
        )
    entries = _entries(path, _left_out(exclude))
    files = [(entry, _read(entry.path)) for entry in entries]
    if unreadable := [data for _, data in files if isinstance(data, Problem)]:
        raise InvalidPlan(unreadable)
    data = _zipped((entry, data) for entry, data in files if isinstance(data, bytes))
    if len(data) > ZIPPED_LIMIT:
        raise _too_large(path)
    return data


def _entries(path: Path, left_out: Callable[[str], bool]) -> list[_Entry]:
    """The directory's files, by name. Raises InvalidPlan with all problems, or as soon as there is too much."""
    entries: list[_Entry] = []
    problems: list[Problem] = []
    size = 0
    for count, found in enumerate(_walk(path, left_out)):
        if count >= MOST_FILES:
            raise _refusal("code-too-large", path, f"holds more than {MOST_FILES:,} files and folders", _TOO_LARGE)
        if isinstance(found, Problem):
            problems.append(found)
        elif stat.S_ISREG(found.mode):
            entries.append(found)
            size += found.size + _HEADERS + 2 * len(found.name)
            if size > ZIPPED_LIMIT:
                raise _too_large(path)
    if problems:
        raise InvalidPlan(sorted(problems, key=lambda problem: str(problem.subject)))
    if not entries:
        raise _refusal("code-empty", path, "holds no file to zip", "Put the code in it, or exclude less.")
    return sorted(entries, key=lambda entry: entry.name)


def _walk(root: Path, left_out: Callable[[str], bool]) -> Iterator[_Entry | Problem]:
    """Everything below `root`, folders too, in no order. Links are followed inside `root`."""
    folders: list[tuple[str, tuple[Path, ...]]] = [("", (root.resolve(),))]
    while folders:
        prefix, around = folders.pop()
        try:
            names = [child.name for child in around[-1].iterdir()]
        except OSError as error:
            yield _unreadable(root / prefix, error)
            continue
        for name in names:
            if left_out(prefix + name):
                continue
            found = _look(root, prefix + name, around)
            if isinstance(found, _Entry) and stat.S_ISDIR(found.mode):
                folders.append((f"{found.name}/", (*around, found.path)))
            yield found


def _look(root: Path, name: str, around: tuple[Path, ...]) -> _Entry | Problem:
    """What `name` is, by its real path; `around` are the real folders that hold it, the outermost first."""
    path = root / name
    try:
        name.encode()
        real = around[-1] / path.name
        if real.is_symlink():
            real = real.resolve(strict=True)
        status = real.stat()
    except UnicodeEncodeError:
        return _problem("code-bad-name", path, "has a name that is not UTF-8", "Rename it, or exclude it.")
    except (OSError, RuntimeError) as error:  # RuntimeError: a link that leads to itself, before Python 3.13
        return _unreadable(path, error)
    if not real.is_relative_to(around[0]):
        return _problem("code-link-outside", path, f"is a link that leads out of {root}", "Copy it, or exclude it.")
    if stat.S_ISDIR(status.st_mode):
        if real in around:
            return _problem("code-link-loop", path, "is a link to a folder that holds it", "Exclude it.")
        return _Entry(name, real, stat.S_IFDIR, 0)
    if not stat.S_ISREG(status.st_mode):
        return _problem("code-not-a-file", path, "is neither a file nor a folder", "Exclude it.")
    mode = 0o755 if status.st_mode & stat.S_IXUSR else 0o644
    return _Entry(name, real, stat.S_IFREG | mode, status.st_size)


def _zipped(files: Iterable[tuple[_Entry, bytes]]) -> bytes:
    """Stored, not deflated: zlib's output differs between its versions."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for entry, data in files:
            info = zipfile.ZipInfo(entry.name, _EPOCH)
            info.create_system = _UNIX
            info.external_attr = entry.mode << 16
            archive.writestr(info, data)
    return buffer.getvalue()


# ------------------------------------------------------------------------------------------------------ what to leave


def _left_out(exclude: Sequence[str]) -> Callable[[str], bool]:
    """Tells of a path whether it stays out of the zip: what Python compiled, and what fits one of the globs."""
    globs = [glob.strip("/").split("/") for glob in exclude]

    def left_out(path: str) -> bool:
        elements = path.split("/")
        return (
            elements[-1] == "__pycache__"
            or elements[-1].endswith(".pyc")
            or any(_fits(elements, glob) for glob in globs)
        )

    return left_out


def _fits(path: Sequence[str], glob: Sequence[str]) -> bool:
    """Whether a path fits a glob, element by element: `**` stands for any number of elements, all others for one each.

    The glob's places are tried side by side, so that no glob takes longer than their product.
    """
    places = _onward({0}, glob)
    for element in path:
        stay = {place for place in places if place < len(glob) and glob[place] == "**"}
        step = {place + 1 for place in places - stay if place < len(glob) and fnmatchcase(element, glob[place])}
        places = _onward(stay | step, glob)
    return len(glob) in places


def _onward(places: set[int], glob: Sequence[str]) -> set[int]:
    """The places and those behind each `**`, which may stand for nothing."""
    reached = set(places)
    for place in range(len(glob)):
        if place in reached and glob[place] == "**":
            reached.add(place + 1)
    return reached


# ----------------------------------------------------------------------------------------------------------- problems


def _status(path: Path) -> os.stat_result | Problem:
    try:
        return path.stat()
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        return _unreadable(path, error)


def _read(path: Path) -> bytes | Problem:
    try:
        return path.read_bytes()
    except OSError as error:
        return _unreadable(path, error)


def _unreadable(path: Path, error: Exception) -> Problem:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    if isinstance(error, FileNotFoundError | NotADirectoryError) and not path.is_symlink():
        return _problem("code-not-found", path, "does not exist", "Paths are relative to the plan file.")
    return _problem("code-unreadable", path, f"can't be read ({reason})", "Make it readable, or exclude it.")


def _too_large(path: Path) -> InvalidPlan:
    return _refusal("code-too-large", path, f"makes a zip of over {ZIPPED_LIMIT:,} bytes (50 MB)", _TOO_LARGE)


def _refusal(code: str, path: Path, what: str, action: str) -> InvalidPlan:
    return InvalidPlan(_problem(code, path, what, action))


def _problem(code: str, path: Path, what: str, action: str) -> Problem:
    shown = str(path).encode(errors="backslashreplace").decode()
    return Problem(code, f"{shown} {what}.", action, subject=shown)
