"""Values and counts as a person reads them. What comes from a plan or from AWS never reaches the terminal as a control code."""

import json
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from orchestrator.kinds import KINDS
from orchestrator.model import HIDDEN, Change, Ref, dotted
from orchestrator.planning.scalars import NotANumber, resolve
from orchestrator.render import public
from orchestrator.render.moments import stated

_INSIDE = r"[^\x00-\x1f\x7f-\x9f\"'{}\[\],]"
_PLAIN = re.compile(rf"(?![\s#&*!|>%@`]|[-?:](?:\s|$)){_INSIDE}+(?<!\s)")
"""What needs no quotes inside a list or map of a plan, unless it is one of _BROKEN or reads as another type."""
_BROKEN = re.compile(r":(?:\s|$)|\s#")
"""What ends a text without quotes too early."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
LONGEST = 300
"""Characters of one text; longer ones are cut (the JSON form has them whole). Lists and maps never are: a reviewer has to read
all of a filter or a policy."""


def clean(text: str) -> str:
    """Without control characters, which could move the cursor or forge a line; newlines and tabs stay."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def called(ref: Ref, *, several: bool) -> str:
    """`tables.orders`, and where `several` plans are told of `shop/tables.orders`: each may have one."""
    return f"{ref.plan}/{ref}" if several else str(ref)


def value(shown: Any) -> str:
    """A public value on one line, in the flow style of the plan language."""
    if shown is None:
        return "none"
    if isinstance(shown, bool):
        return "true" if shown else "false"
    if isinstance(shown, str):
        return _cut(shown if _is_plain(shown) else json.dumps(shown, ensure_ascii=True))
    if isinstance(shown, Mapping):
        return _special(shown) or "{" + ", ".join(f"{_key(str(key))}: {value(v)}" for key, v in shown.items()) + "}"
    if isinstance(shown, list):
        return "[" + ", ".join(map(value, shown)) + "]"
    return str(shown)


def _is_plain(text: str) -> bool:
    """Whether a plan can hold the text without quotes, and still means this text."""
    if not _PLAIN.fullmatch(text) or _BROKEN.search(text):
        return False
    try:
        return isinstance(resolve(text), str)
    except NotANumber:
        return False


def _key(text: str) -> str:
    """Keys are always texts, so that those that read like numbers need no quotes."""
    return text if _PLAIN.fullmatch(text) and not _BROKEN.search(text) else json.dumps(text, ensure_ascii=True)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text)} characters)"


def _special(shown: Mapping[str, Any]) -> str | None:
    if "$hidden" in shown:
        return HIDDEN
    if "$known_after" in shown:
        return f"(known after {shown['$known_after']})"
    if "$base64" in shown:
        return f"(binary, {size(len(b64decode(shown['$base64'])))})"
    if "$sha256" in shown:
        return f"(zip, {size(shown['bytes'])}, sha256 {shown['$sha256']})"
    return None


def spelled_out(shown: Any) -> Any:
    """The same nested public value with what is hidden, known later or too long as words: for JSON that a person reads."""
    if isinstance(shown, Mapping):
        return _special(shown) or {key: spelled_out(inner) for key, inner in shown.items()}
    return [spelled_out(inner) for inner in shown] if isinstance(shown, list) else shown


def size(count: int) -> str:
    """Bytes as `812 B`, `12.3 kB`, `4.0 MB`."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


def count(number: int, noun: str) -> str:
    """`1 step`, `2 steps`, `2 indexes`, `2 retries`."""
    if number == 1:
        return f"1 {noun}"
    if noun.endswith("y"):
        return f"{number} {noun[:-1]}ies"
    return f"{number} {noun}{'es' if noun.endswith(('s', 'x')) else 's'}"


def differences(change: Change) -> Iterator[str]:
    """`field: before -> after`, one line a field, paths relative to the resource; of what is made anew, what it will be."""
    before, after = (_timed(change, side) for side in public.difference(change))
    path = ".".join(filter(None, (dotted(change.ref.path[2:]), change.field)))
    if change.whole and change.effect == "delete":
        yield f"{path or change.ref}: {value(before)} -> absent"
    elif before is None and not path and isinstance(after, Mapping):
        yield from (f"{key}: {value(inner)}" for key, inner in after.items())
    elif path and (before is not None or after is not None):
        yield from _differences(path, before, after)


def _timed(change: Change, side: Any) -> Any:
    """One side of a change with its lengths of time as a plan states them, with their units."""
    section = change.ref.section
    if change.whole and isinstance(side, Mapping):
        return {name: _in_units(section, name, inner) for name, inner in side.items()}
    return _in_units(section, change.field, side)


def _in_units(section: str, field: str, shown: Any) -> Any:
    row = KINDS[section].ROWS.get(field)
    for path in row.seconds if row is not None else ():
        shown = _with_unit(shown, tuple(filter(None, path.split("."))))
    return shown


def _with_unit(shown: Any, path: Sequence[str]) -> Any:
    """The same public value with the number at `path` as a length of time, where there is one."""
    if path and isinstance(shown, Mapping) and path[0] in shown:
        return {**shown, path[0]: _with_unit(shown[path[0]], path[1:])}
    return stated(shown) if not path and type(shown) is int else shown


def _differences(path: str, before: Any, after: Any) -> Iterator[str]:
    """Maps are compared key by key, all else as a whole. Two hidden values differ, though it does not show."""
    if not (_open(before) and _open(after)):
        yield f"{path}: {value(after)}" if before is None else f"{path}: {value(before)} -> {value(after)}"
        return
    for key in dict.fromkeys([*before, *after]):
        left, right = before.get(key), after.get(key)
        if left != right or left == public.HIDDEN:
            yield from _differences(f"{path}.{key}", left, right)


def _open(shown: Any) -> bool:
    """Whether a value is to be compared key by key."""
    return isinstance(shown, Mapping) and _special(shown) is None
