"""Reading the files that a command names: regular ones, and pipes that its caller holds open already.

Any other pipe, device or socket may never give an end, and a command that waits for one says nothing about it.
"""

import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from orchestrator.planning.suggest import did_you_mean
from orchestrator.planning.yaml_text import MAX_BYTES

_HELD_OPEN = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")
"""Where a shell shows what it has opened for the command: `command | …` and `<(command)`. Who writes there is known."""


class NotRead(Exception):
    """A file that can't be read; `message` says why, `action` what to do. `missing` where there is none."""

    def __init__(self, message: str, action: str, *, missing: bool = False) -> None:
        self.message = message
        self.action = action
        self.missing = missing
        super().__init__(message)


def content(path: Path, suffixes: Sequence[str]) -> bytes:
    """The file's bytes, at most one more than MAX_BYTES. Raises NotRead, as `opened` does."""
    with opened(path, suffixes) as stream:
        try:
            return stream.read(MAX_BYTES + 1)
        except OSError as error:
            raise _unreadable(error) from None


def opened(path: Path, suffixes: Sequence[str], *, pipes: bool = True, base: str = "the working directory") -> BinaryIO:
    """The file, open. Raises NotRead.

    `pipes` is whether it may be one that its caller holds open, which can be read once only; `base` is what its path is
    relative to. For a name that is none, the nearest one with one of `suffixes` in the same folder is proposed.
    """
    try:
        _check_sort(path, pipes=pipes)
        return path.open("rb")
    except FileNotFoundError:
        action = did_you_mean(path.name, _siblings(path, suffixes), f"Check the path; it is relative to {base}.")
        raise NotRead("There is no such file.", action, missing=True) from None
    except (OSError, ValueError) as error:
        raise _unreadable(error) from None


def _unreadable(error: OSError | ValueError) -> NotRead:
    reason = getattr(error, "strerror", None) or "it is no path"
    return NotRead(f"The file can't be read: {reason}.", "Name another file.")


def is_pipe(path: Path) -> bool:
    """Whether `path` is a pipe that was handed over open, which has no folder of its own."""
    return str(path).startswith(_HELD_OPEN) and stat.S_ISFIFO(path.stat().st_mode)


def _check_sort(path: Path, *, pipes: bool) -> None:
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise NotRead("This is a folder, not a file.", "Name a file.")
    if not stat.S_ISREG(mode) and not (pipes and is_pipe(path)):
        action = "Name a regular file."
        if pipes:
            action = "Name a regular file; what a command writes can be given as <(command) or through /dev/stdin."
        raise NotRead("This is not a regular file.", action)


def _siblings(path: Path, suffixes: Sequence[str]) -> Iterator[str]:
    try:
        yield from sorted(entry.name for entry in path.parent.iterdir() if entry.suffix in suffixes)
    except OSError:
        return
