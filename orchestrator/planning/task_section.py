"""The tasks of a plan: what each names is there, and what it says becomes Work."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestrator.errors import InvalidPlan, Problem
from orchestrator.kinds.complaint import Complaint
from orchestrator.kinds.function.spec import FUNCTIONS
from orchestrator.kinds.table.spec import TABLES
from orchestrator.kinds.task.complaints import NotConverted
from orchestrator.kinds.task.known import Known, KnownTable, indexed_keys, stated_keys
from orchestrator.kinds.task.spec import TASKS, TaskSpec
from orchestrator.kinds.task.works import work
from orchestrator.model import Declared, Ref, Text
from orchestrator.model import Path as Place
from orchestrator.model.work import Items, Work
from orchestrator.planning.declarations import Declarations
from orchestrator.planning.naming import Named, worked_on
from orchestrator.planning.references import BadReference
from orchestrator.planning.seeds import SeedFile, check
from orchestrator.planning.sources import Sources


def works_on(body: Any, logical: str, plan: str, declared: Declarations) -> Iterator[Ref | Complaint]:
    """The tables, functions and aliases that the task called `logical` works on, or what is wrong with one of them."""
    for found in worked_on(body):
        if _is_qualifier(found, declared):
            continue
        try:
            _check(found, (TASKS, logical), declared)
        except BadReference as error:
            yield Complaint(found.path, error.code, f"<path>: {error.message}", error.action)
        else:
            yield Ref(plan, found.target)


def _is_qualifier(found: Named, declared: Declarations) -> bool:
    """Whether it is an alias or a version that the plan says nothing of: that may be there nevertheless."""
    if len(found.target) == 2:
        return False
    return found.target[1] not in (declared.entries((FUNCTIONS,)) or {}) or found.written not in (
        declared.entries(found.target[:-1]) or {}
    )


def _check(found: Named, owner: tuple[str, str], declared: Declarations) -> None:
    """Raise BadReference unless the task may work on it: it is declared, it shall exist, and it is waited for."""
    declared.check(found.target, found.written)
    if declared.absent(found.target):
        shown = ".".join(found.target)
        raise BadReference(f"`{found.written}` is {shown}, which this plan declares absent.", "Remove one of them.")
    declared.check_gates(owner, found.target, found.written)


# --------------------------------------------------------------------------------------------------------------- works


def known(resources: Sequence[Declared], declared: Declarations) -> Known:
    """What tasks may know of the tables and functions of their plan, also of those that are wrong somewhere."""
    keys = {item.ref.path: stated_keys(item.spec) for item in resources}
    names = {
        section: {logical: _name(declared, (section, logical)) for logical in declared.entries((section,)) or ()}
        for section in (TABLES, FUNCTIONS)
    }
    indexed = {item.ref.path: indexed_keys(item.spec) for item in resources}
    tables = {
        logical: KnownTable(name, keys.get((TABLES, logical)), indexed.get((TABLES, logical), {}))
        for logical, name in names[TABLES].items()
    }
    return Known(tables, names[FUNCTIONS])


def _name(declared: Declarations, root: tuple[str, str]) -> str:
    name = declared.name(root)
    return name if isinstance(name, str) else root[1]


def made(spec: TaskSpec, about: Known, items: Items | None) -> Work | list[Complaint]:
    """The task's work, or all that is wrong with its values. What it names is known."""
    if shown := list(_hidden_keys(spec, about)):
        return shown
    try:
        return work(spec, about, items)
    except NotConverted as error:
        return list(error.complaints)


def seed_file(path: Path, table: KnownTable, sources: Sources) -> SeedFile | tuple[Problem, ...]:
    """The items of a file, read once, or all that is wrong with it: with its place in that file, if it has one."""
    keys = None if table.keys is None else tuple(table.keys.items())
    key = (path, (keys, tuple(sorted(table.indexed.items()))))
    if key not in sources.seeds:
        try:
            sources.seeds[key] = check(path, table.keys, table.indexed)
        except InvalidPlan as error:
            sources.seeds[key] = error.problems
    return sources.seeds[key]


def _hidden_keys(spec: TaskSpec, about: Known) -> Iterator[Complaint]:
    """A key is shown wherever an item is spoken of: no part of it can be a sensitive value."""
    for path, table, values in _keyed(spec):
        keys = about.tables[table].keys
        for name, value in values.items():
            in_key = path[-1] == "key" or name in (keys or ())
            if in_key and isinstance(value, Text) and value.hidden:
                message = "<path> is part of a key, which is shown: it can't take the value of a sensitive variable."
                action = "Sensitive values go into other attributes, payloads and the values of conditions."
                yield Complaint((*path, name), "sensitive-value", message, action)


def _keyed(spec: TaskSpec) -> Iterator[tuple[Place, str, Mapping[str, Any]]]:
    """The items and keys of a task: where, of which table, and what they say."""
    if spec.seed is not None:
        for number, item in enumerate(spec.seed.items or ()):
            yield ("seed", "items", number), spec.seed.table, item
    for number, action in enumerate(spec.transact or ()):
        field = "item" if action.put is not None else "key"
        yield ("transact", number, action.sort, field), action.body.table, getattr(action.body, field)


def real_names(refs: Sequence[Ref], about: Known) -> Mapping[Ref, str]:
    """The tables and functions among `refs`, each with its real name."""
    return {
        ref: about.tables[ref.name].name if ref.section == TABLES else about.functions[ref.name]
        for ref in refs
        if ref == ref.root
    }
