"""The values that options take, as click types: durations, formats, `name=value`."""

import re
from pathlib import Path
from typing import Any

import click

from orchestrator.cli.later import FORMATS as LATER_FORMATS
from orchestrator.cli.later import SUFFIXES as LATER_SUFFIXES
from orchestrator.cli.later import comes_later, nearest

FORMATS = ("text", "json")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Duration(click.ParamType):
    """`90s`, `15m`, `2h`, `1d` to seconds, as in a plan."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        if match := re.fullmatch(r"([0-9]{1,9})([smhd])", value):
            return int(match[1]) * _UNITS[match[2]]
        self.fail(f"{value!r} is no duration; expected one such as 90s, 15m, 2h or 1d.", param, ctx)


class FormatName(click.ParamType):
    """A format that this release has."""

    name = "text|json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        word = str(value)
        if word in FORMATS:
            return word
        if word in LATER_FORMATS:
            self.fail(comes_later(f"The format {word}") + " This one has text and json.", param, ctx)
        self.fail(f"{word!r} is no format; expected text or json.{nearest(word, FORMATS)}", param, ctx)


class StateStore(click.ParamType):
    """`none`, the only one yet."""

    name = "none"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        word = str(value)
        if word == "none":
            return word
        if word.startswith(("dynamodb://", "sqlite:")):
            self.fail(comes_later(f"The state store {word}") + " This one has none.", param, ctx)
        self.fail(f"{word!r} is no state store; expected none.", param, ctx)


class OutputFile(click.ParamType):
    """A file to write, in a folder that exists and in a form that this release has."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(value)
        if path.suffix.lower() in LATER_SUFFIXES:
            self.fail(comes_later(f"The form {path.suffix}") + " This one has .json and .txt.", param, ctx)
        if not path.parent.is_dir():
            self.fail(f"There is no folder {path.parent}.", param, ctx)
        if path.is_dir():
            self.fail(f"{path} is a folder.", param, ctx)
        return path


def form(path: Path) -> str:
    """The format that a file's suffix stands for."""
    return "json" if path.suffix.lower() == ".json" else "text"


def assignments(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """`name=value` pairs; of a name given twice the last one holds."""
    pairs: dict[str, str] = {}
    for item in values:
        name, sign, value = item.partition("=")
        if not (name and sign):
            # Only the name is repeated: a value may be a secret.
            raise click.BadParameter(
                f"Expected name=value, got {name!r} without `=`." if name else "A name is missing."
            )
        pairs[name] = value
    return pairs
