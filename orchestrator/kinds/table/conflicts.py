"""What the keys of one table and its indexes must not be together: of two types, of one name, or too many."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.kinds.contract import Context
from orchestrator.kinds.table import indexes, keys, shapes
from orchestrator.kinds.table.live import TableLive
from orchestrator.kinds.table.shapes import PARTITION, PROJECTION, Shape
from orchestrator.kinds.table.spec import TableSpec
from orchestrator.model import Change, Finding, Ref

MOST_INDEXES = 20
MOST_PROJECTED = 100
"""Global indexes of one table (adjustable), and attributes in all its projection lists together (fact sheet 4.2)."""


@dataclass(frozen=True, slots=True)
class After:
    """The shapes of a table and its indexes once the plan is made so."""

    table: Shape
    local: Mapping[str, Shape]
    staying: Mapping[str, Shape]
    new: Mapping[str, Shape]

    @property
    def indexes(self) -> Mapping[str, Shape]:
        return {**self.local, **self.staying, **self.new}


def findings(
    spec: TableSpec, table: TableLive | None, changes: Sequence[Change], ref: Ref, context: Context
) -> list[Finding]:
    """Errors that AWS would answer in the middle of a run. `changes` are those of the indexes."""
    new = {change.ref.name: change.after for change in changes if change.effect in ("create", "replace")}
    if table is None:
        after = After(shapes.stated_keys(spec), keys.new_local_indexes(spec), {}, new)
    else:
        there = indexes.present(table)
        after = After(
            shapes.of_keys(table.keys),
            {name: shapes.of_index(index) for name, index in table.local_indexes.items()},
            {name: shapes.of_index(there[name]) for name in indexes.staying(spec, table, changes)},
            new,
        )
    return [
        *_types(after, ref, context),
        *_names(spec, after, ref, context),
        *_amounts(after, len(indexes.present(table)), ref, context),
    ]


def _types(after: After, ref: Ref, context: Context) -> Iterator[Finding]:
    """An attribute has one type in all keys of a table (fact sheet 2.4)."""
    users: dict[str, dict[str, str]] = defaultdict(dict)
    for user, shape in [(str(ref), after.table), *after.indexes.items()]:
        for attribute, kind in shapes.attributes(shape).items():
            other = next((name for name, used in users[attribute].items() if used != kind), None)
            users[attribute][user] = kind
            if other is None:
                continue
            yield context.finding(
                "error",
                "attribute-type",
                ref.child("indexes", user) if user in after.new else ref,
                PARTITION,
                f"Attribute {attribute} is {kind} in {user} but {users[attribute][other]} in {other}; in the keys of one "
                "table and its indexes it can have one type only.",
                "Use another attribute, or delete every index that uses it with the other type first.",
            )


def _names(spec: TableSpec, after: After, ref: Ref, context: Context) -> Iterator[Finding]:
    for name in (spec.indexes or {}).keys() & after.local.keys():
        message = f"{ref} has a local index named {name} already."
        child = ref.child("indexes", name)
        yield context.finding("error", "index-name-taken", child, "", message, "Give the index another name.")


def _amounts(after: After, live: int, ref: Ref, context: Context) -> Iterator[Finding]:
    """Quotas. A table that has more indexes than the default already shows that its account's was raised."""
    count = len(after.staying) + len(after.new)
    if after.new and count > max(MOST_INDEXES, live):
        message = f"{ref} would have {count} global secondary indexes; AWS allows {MOST_INDEXES}."
        yield context.finding(
            "error", "gsi-quota", ref, "indexes", message, "Delete indexes, or have the quota raised."
        )
    projections = [shape.get(PROJECTION) for shape in after.indexes.values()]
    projected = sum(len(attributes) for attributes in projections if isinstance(attributes, list))
    if after.new and projected > MOST_PROJECTED:
        message = f"The indexes of {ref} would project {projected} listed attributes; AWS allows {MOST_PROJECTED}."
        action = "Project all, or shorten the lists; an attribute in two lists counts twice."
        yield context.finding("error", "projection-quota", ref, "indexes", message, action)
