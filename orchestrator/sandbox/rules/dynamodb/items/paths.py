"""Document paths in an item: the item with something else there, or with nothing but what is there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.kinds.task.grammar.syntax import Path, Wrong, listed
from orchestrator.kinds.task.grammar.values import Item, Value
from orchestrator.sandbox.rules.dynamodb import refusals
from orchestrator.sandbox.rules.refusal import Refusal


def put(item: Item, path: Path, value: Value) -> Item:
    """The item with `value` at `path`. A place beyond a list's end is its end. Raises Refusal where nothing leads there."""
    content: Item = _put(("M", item), path, value)[1]
    return content


def without(item: Item, path: Path) -> Item:
    """The item without what `path` leads to. Raises Refusal where what should hold it is not there."""
    content: Item = _without(("M", item), path)[1]
    return content


def _put(holder: Value | None, path: Path, value: Value) -> Value:
    step, rest = path[0], path[1:]
    content = _content(holder, step)
    if isinstance(step, str):
        return "M", {**content, step: _put(content.get(step), rest, value) if rest else value}
    inside = step < len(content)
    if rest and not inside:
        raise no_way()
    new = _put(content[step], rest, value) if rest else value
    return "L", (*content[:step], new, *content[step + 1 :]) if inside else (*content, new)


def _without(holder: Value | None, path: Path) -> Value:
    step, rest = path[0], path[1:]
    content = _content(holder, step)
    if isinstance(step, str):
        if rest:
            return "M", {**content, step: _without(content.get(step), rest)}
        return "M", {name: value for name, value in content.items() if name != step}
    if step >= len(content):
        if rest:
            raise no_way()
        return "L", content
    kept = (_without(content[step], rest),) if rest else ()
    return "L", (*content[:step], *kept, *content[step + 1 :])


def _content(holder: Value | None, step: str | int) -> Any:
    """What the map or list holds that the step goes into."""
    if holder is None or holder[0] != ("M" if isinstance(step, str) else "L"):
        raise no_way()
    return holder[1]


def no_way() -> Refusal:
    return refusals.invalid("The document path provided in the update expression is invalid for update")


# ----------------------------------------------------------------------------------------------------------- many at once


@dataclass(slots=True)
class _Branch:
    """What some paths have in common so far: the steps that go on, or that all below belongs to it."""

    whole: bool = False
    steps: dict[str | int, "_Branch"] = field(default_factory=dict)


def must_be_apart(paths: Iterable[Path]) -> None:
    """Raises Wrong where one of the paths is, or leads to, another, or where two take one place for a map and a list."""
    seen: list[Path] = []
    for path in paths:
        for other in seen:
            common = next((n for n, (a, b) in enumerate(zip(path, other, strict=False)) if a != b), None)
            if common is None:
                raise Wrong(
                    "Two document paths overlap with each other; must remove or rewrite one of these paths; "
                    f"path one: {listed(other)}, path two: {listed(path)}"
                )
            if isinstance(path[common], str) != isinstance(other[common], str):
                raise Wrong(
                    "Two document paths conflict with each other; must remove or rewrite one of these paths; "
                    f"path one: {listed(other)}, path two: {listed(path)}"
                )
        seen.append(path)


def projected(item: Item, paths: Iterable[Path]) -> Item:
    """What of an item these paths lead to; places of lists close up."""
    root = _Branch()
    for path in paths:
        branch = root
        for step in path:
            branch = branch.steps.setdefault(step, _Branch())
        branch.whole = True
    return _of_map(item, root)


def _of_map(content: Mapping[str, Value], branch: _Branch) -> dict[str, Value]:
    found = {
        step: _pruned(content[step], inner)
        for step, inner in branch.steps.items()
        if isinstance(step, str) and step in content
    }
    return {step: value for step, value in found.items() if value is not None}


def _pruned(value: Value, branch: _Branch) -> Value | None:
    if branch.whole:
        return value
    kind, content = value
    if kind == "M":
        inner = _of_map(content, branch)
        return ("M", inner) if inner else None
    if kind != "L":
        return None
    places = sorted(step for step in branch.steps if isinstance(step, int) and step < len(content))
    kept = [_pruned(content[step], branch.steps[step]) for step in places]
    found = tuple(value for value in kept if value is not None)
    return ("L", found) if found else None
