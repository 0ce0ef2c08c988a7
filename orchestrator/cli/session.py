"""One process's dealings with its streams: what goes to stdout, to stderr and to files, in which form and colour."""

import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO

from orchestrator.cli.signals import Signals
from orchestrator.cli.values import form
from orchestrator.errors import Problem

if TYPE_CHECKING:  # renderers know the nouns, and `--help` must not wait for those
    from orchestrator.render import Format, View

LogFormat = Literal["auto", "console", "json"]
Audience = Literal["live", "lines", "json"]
Draw = Callable[["Format", "View"], str]


@dataclass
class Session:
    """Filled in as the arguments are read; until then it holds what could be guessed from them.

    `form` is the format of stdout, `form_given` whether somebody asked for it; `out` and `report` are files to write.
    """

    form: str = "text"
    form_given: bool = False
    out: Path | None = None
    report: Path | None = None
    no_color: bool = False
    log_level: str | None = None
    log_format: LogFormat = "auto"
    signals: Signals = field(default_factory=Signals)

    # --------------------------------------------------------------------------------------------------------- streams

    @property
    def audience(self) -> Audience:
        """Who reads stderr: a live view on a terminal, plain lines, or a machine that wants JSON lines."""
        if self.log_format == "json":
            return "json"
        if self.log_format == "console" or os.environ.get("TERM") == "dumb":
            return "lines"
        return "live" if sys.stderr.isatty() else "json"

    @property
    def can_ask(self) -> bool:
        """Whether a person is there to answer."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def colored(self, stream: TextIO) -> bool:
        return stream.isatty() and not self.no_color and os.environ.get("TERM") != "dumb"

    def view(self, stream: TextIO) -> "View":
        """How to write for people on `stream`."""
        from orchestrator.render import View

        return View(color=self.colored(stream), width=_width(stream))

    # --------------------------------------------------------------------------------------------------------- results

    def finish(self, exit_code: int, draw: Draw, *, advice: str = "", requests: bool = False) -> int:
        """Put out a command's result: to its files, then to stdout. Returns the exit code, 1 where a file can't be written."""
        from orchestrator.render import FORMATS

        written = [self._save(path, draw) for path in (self.out, self.report) if path]
        view = replace(self.view(sys.stdout), requests=requests, advice=advice)
        written.append(put(sys.stdout, draw(FORMATS[self.form], view), self._unwritten))
        return exit_code if all(written) else exit_code or 1

    def _save(self, path: Path, draw: Draw) -> bool:
        from orchestrator.render import FORMATS, View

        chosen = self.form if self.form_given and path == self.out else form(path)
        try:
            path.write_text(draw(FORMATS[chosen], View(requests=True)), encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            self._unwritten(f"The file could not be written: {error.strerror}.", str(path))
            return False
        return True

    def _unwritten(self, message: str, subject: str | None = None) -> None:
        self.complain([Problem("not-written", message, subject=subject)], 1)

    def fail(self, problems: Sequence[Problem], exit_code: int) -> int:
        """End without a result: the problems on stderr, the error document on stdout where JSON was asked for."""
        from orchestrator.render import FORMATS

        if self.report:
            self._save(self.report, lambda format_, view: format_.errors(problems, exit_code, view))
        self.complain(problems, exit_code)
        if self.form == "json":
            put(sys.stdout, FORMATS["json"].errors(problems, exit_code), self._unwritten)
        return exit_code

    def invalid(self, problems: Sequence[Problem], exit_code: int) -> int:
        """End a validation that found something wrong: its own document says so, with the same `errors`."""
        from orchestrator.render import FORMATS

        self.complain(problems, exit_code)
        if self.form == "json":
            put(sys.stdout, FORMATS["json"].validation((), problems, exit_code), self._unwritten)
        return exit_code

    def complain(self, problems: Sequence[Problem], exit_code: int) -> None:
        """On stderr: as log lines where those were asked for in JSON, else in words."""
        if self.log_format == "json":
            from orchestrator.cli import logs

            logs.complained(self, problems, exit_code)
            return
        from orchestrator.render import FORMATS

        put(sys.stderr, FORMATS["text"].errors(problems, exit_code, self.view(sys.stderr)))

    def debug(self, trace: str) -> None:
        """A traceback, for who asked for it."""
        if self.log_format == "json":
            from orchestrator.cli import logs

            logs.traced(self, trace)
        else:
            put(sys.stderr, trace)

    def tell(self, text: str) -> None:
        """Something for the person at the terminal that is neither a result nor a log line."""
        put(sys.stderr, text)


def _width(stream: TextIO) -> int | None:
    """Columns of the terminal, COLUMNS first; None where it is none or does not say."""
    if not stream.isatty():
        return None
    stated = os.environ.get("COLUMNS", "")
    if stated.isdecimal() and int(stated):
        return int(stated)
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except (OSError, ValueError):
        return None


def _plainly(message: str) -> None:
    put(sys.stderr, f"error: {message}\n")


def put(stream: TextIO, text: str, complain: Callable[[str], None] = _plainly) -> bool:
    """Write all of it, at once; False where that fails, which `complain` is told.

    A reader that has gone away ends nothing but the reading, and what can't be told on stderr can't be told at all.
    """
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        _silence(stream)
    except OSError as error:
        _silence(stream)
        if stream is not sys.stderr:
            complain(f"The output could not be written: {error.strerror}.")
            return False
    return True


def _silence(stream: TextIO) -> None:
    """From here on it leads nowhere: the interpreter flushes once more when it ends, and would complain."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
