"""Previews, reports and everything else that a command ends with, as strings. Pure: nouns enter, one str leaves.

A format is a module with the seven functions of `Format`, and one line in `FORMATS`.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from orchestrator.errors import Problem
from orchestrator.model import History, Plan, Preview, Report, Status, Waited
from orchestrator.render import document, text
from orchestrator.render.view import PLAIN, View


class Format(Protocol):
    """What every format answers; each string ends with a newline."""

    def preview(self, shown: Preview, view: View = PLAIN) -> str: ...

    def report(self, told: Report, shown: Preview | None = None, view: View = PLAIN) -> str:
        """`shown` gives the steps their words, where it is known."""
        ...

    def validation(
        self, plans: Sequence[Plan], problems: Sequence[Problem], exit_code: int, view: View = PLAIN
    ) -> str: ...

    def status(self, found: Status, view: View = PLAIN) -> str: ...

    def waited(self, end: Waited, view: View = PLAIN) -> str: ...

    def history(self, found: History, view: View = PLAIN) -> str: ...

    def errors(self, problems: Sequence[Problem], exit_code: int, view: View = PLAIN) -> str: ...


_text: Format = text
_json: Format = document

FORMATS: Mapping[str, Format] = {"text": _text, "json": _json}

__all__ = ["FORMATS", "PLAIN", "Format", "View"]
