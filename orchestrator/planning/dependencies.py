"""Who waits for whom within one plan: `after` beside the references, and no circle."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from orchestrator.errors import Problem
from orchestrator.kinds import PARTS
from orchestrator.kinds.complaint import Complaint
from orchestrator.model import Ref
from orchestrator.planning.cycles import arrows, order
from orchestrator.planning.fill import RESOURCES, Filled
from orchestrator.planning.link import Declarations
from orchestrator.planning.problems import at
from orchestrator.planning.references import BadReference, parse_path
from orchestrator.planning.suggest import did_you_mean

Root = tuple[str, str]

FORMS = [
    form for root, parts in PARTS.items() for form in (f"{root}.ID", *(f"{root}.ID.{part}.NAME" for part in parts))
]
"""What `after` may name."""


def after(entries: Sequence[Any], root: Root, plan: str, declared: Declarations) -> Iterator[Ref | Complaint]:
    """The Ref that each entry of a resource's `after` names, or what is wrong with it. Those that are no strings are skipped."""
    for number, entry in enumerate(entries):
        if not isinstance(entry, str):
            continue
        try:
            path = _path(entry, root, declared)
        except BadReference as error:
            yield Complaint(("after", number), error.code, f"<path>: {error.message}", error.action)
        except _NotYet:
            message = f"<path>: waiting for `{entry}` is not supported yet."
            yield Complaint(("after", number), "not-supported-yet", message, "Leave it out for now.")
        else:
            yield Ref(plan, path)


class _NotYet(Exception):
    """An entry that names a task."""


def _path(entry: str, root: Root, declared: Declarations) -> tuple[str, ...]:
    path = parse_path(entry)
    if path and path[0] == "tasks":
        raise _NotYet
    forms = f"Write {' or '.join(FORMS)}."
    if path is None or path[0] not in RESOURCES or len(path) not in (2, 4):
        first = path[0] if path else entry.partition(".")[0]
        raise BadReference(f"`{entry}` names no resource.", did_you_mean(first, RESOURCES, forms))
    if len(path) == 4 and path[2] not in PARTS[path[0]]:
        raise BadReference(f"`{entry}` names no resource.", did_you_mean(path[2], list(PARTS[path[0]]), forms))
    if path[:2] == root:
        raise BadReference(f"`{entry}` is this resource itself.", "Leave it out.")
    for end in range(2, len(path) + 1, 2):
        declared.check(path[:end], entry)
    declared.check_gates(root, path, entry)
    return path


def circles(needs: Mapping[Root, Iterable[Ref]], filled: Filled) -> Iterator[Problem]:
    """A problem for each circle of resources that wait for each other."""
    edges: dict[Root, list[Root]] = {root: [] for root in needs}
    for root, refs in needs.items():
        edges[root] = [(ref.path[0], ref.path[1]) for ref in refs]
    for cycle in order(edges)[1]:
        shown = arrows(f"{section}.{name}" for section, name in cycle)
        message = f"These resources wait for each other: {shown}."
        action = "Break the circle: take out one `after`, or write out one reference."
        yield at(filled.key_place(cycle[0]), "cycle", message, action, cycle[0])
