"""A table that is made, also in another's place: what one CreateTable gives it (A5), and what comes afterwards."""

from collections.abc import Mapping
from typing import Any

from orchestrator.kinds import settings, tags
from orchestrator.kinds.contract import Context, Diff
from orchestrator.kinds.table import billing, conflicts, indexes, keys, protection, recovery, shapes, warmth
from orchestrator.kinds.table.settings import ROWS
from orchestrator.kinds.table.spec import TableSpec
from orchestrator.kinds.table.subjects import Table
from orchestrator.model import Change


def diff(table: Table, context: Context) -> Diff:
    """One Change for the table and one for each index, all made by one CreateTable, then what it can't take.

    Where another table goes for it the Change of the table is a replacement.
    """
    spec, ref, old = table.declared, table.ref, table.old
    if spec.partition_key is None:
        return Diff(findings=(keys.missing(ref, context),))
    parts = indexes.diff(table, context)
    of_indexes = indexes.settings_diff(table, parts.changes, context)
    values = settings.values(ROWS, table, context, _cleared(spec))
    before = shapes.of_keys(old.keys) if old else None
    made = Change(ref, "", before, _shape(spec, values), "replace" if old else "create")
    cold = warmth.FIELD not in values
    protected = values.get(recovery.FIELD) or values.get(protection.FIELD)
    return Diff(
        changes=(made, *parts.changes, *settings.afterwards(ROWS, values, table), *of_indexes.changes),
        findings=(
            *parts.findings,
            *conflicts.findings(spec, None, parts.changes, ref, context),
            *([] if protected else [protection.none(ref, context)]),
            *(warmth.lost(ref, old.warm, made.after[billing.FIELD], context) if old and cold else ()),
        ),
        changing=frozenset({"stream_arn"} if old else {"arn", "stream_arn"}),  # an ARN is made of the name
    )


def _cleared(spec: TableSpec) -> frozenset[str]:
    """The settings of which nothing stays that the plan does not name."""
    return frozenset({tags.FIELD} if spec.tags is not None and tags.FIELD in spec.prune else ())


def _shape(spec: TableSpec, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a CreateTable will have made, in the plan's words."""
    key = shapes.stated_keys(spec)
    local = keys.new_local_indexes(spec, key)
    given = {billing.FIELD: billing.after(spec, None), **settings.createable(ROWS, values)}
    return {**key, **({keys.LOCAL: local} if local else {}), **warmth.initial(given, given[billing.FIELD])}
