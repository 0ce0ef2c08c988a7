"""What differs between a declared table, with its indexes, and its live state."""

from collections.abc import Mapping
from typing import Any

from orchestrator.kinds import settings, tags
from orchestrator.kinds.contract import Context, Diff
from orchestrator.kinds.fields import Absent
from orchestrator.kinds.table import billing, conflicts, deletion, encryption, indexes, keys, shapes
from orchestrator.kinds.table.live import TableLive
from orchestrator.kinds.table.settings import BY_NAME, ROWS
from orchestrator.kinds.table.settling import verdict
from orchestrator.kinds.table.spec import TableSpec
from orchestrator.model import UNREAD, Broken, Change, Declared, Finding, Ref, Scope


def diff(declared: Declared, live: TableLive | None, context: Context) -> Diff:
    """A table being deleted counts as absent: the lane waits until it is gone (requirement B2)."""
    if isinstance(declared.spec, Absent):
        return deletion.diff(declared, live, context)
    if deletion.gone(live):
        return _creation(declared.spec, declared.ref, context)
    assert live is not None
    return _update(declared.spec, live, declared.ref, context)


def _creation(spec: TableSpec, ref: Ref, context: Context) -> Diff:
    """One Change for the table and one for each index, all made by one CreateTable (A5), then what it can't take."""
    if spec.partition_key is None:
        return Diff(findings=(keys.missing(ref, context),))
    parts = indexes.diff(spec, None, ref, context)
    table = Change(ref, "", None, _shape(spec, context), "create")
    return Diff(
        changes=(table, *parts.changes, *settings.afterwards(ROWS, spec, ref, context)),
        findings=(
            *parts.findings,
            *billing.mode_conflicts(spec, None, ref, context),
            *conflicts.findings(spec, None, parts.changes, ref, context),
            *_unprotected(spec, None, ref, context),
        ),
        changing=frozenset({"arn", "stream_arn"}),
    )


def _shape(spec: TableSpec, context: Context) -> Mapping[str, Any]:
    """What a CreateTable will have made, in the plan's words."""
    local = keys.new_local_indexes(spec)
    return {
        **shapes.stated_keys(spec),
        **({keys.LOCAL: local} if local else {}),
        "billing": billing.after(spec, None),
        **{row.name: wanted for row, wanted in settings.stated(ROWS, spec, context) if row.create},
    }


def _update(spec: TableSpec, live: TableLive, ref: Ref, context: Context) -> Diff:
    parts = indexes.diff(spec, live, ref, context)
    staying = indexes.staying(spec, live, parts.changes)
    units = billing.index_changes(spec, live, staying, ref, context)
    others = tags.beyond(ref, {} if live.tags is UNREAD else live.tags, spec.tags, spec.prune)
    own = [*others.changes, *settings.differences(ROWS, spec, live, ref, context)]
    return Diff(
        changes=(*own, *units, *parts.changes),
        unmanaged=(*parts.unmanaged, *others.unmanaged),
        findings=(
            *keys.changed(spec, live, ref, context),
            *encryption.findings(spec, live, ref, context),
            *billing.mode_conflicts(spec, live, ref, context),
            *conflicts.findings(spec, live, parts.changes, ref, context),
            *billing.numbers_for_unmanaged(spec, units, context),
            *billing.budget(live, [*own, *units], context),
            *_class_budget(live, own, context),
            *(hazard for change in own for hazard in settings.hazards(BY_NAME[change.field], change, context)),
            *parts.findings,
            *_broken(live, ref, context),
            *_unprotected(spec, live, ref, context),
        ),
        changing=frozenset({"stream_arn"} if any(change.field == "stream" for change in own) else ()),
    )


def _class_budget(live: TableLive, changes: list[Change], context: Context) -> list[Finding]:
    """AWS takes two changes of class in 30 days (14.1, rule 7); DescribeTable tells only when the last one was."""
    return [
        context.finding(
            "warning",
            "class-budget",
            change.ref,
            change.field,
            f"The table class was changed last on {live.class_changed:%Y-%m-%d}; AWS allows two changes in 30 days, so this "
            "one may be refused.",
        )
        for change in changes
        if change.field == "table_class" and live.class_changed is not None
    ]


def _broken(live: TableLive, ref: Ref, context: Context) -> list[Finding]:
    seen = verdict(live, Scope.WHOLE)
    if not isinstance(seen, Broken):
        return []
    action = "Mend that first; until then AWS refuses changes of this table."
    return [context.finding("warning", "table-broken", ref, "", f"{ref}: {seen.reason}.", action)]


def _unprotected(spec: TableSpec, live: TableLive | None, ref: Ref, context: Context) -> list[Finding]:
    """A table that will have neither protection once the plan holds (requirement B10); what was not read counts as one."""
    recovery = spec.point_in_time_recovery.enabled if spec.point_in_time_recovery else None
    protection = spec.deletion_protection
    if recovery is None and live is not None:
        recovery = live.pitr is UNREAD or live.pitr.enabled
    if protection is None and live is not None:
        protection = live.deletion_protection
    if recovery or protection:
        return []
    message = f"{ref} has neither point-in-time recovery nor deletion protection."
    action = "Consider `point_in_time_recovery: true` or `deletion_protection: true`."
    return [context.finding("warning", "unprotected-table", ref, "", message, action)]
