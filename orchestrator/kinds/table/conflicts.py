"""What a table and its indexes must not be together: of two types, of one name, too many, or billed in two ways.

The same rules hold of what a plan declares and of what a live table will be once the plan holds.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from orchestrator.kinds.complaint import Complaint
from orchestrator.kinds.contract import Context
from orchestrator.kinds.parts import present
from orchestrator.kinds.table import billing, indexes, keys, scaling, shapes
from orchestrator.kinds.table.live import TableLive
from orchestrator.kinds.table.shapes import KEYS, PROJECTION, Shape
from orchestrator.kinds.table.spec import INDEXES, IndexSpec, TableSpec
from orchestrator.model import Change, Finding, Path, Ref

MOST_INDEXES = 20
MOST_PROJECTED = 100
MOST_UNITS = 40_000
"""Global indexes of one table (adjustable), attributes in all its projection lists together, and units of each side that it may
be provisioned with (adjustable; fact sheet 4.2), its indexes' among them (botocore, DescribeLimits).
"""


@dataclass(frozen=True, slots=True)
class Together:
    """The shapes of a table and of its indexes, those that stay and those that are new, and how the table is billed.

    `billing` is None where nothing says it.
    """

    table: Shape
    local: Mapping[str, Shape]
    staying: Mapping[str, Shape]
    new: Mapping[str, Shape]
    billing: Any = None

    def shapes(self) -> Iterator[tuple[Path, Shape]]:
        """Each with its path, those last that a plan can still change."""
        yield (), self.table
        yield from ((("local_indexes", name), shape) for name, shape in self.local.items())
        yield from (((INDEXES, name), shape) for name, shape in {**self.staying, **self.new}.items())


def declared(spec: TableSpec) -> Together:
    """As the plan says, with nothing in place of what it does not say."""
    own = shapes.stated_keys(spec)
    local = {name: shapes.stated_local_index(index, own) for name, index in (spec.local_indexes or {}).items()}
    new = {
        name: shapes.stated_index(index) for name, index in (spec.indexes or {}).items() if isinstance(index, IndexSpec)
    }
    return Together(own, local, {}, new, billing.wanted(spec))


def merged(spec: TableSpec, table: TableLive | None, changes: Sequence[Change]) -> Together:
    """As things will be once the plan holds. `changes` are those of the indexes."""
    new = {change.ref.name: change.after for change in changes if change.comes}
    billed = billing.after(spec, table)
    if table is None:
        return Together(
            shapes.stated_keys(spec), keys.new_local_indexes(spec, shapes.stated_keys(spec)), {}, new, billed
        )
    there = indexes.present(table)
    return Together(
        shapes.of_keys(table.keys),
        {name: shapes.of_index(index) for name, index in table.local_indexes.items()},
        {name: shapes.of_index(there[name]) for name in indexes.staying(spec, table, changes)},
        new,
        billed,
    )


def findings(
    spec: TableSpec, table: TableLive | None, changes: Sequence[Change], ref: Ref, context: Context
) -> list[Finding]:
    """Errors that AWS would answer in the middle of a run. `changes` are those of the indexes."""
    after = merged(spec, table, changes)
    found = [_finding(complaint, ref, context) for complaint in complaints(spec, after)]
    named = [*after.staying, *after.new]
    units = _throughput(spec, table, named, ref, context)
    return [*found, *_quota(after, len(indexes.present(table)), ref, context), *units]


def _finding(complaint: Complaint, ref: Ref, context: Context) -> Finding:
    """What is about an index is told of the index."""
    section, *rest = complaint.path
    if section != INDEXES or not rest:
        return context.complaint(ref, complaint)
    return context.complaint(ref.child(section, str(rest[0])), replace(complaint, path=tuple(rest[1:])))


def _quota(after: Together, live: int, ref: Ref, context: Context) -> Iterator[Finding]:
    """A table that has more indexes than the default already shows that its account's quota was raised."""
    count = len(after.staying) + len(after.new)
    if after.new and count > max(MOST_INDEXES, live):
        message = f"{ref} would have {count} global secondary indexes; AWS allows {MOST_INDEXES}."
        yield context.finding("error", "gsi-quota", ref, INDEXES, message, "Delete indexes, or have the quota raised.")


def _throughput(
    spec: TableSpec, table: TableLive | None, named: Sequence[str], ref: Ref, context: Context
) -> Iterator[Finding]:
    """`named` are the indexes that there will be. A warning only: whether the quota was raised can't be seen of a new table."""
    own = billing.after(spec, table)
    if billing.on_demand(own) or spec.billing is None:
        return
    places = [own, *(_units(spec, table, name, own) for name in named)]
    for side in own[billing.PROVISIONED]:
        total = sum(place[billing.PROVISIONED][side] for place in places)
        if total > MOST_UNITS:
            message = f"{ref} is to have {total:,} {side} units with its indexes; AWS allows {MOST_UNITS:,} by default."
            action = "State fewer, or see that the account's quota was raised."
            yield context.finding("warning", "throughput-quota", ref, billing.FIELD, message, action)


def _units(spec: TableSpec, table: TableLive | None, name: str, of_table: Any) -> Any:
    """The numbers of an index: stated, else what it has, else its table's."""
    wanted, there = present(spec.indexes).get(name), indexes.present(table).get(name)
    if wanted and wanted.billing:
        return billing.form(wanted.billing.provisioned)
    return of_table if there is None or table is None or table.on_demand else billing.form(there.capacity)


# ---------------------------------------------------------------------------------------------------------------- rules


def complaints(spec: TableSpec, together: Together) -> Iterator[Complaint]:
    """What is wrong with a table and its indexes `together`; `spec` is what the plan says of them."""
    for rule in RULES:
        yield from rule(spec, together)


def _one_type_each(spec: TableSpec, together: Together) -> Iterator[Complaint]:
    """An attribute has one type in all keys of a table (fact sheet 2.4)."""
    first: dict[str, tuple[str, str]] = {}
    for path, shape in together.shapes():
        for role in KEYS:
            for attribute, kind in shape.get(role, {}).items():
                known, where = first.setdefault(attribute, (kind, _title(path, role)))
                if known != kind:
                    message = (
                        f"<path>: `{attribute}` is {kind} here but {known} in {where}; in the keys of one table and its "
                        "indexes it can have one type only."
                    )
                    action = "Use another attribute, or one type; an index that has the other one is deleted first."
                    yield Complaint((*path, role, attribute), "attribute-type", message, action)


def _title(path: Path, role: str) -> str:
    return f"`{role}` of {f'index {path[-1]}' if path else 'the table'}"


def _one_name_each(spec: TableSpec, together: Together) -> Iterator[Complaint]:
    for name in spec.indexes or {}:
        if name in together.local:
            message = f"<path>: `{name}` is the name of a local index of this table too."
            yield Complaint((INDEXES, name), "index-name-taken", message, "Give one of them another name.")


def _projected(spec: TableSpec, together: Together) -> Iterator[Complaint]:
    """All lists together, repetitions counted (fact sheet 4.2)."""
    projections = [shape.get(PROJECTION) for _, shape in together.shapes()]
    total = sum(len(attributes) for attributes in projections if isinstance(attributes, list))
    if total > MOST_PROJECTED:
        message = (
            f"<path>: the projections of this table's indexes list {total} attributes; AWS allows {MOST_PROJECTED}."
        )
        action = "Use `projection: all` for some, or shorten the lists; an attribute in two lists counts twice."
        yield Complaint((INDEXES,), "projection-quota", message, action)


def _billing(spec: TableSpec, together: Together) -> Iterator[Complaint]:
    """An index has numbers of its own only where the table is provisioned."""
    for name, index in (spec.indexes or {}).items():
        if isinstance(index, IndexSpec) and index.billing and billing.on_demand(together.billing):
            message = f"<path>: index {name} states provisioned throughput, but its table is billed on demand."
            action = "Leave it out, or state `billing: {provisioned: …}` for the table too."
            yield Complaint((INDEXES, name, "billing"), "index-billing-mode", message, action)


def _scaling(spec: TableSpec, together: Together) -> Iterator[Complaint]:
    """Auto scaling moves provisioned numbers; AWS takes no new target of a table that is billed on demand (fact sheet 2.5)."""
    for index, stated in scaling.of_each(spec).items():
        path = (INDEXES, index) if index else ()
        if scaling.begins(stated) and billing.on_demand(together.billing):
            message = "<path> is stated, but the table is billed on demand, where there is nothing to scale."
            action = "Leave it out, or state `billing: {provisioned: …}` for the table."
            yield Complaint((*path, "autoscaling"), "scaling-on-demand", message, action)


RULES: tuple[Callable[[TableSpec, Together], Iterator[Complaint]], ...] = (
    _one_type_each,
    _one_name_each,
    _projected,
    _billing,
    _scaling,
)
