"""What pydantic finds wrong with a value, each mistake at its place in the plan; and what is left without them."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from orchestrator.model import Path


@dataclass(frozen=True, slots=True)
class Mistake:
    """One of pydantic's errors with its place in the plan.

    `branch`: it stands for one of several forms that the value might have had. `in_key`: it is about the key itself.
    """

    path: Path
    type: str
    value: Any
    context: Mapping[str, Any] = field(default_factory=dict)
    branch: bool = False
    in_key: bool = False


def checked(adapter: TypeAdapter[Any], value: Any, path: Path) -> tuple[Any, tuple[Mistake, ...]]:
    """`value`, which stands at `path`, as `adapter` makes it; else None and what is wrong with it."""
    try:
        return adapter.validate_python(value), ()
    except ValidationError as error:
        found = [_located(row, value, path) for row in error.errors(include_url=False)]
    deeper = {mistake.path[:end] for mistake in found for end in range(len(mistake.path))}
    # A mapping that is wrong inside is not also "expected off": its other forms are out of the question. Nor is a list too
    # short whose entries are wrong, which pydantic does not count.
    return None, tuple(one for one in found if not ((one.branch or one.type == "too_short") and one.path in deeper))


def _located(row: Any, value: Any, base: Path) -> Mistake:
    """Take the elements of pydantic's own making (names of union branches, tags, models) out of an error's location."""
    path, last, stripped = base, len(row["loc"]) - 1, False
    in_key = row["loc"][-1:] == ("[key]",)
    for number, element in enumerate(row["loc"]):
        names_field = number == last and row["type"] in ("missing", "extra_forbidden")
        if _is_inside(value, element) or (names_field and isinstance(element, str)):
            path, stripped = (*path, element), False
            value = value[element] if _is_inside(value, element) else None
        else:
            stripped = True
    return Mistake(path, row["type"], row["input"], row.get("ctx", {}), stripped and not in_key, in_key)


def _is_inside(value: Any, element: str | int) -> bool:
    if isinstance(value, dict):
        return element in value
    return isinstance(value, list) and isinstance(element, int) and element < len(value)


# ------------------------------------------------------------------------------------------------------ what is right


def sound(adapter: TypeAdapter[Any], body: Mapping[str, Any], wrong: Set[Path]) -> tuple[Any, frozenset[Path]]:
    """`body` as `adapter` makes it once nothing is in it that is wrong, and the paths of what was taken out of it.

    That is what stands at the paths of `wrong`; what holds it, where it can't be without; of a list that has a wrong item
    the whole, since places in it are counted. None where nothing of it would do.
    """
    gone: frozenset[Path] = frozenset()
    left: Any = body
    while wrong:
        taken = frozenset(out for path in wrong if (out := _standing(left, path)))
        if not taken:
            return None, gone
        gone |= taken
        left = _without(left, taken)
        model, mistakes = checked(adapter, left, ())
        if not mistakes:
            return model, gone
        wrong = {mistake.path for mistake in mistakes}
    return adapter.validate_python(left), gone


def _standing(body: Any, path: Path) -> Path:
    """The path of the nearest thing around `path`, or of itself, that stands under a key of a mapping; () without any."""
    found: Sequence[str | int] = ()
    for number, element in enumerate(path, 1):
        if not isinstance(body, dict) or element not in body:
            break
        body, found = body[element], path[:number]
    return tuple(found)


def _without(body: Any, gone: Set[Path], path: Path = ()) -> Any:
    """The same nested mappings without what stands at the paths of `gone`."""
    if not isinstance(body, dict):
        return body
    return {key: _without(inner, gone, (*path, key)) for key, inner in body.items() if (*path, key) not in gone}
