"""A plan in stages as a plan for each of them: what the stages up to it say, merged, stands at the top level.

Nodes enter and leave, so that everything keeps its place in the file, and each of these plans is loaded like any other.
Merged are mappings that hold entries or settings which are stated in part (`MERGED` in the models); whatever else a later
stage says takes the place of what stood there, wholly. A task that an earlier stage did is left out where a later one takes
away what it worked on.
"""

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Lookup
from dataclasses import dataclass, field, replace
from typing import Any

from orchestrator.kinds import PARTS
from orchestrator.kinds.complaint import Complaint
from orchestrator.kinds.function.spec import FUNCTIONS, FunctionSpec
from orchestrator.kinds.table.spec import TABLES, TableSpec
from orchestrator.kinds.task.spec import TASKS
from orchestrator.model import Position
from orchestrator.planning.fill import SECTIONS
from orchestrator.planning.merged import Pattern, merged
from orchestrator.planning.naming import named
from orchestrator.planning.nodes import Entry, Mapping, Node, Scalar, Sequence

MAX_VALUES = 200_000
"""In all stages' plans together: what one file may hold."""

PIECEMEAL: frozenset[Pattern] = frozenset(
    [
        (TABLES,),
        (TABLES, "*"),
        *merged(TableSpec, (TABLES, "*")),
        (FUNCTIONS,),
        (FUNCTIONS, "*"),
        *merged(FunctionSpec, (FUNCTIONS, "*")),
        (TASKS,),
    ]
)
"""Where two mappings are merged key by key; `*` stands for a name. Everywhere else the later one replaces the earlier."""

_KEY = ("partition_key", "sort_key")
"""Two settings that are one value: who states one of them states both."""
_IDENTITY: dict[Pattern, tuple[str, ...]] = {
    ("tables", "*"): ("name",),
    ("functions", "*"): ("name",),
    ("functions", "*", "event_sources", "*"): ("source", "alias"),
}
"""What tells which real thing is meant: it holds on where a thing becomes absent, or comes back."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage as a plan of its own.

    `root` is the plan's tree with what the stages up to this one say. `done` are the tasks that were done before and are no
    part of it any more, `later` the things that later stages declare, by their paths, each with the number of the first that
    does.
    """

    number: int
    last: bool
    root: Mapping
    done: frozenset[str] = frozenset()
    later: Lookup[tuple[str, ...], int] = field(default_factory=dict)


class TooLarge(Exception):
    """The stages' plans have more values than can be looked through."""


def in_stages(root: Mapping) -> bool:
    """Whether a plan has stages, right or wrong."""
    return bool(_entries(found) if isinstance(found := _value(root, "stages"), Mapping) else _stages(root))


def outline(root: Mapping) -> Mapping:
    """The plan without what its stages hold, to check the rest of it."""
    entries = [
        replace(entry, value=_emptied(entry.value)) if entry.key == "stages" else entry for entry in root.entries
    ]
    return replace(root, entries=tuple(entries))


def stages(root: Mapping) -> Iterator[Stage]:
    """The plan of each stage. Raises TooLarge.

    What stands beside the stages is refused elsewhere; here it counts as said before them, so that nothing else seems wrong.
    """
    so_far = _holding(root.position, (entry for entry in root.entries if entry.key != "stages"))
    size = 0
    found = _stages(root)
    for number, stage in enumerate(found):
        if not isinstance(stage, Mapping):
            continue
        for section in SECTIONS:
            if (body := _value(stage, section)) is not None:
                so_far = _with(so_far, section, body)
        so_far, done = _without_done(so_far, stage)
        size += so_far.size
        if size > MAX_VALUES:
            raise TooLarge
        yield Stage(number, number == len(found) - 1, so_far, done, _later(found, number))


def _stages(root: Mapping) -> tuple[Node, ...]:
    found = _value(root, "stages")
    return found.items if isinstance(found, Sequence) else ()


def _emptied(stages: Node) -> Node:
    if isinstance(stages, Mapping):
        return replace(stages, entries=())
    if not isinstance(stages, Sequence):
        return stages
    return replace(stages, items=tuple(_hollow(stage) for stage in stages.items))


def _hollow(stage: Node) -> Node:
    """A stage whose sections hold nothing, as far as they are mappings at all."""
    if not isinstance(stage, Mapping):
        return stage
    entries = [
        replace(entry, value=replace(entry.value, entries=()))
        if entry.key in SECTIONS and isinstance(entry.value, Mapping)
        else entry
        for entry in stage.entries
    ]
    return replace(stage, entries=tuple(entries))


def same_names(stages: Any) -> Iterator[Complaint]:
    """A complaint for each stage that is called like one before it, whatever else is wrong with them."""
    found = stages if isinstance(stages, list) else []
    names = [stage.get("stage") if isinstance(stage, dict) else None for stage in found]
    for number, name in enumerate(names):
        if isinstance(name, str) and name in names[:number]:
            message = f"<path>: `{name}` is the name of an earlier stage already."
            yield Complaint(("stages", number, "stage"), "same-stage", message, "Give each stage a name of its own.")


# ------------------------------------------------------------------------------------------------------------- merging


def _with(root: Mapping, section: str, body: Node) -> Mapping:
    """The tree with a section of a stage merged into it. What is no mapping is refused by the outline."""
    if not isinstance(body, Mapping):
        return root
    return _united(root, _holding(root.position, [Entry(section, body.position, body)]), ())


def _merged(earlier: Node, later: Node, pattern: Pattern) -> Node:
    """What two stages say of one place."""
    if _absent(earlier) or _absent(later):
        return _identified(earlier, later, pattern)
    if isinstance(earlier, Mapping) and isinstance(later, Mapping) and pattern in PIECEMEAL:
        return _united(earlier, later, pattern)
    return later


def _united(earlier: Mapping, later: Mapping, pattern: Pattern) -> Mapping:
    found = {entry.key: entry for entry in earlier.entries}
    stated = {entry.key for entry in later.entries}
    if not stated.isdisjoint(_KEY):
        found = {key: entry for key, entry in found.items() if key not in _KEY}
    for entry in later.entries:
        there = found.get(entry.key)
        inner = (*pattern, entry.key if len(pattern) % 2 == 0 else "*")
        found[entry.key] = entry if there is None else _both(there, entry, inner)
    return _holding(earlier.position, found.values())


def _both(there: Entry, entry: Entry, pattern: Pattern) -> Entry:
    """Where a mapping is added to, its key stays at its first place: what is wrong with it is told there, and once."""
    value = _merged(there.value, entry.value, pattern)
    return replace(entry if value is entry.value else there, value=value)


def _absent(node: Node) -> bool:
    if isinstance(node, Mapping):
        return any(entry.key == "ensure" for entry in node.entries)
    return isinstance(node, Scalar) and node.value == "absent"


def _identified(earlier: Node, later: Node, pattern: Pattern) -> Node:
    """`later`, still about the thing that `earlier` names."""
    if not isinstance(earlier, Mapping) or not (isinstance(later, Mapping) or _absent(later)):
        return later
    stated = later.entries if isinstance(later, Mapping) else (Entry("ensure", later.position, later),)
    said = {entry.key for entry in stated}
    kept = [entry for entry in earlier.entries if entry.key in _IDENTITY.get(pattern, ()) and entry.key not in said]
    return _holding(later.position, (*stated, *kept)) if kept else later


def _holding(position: Position, entries: Iterable[Entry]) -> Mapping:
    """A mapping of these entries."""
    found = tuple(entries)
    size = 1 + sum(entry.value.size for entry in found)
    return Mapping(found, position, size, 1 + max((entry.value.height for entry in found), default=0))


# ------------------------------------------------------------------------------------------------- between the stages


def _without_done(root: Mapping, stage: Mapping) -> tuple[Mapping, frozenset[str]]:
    """The tree without those tasks of earlier stages that work on what shall not exist any more, and their ids."""
    tasks = _entries(_value(root, "tasks"))
    stated = {entry.key for entry in _entries(_value(stage, "tasks"))}
    gone = _gone(root)
    done = {entry.key for entry in tasks if entry.key not in stated and not gone.isdisjoint(named(entry.value))}
    if not done:
        return root, frozenset()
    left = [entry for entry in tasks if entry.key not in done]
    entries = [
        replace(entry, value=_holding(entry.value.position, left)) if entry.key == "tasks" else entry
        for entry in root.entries
    ]
    return _holding(root.position, entries), frozenset(done)


def _gone(root: Mapping) -> frozenset[tuple[str, ...]]:
    return frozenset(path for path, node in _declared(root) if _absent(node))


def _declared(stage: Mapping) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Every table, function and task of a stage, and what is named below it, by its path."""
    for section in SECTIONS:
        for entry in _entries(_value(stage, section)):
            yield (section, entry.key), entry.value
            for part in PARTS.get(section, ()):
                body = _value(entry.value, part) if isinstance(entry.value, Mapping) else None
                yield from (((section, entry.key, part, inner.key), inner.value) for inner in _entries(body))


def _later(found: tuple[Node, ...], number: int) -> dict[tuple[str, ...], int]:
    """What stages after the `number`-th declare, each with the first of them that does."""
    later: dict[tuple[str, ...], int] = {}
    for place, stage in enumerate(found[number + 1 :], number + 1):
        if isinstance(stage, Mapping):
            for path, _ in _declared(stage):
                later.setdefault(path, place)
    return later


# -------------------------------------------------------------------------------------------------------- taking apart


def _value(node: Node, key: str) -> Node | None:
    return next((entry.value for entry in _entries(node) if entry.key == key), None)


def _entries(node: Node | None) -> tuple[Entry, ...]:
    return node.entries if isinstance(node, Mapping) else ()
