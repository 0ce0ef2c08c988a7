"""What the values of options may be, as functions that click calls; each raises click.BadParameter."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.adapters.store_names import DYNAMODB, FORMS, is_store
from orchestrator.cli import later

if TYPE_CHECKING:
    from orchestrator.model import Share

FORMATS = ("text", "json")
SUFFIXES = {".json": "json", ".txt": "text", "": "text"}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def duration(value: str) -> int:
    """`90s`, `15m`, `2h`, `1d` to seconds, as in a plan."""
    if match := re.fullmatch(r"([0-9]{1,9})([smhd])", value):
        return int(match[1]) * _UNITS[match[2]]
    raise click.BadParameter(f"{value!r} is no duration; expected one such as 90s, 15m, 2h or 1d.")


def natural(value: str) -> int:
    """A whole number of 1 or more."""
    if re.fullmatch(r"0*[1-9][0-9]{0,8}", value):
        return int(value)
    raise click.BadParameter(f"{value!r} is no whole number of 1 or more.")


def share(value: str) -> "Share":
    """`1/4`: which of how many jobs this one is, as in a plan."""
    from orchestrator.planning.shares import said  # which `--help` must not wait for

    if found := said(value):
        return found
    raise click.BadParameter(f"{value!r} is no share; expected one such as 1/4, the first of four.")


def region_name(value: str) -> str:
    """What may be the name of a Region, as in a plan; which ones there are, only AWS knows."""
    if re.fullmatch(r"[a-z][a-z0-9-]{1,62}", value):
        return value
    raise click.BadParameter(f"{value!r} is no region; expected one such as eu-west-1.")


def format_name(value: str) -> str:
    """A format that this release has."""
    if value in FORMATS:
        return value
    if value in later.FORMATS:
        raise click.BadParameter(later.comes_later(f"The format {value}") + " This one has text and json.")
    raise click.BadParameter(f"{value!r} is no format; expected text or json.{later.nearest(value, FORMATS)}")


def state_store(value: str) -> str:
    """The name of a store, of whichever sort."""
    if value.startswith(DYNAMODB) and not is_store(value):
        raise click.BadParameter(f"{value!r} names no table: AWS takes 3 to 255 of a-z A-Z 0-9 _ . - as its name.")
    if not is_store(value):
        raise click.BadParameter(f"{value!r} is no state store; expected {FORMS}.")
    return value


def output_file(value: str) -> Path:
    """A file to write, in a folder that exists."""
    path = Path(value)
    if not path.parent.is_dir():
        raise click.BadParameter(f"There is no folder {path.parent}.")
    if path.is_dir():
        raise click.BadParameter(f"{path} is a folder.")
    return path


def formed_file(value: str) -> Path:
    """A file to write whose suffix says in which form."""
    path = output_file(value)
    form(path)
    return path


def result_file(ctx: click.Context, param: click.Parameter, path: Path | None) -> Path | None:
    """`--out`: its form comes from --format, else from its suffix. `--format` is read first, being eager."""
    if path and ctx.get_parameter_source("form") is click.core.ParameterSource.DEFAULT:
        form(path)
    return path


def form(path: Path) -> str:
    """The format that a file's suffix stands for."""
    suffix = path.suffix.lower()
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    known = "It may be .json, .txt, or none for text."
    if suffix in later.SUFFIXES:
        raise click.BadParameter(f"{later.comes_later(f'The form {path.suffix}')} {known}")
    raise click.BadParameter(f"No form is known by the suffix {path.suffix}. {known}")


def assignments(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """`name=value` pairs; of a name given twice the last one holds."""
    pairs: dict[str, str] = {}
    for item in values:
        name, sign, value = item.partition("=")
        if not name:
            # The value is not repeated: it may be a secret.
            raise click.BadParameter("A name is missing before `=`.")
        if not sign:
            raise click.BadParameter(f"Expected NAME=VALUE, got {name!r} without `=`.")
        pairs[name] = value
    return pairs
