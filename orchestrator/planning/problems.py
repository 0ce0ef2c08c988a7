"""Making and ordering Problems that stand in a file."""

from collections.abc import Iterable, Sequence

from orchestrator.errors import Problem
from orchestrator.model import Path, Position, dotted

_LONGEST = 1000


def at(position: Position | None, code: str, message: str, action: str = "", path: Path = ()) -> Problem:
    """A problem at a place of a file; `path` is the plan's key there. What a terminal would act on is escaped in the texts."""
    return Problem(
        code,
        _printable(message),
        _printable(action),
        file=position.file if position else None,
        line=position.line if position else None,
        column=position.column if position else None,
        subject=dotted(path) or None,
    )


def about(file: object, code: str, message: str, action: str) -> Problem:
    """A problem with a file as a whole: one that could not be read has no places."""
    return Problem(code, _printable(message), _printable(action), file=str(file))


def _printable(text: str) -> str:
    """The text with line breaks, escape sequences, direction marks and the like written out, and not without end."""
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}…"
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in text)


def under(path: Path, message: str) -> str:
    """The message with the key's path before it, where there is one."""
    return f"{dotted(path)}: {message[:1].lower()}{message[1:]}" if path else message


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
