"""Rows of the state store, and what can be written to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class _Any(Enum):
    ANY = "any"


ANY = _Any.ANY
"""Whatever is there."""

Expected = str | None | _Any
"""What has to be there for a write to happen: the row of that version, no row (None), or ANY."""


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Where a row is: rows of one `partition` are listed together, by `sort`."""

    partition: str
    sort: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `body` holds JSON values. `version` is a new one with every write. `expires`: seconds since the epoch."""

    key: Key
    version: str
    body: Mapping[str, Any]
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class Put:
    """Write a row, in place of one that is there."""

    key: Key
    body: Mapping[str, Any]
    expected: Expected = ANY
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """Change nothing, but let nothing else of the same write happen unless this holds."""

    key: Key
    expected: Expected


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a row."""

    key: Key
    expected: Expected = ANY


Write = Put | Check | Delete
