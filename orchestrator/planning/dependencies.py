"""Who waits for whom within one plan: `after` beside the references, and no circle."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from orchestrator.errors import Problem
from orchestrator.kinds import PARTS
from orchestrator.kinds.complaint import Complaint
from orchestrator.kinds.task.spec import TASKS
from orchestrator.model import Ref, dotted
from orchestrator.planning.cycles import arrows, order
from orchestrator.planning.declarations import Declarations
from orchestrator.planning.fill import SECTIONS, Filled
from orchestrator.planning.problems import at
from orchestrator.planning.references import BadReference, parse_path
from orchestrator.planning.suggest import did_you_mean, nearest

Root = tuple[str, str]

FORMS = [
    form for root in SECTIONS for form in (f"{root}.ID", *(f"{root}.ID.{part}.NAME" for part in PARTS.get(root, ())))
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
        else:
            if not declared.done(path):
                yield Ref(plan, path)


def _path(entry: str, root: Root, declared: Declarations) -> tuple[str, ...]:
    path = parse_path(entry)
    forms = f"Write {' or '.join(FORMS)}."
    if path is None or path[0] not in SECTIONS or len(path) not in (2, 4):
        raise BadReference(f"`{entry}` names no resource and no task.", _meant(entry, path) or forms)
    parts = PARTS.get(path[0], {})
    if len(path) == 4 and path[2] not in parts:
        raise BadReference(f"`{entry}` names no resource and no task.", did_you_mean(path[2], parts, forms))
    if path[:2] == root:
        raise BadReference(f"`{entry}` is this {'task' if root[0] == TASKS else 'resource'} itself.", "Leave it out.")
    for end in range(2, len(path) + 1, 2):
        declared.check(path[:end], entry)
    declared.check_gates(root, path, entry)
    return path


def _meant(entry: str, path: Sequence[str] | None) -> str:
    """What somebody who wrote another section probably meant, with the rest as it is written; empty where none is near."""
    first = path[0] if path else entry.partition(".")[0]
    section = nearest(first, SECTIONS)
    if section is None or path is None or len(path) not in (2, 4):
        return did_you_mean(first, SECTIONS)
    return f"Did you mean `{dotted((section, *path[1:]))}`?"


def circles(needs: Mapping[Root, Iterable[Ref]], filled: Filled) -> Iterator[Problem]:
    """A problem for each circle of resources that wait for each other."""
    edges: dict[Root, list[Root]] = {root: [] for root in needs}
    for root, refs in needs.items():
        edges[root] = [(ref.path[0], ref.path[1]) for ref in refs]
    for cycle in order(edges)[1]:
        shown = arrows(f"{section}.{name}" for section, name in cycle)
        what = "" if any(section == TASKS for section, _ in cycle) else " resources"
        message = f"These{what} wait for each other: {shown}."
        action = "Break the circle: take out one `after`, or write out one reference."
        yield at(filled.key_place(cycle[0]), "cycle", message, action, cycle[0])


def unfinished(declared: Declarations) -> Iterator[Complaint]:
    """What can't be said where another stage follows: it starts when all of this one is settled, and may name more."""
    for path in declared.pruning():
        message = "<path>: only the last stage may prune, for a later one may name what this one does not."
        yield Complaint((*path, "prune"), "prunes-early", message, "Move it to the last stage.")
    for path in declared.background():
        message = "<path>: the next stage starts once all of this one is settled, nothing of it is in the background."
        action = "Leave the gate out, or move what may take long to the last stage."
        yield Complaint((*path, "gate"), "waits-for-background", message, action)
