"""Making and ordering Problems that stand in a file."""

from collections.abc import Iterable, Sequence

from orchestrator.errors import Problem
from orchestrator.model import Position, dotted

Path = tuple[str | int, ...]


def at(position: Position | None, code: str, message: str, action: str = "", path: Path = ()) -> Problem:
    """A problem at a place of a file; `path` is the plan's key there."""
    return Problem(
        code,
        message,
        action,
        file=position.file if position else None,
        line=position.line if position else None,
        column=position.column if position else None,
        subject=dotted(path) or None,
    )


def in_order(problems: Iterable[Problem], files: Sequence[str]) -> list[Problem]:
    """Each problem once, by file as given, then by line and column; those without a place last."""
    order = {file: number for number, file in enumerate(files)}
    return sorted(
        dict.fromkeys(problems),
        key=lambda found: (
            found.file is None,
            order.get(found.file or "", len(order)),
            found.file or "",
            found.line or 0,
            found.column or 0,
        ),
    )
