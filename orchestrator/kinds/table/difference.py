"""What differs between a declared table, with its indexes, and its live state."""

from orchestrator.kinds import settings, tags
from orchestrator.kinds.contract import Context, Diff, joined
from orchestrator.kinds.fields import Absent
from orchestrator.kinds.table import (
    billing,
    budgets,
    conflicts,
    creation,
    deletion,
    global_scaling,
    indexes,
    inheritance,
    keys,
    protection,
    replacement,
    replica_rules,
    replicas,
    scaled_units,
    stream,
    subjects,
    warmth,
)
from orchestrator.kinds.table.live import TableLive
from orchestrator.kinds.table.seen import Seen, here
from orchestrator.kinds.table.settings import ROWS
from orchestrator.kinds.table.settling import ARCHIVES, verdict
from orchestrator.kinds.table.spec import TableSpec
from orchestrator.kinds.table.subjects import Table
from orchestrator.model import UNREAD, Broken, Declared, Finding, Ref, Scope


def diff(declared: Declared, seen: Seen, context: Context) -> Diff:
    """A table being deleted counts as absent: the lane waits until it is gone (requirement B2)."""
    live = here(seen)
    if isinstance(declared.spec, Absent):
        return deletion.diff(declared, seen, context)
    table = subjects.table(declared, None if deletion.gone(live) else live)
    replaced = table.live is not None and replacement.due(table)
    if replaced:
        own = replacement.diff(table, context)
    else:
        own = creation.diff(table, context) if table.live is None else _update(table, context)
    return _once_settled(_with_replicas(own, table, seen, context, replaced=replaced), table, context)


BY_MODE = frozenset({"index-billing-mode", "scaling-on-demand", "replica-writes"})
"""The errors that a table billed in the other way would not have."""


def _once_settled(found: Diff, table: Table, context: Context) -> Diff:
    """What is wrong by the billing alone may be right once somebody else's switch of it is over; until then nobody can tell."""
    wrong = [finding for finding in found.findings if finding.level == "error"]
    if not wrong or not _may_be_switched(table) or any(finding.code not in BY_MODE for finding in wrong):
        return found
    told = (
        context.finding(
            "warning",
            "billing-moves",
            finding.ref or table.ref,
            "",
            f"{finding.message} The table is UPDATING, perhaps to be billed in another way, so it is planned once that is over.",
            finding.action,
        )
        for finding in wrong
    )
    return Diff(findings=(*told, *(finding for finding in found.findings if finding not in wrong)), deferred=True)


def _may_be_switched(table: Table) -> bool:
    """A switch puts the table and every index in UPDATING; the table may be the first to be ACTIVE again (fact sheet 2.5)."""
    if table.live is None or table.declared.billing is not None:
        return False
    return "UPDATING" in (table.seen.status, *(index.status for index in table.seen.indexes.values()))


def _with_replicas(own: Diff, table: Table, seen: Seen, context: Context, *, replaced: bool) -> Diff:
    of_replicas = replicas.diff(table, context, replaced=replaced)
    found = replica_rules.findings(table, seen, of_replicas.changes, context)
    several = () if replaced else global_scaling.differences(table, [*own.changes, *of_replicas.changes])
    inherited = inheritance.findings(table.ref, table.declared, seen, own.changes, context)
    left = inheritance.of_indexes(table.ref, table.declared, seen)
    dormant = scaled_units.dormant(table, own.changes, context)
    said = Diff((*several, *left), findings=(*found, *inherited, *dormant))
    return joined(own, of_replicas, said, scaled_units.diff(table, context))


def _update(table: Table, context: Context) -> Diff:
    spec, live, ref = table.declared, table.seen, table.ref
    parts = indexes.diff(table, context)
    of_indexes = indexes.settings_diff(table, parts.changes, context)
    others = tags.beyond(ref, {} if live.tags is UNREAD else live.tags, spec.tags, spec.prune)
    own = [*others.changes, *settings.differences(ROWS, table, context)]
    return Diff(
        changes=(*warmth.lasting([*own, *of_indexes.changes]), *parts.changes),
        unmanaged=(*parts.unmanaged, *others.unmanaged),
        findings=(
            *keys.changed(spec, live, ref, context),
            *conflicts.findings(spec, live, parts.changes, ref, context),
            *billing.numbers_for_unmanaged(spec, of_indexes.changes, context),
            *billing.indexes_kept(table, indexes.staying(spec, live, parts.changes), own, context),
            *settings.hazards(ROWS, own, table, context),
            *budgets.findings(live, (*own, *of_indexes.changes), ref, context),
            *of_indexes.findings,
            *parts.findings,
            *_broken(live, ref, context),
            *_unprotected(spec, live, ref, context),
        ),
        changing=frozenset({"stream_arn"} if any(change.field == stream.FIELD for change in own) else ()),
    )


def _broken(live: TableLive, ref: Ref, context: Context) -> list[Finding]:
    seen = verdict(live, Scope.WHOLE)
    if not isinstance(seen, Broken):
        return []
    action = "Mend that first; until then AWS refuses changes of this table."
    if live.status in ARCHIVES:
        action = "Nothing brings it back: restore its backup as another table."
    return [context.finding("warning", "table-broken", ref, "", f"{ref}: {seen.reason.rstrip('.')}.", action)]


def _unprotected(spec: TableSpec, live: TableLive, ref: Ref, context: Context) -> list[Finding]:
    """What was not read counts as protected."""
    recovery, protected = spec.point_in_time_recovery, spec.deletion_protection
    recovers = recovery.enabled if recovery else live.pitr is UNREAD or live.pitr.enabled
    protected = live.deletion_protection if protected is None else protected
    return [] if recovers or protected else [protection.none(ref, context)]
