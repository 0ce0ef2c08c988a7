"""Replicas: which are added, changed and removed, and which the plan does not name (fact sheet section 8).

The table in this Region is where all of it starts. A replica is there once this Region lists it and its own Region knows it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from orchestrator.kinds import kms, parts, settings, tags
from orchestrator.kinds.contract import Context, Diff, Subject
from orchestrator.kinds.fields import OFF
from orchestrator.kinds.parts import Parts
from orchestrator.kinds.table import encryption, protection, scaling, table_class, warmth
from orchestrator.kinds.table.aspects import ELSEWHERE, LEFTOVERS, abroad
from orchestrator.kinds.table.live import ReplicaLive, TableLive
from orchestrator.kinds.table.replica_settings import ROWS, Replica
from orchestrator.kinds.table.spec import REPLICAS, AbsentReplica, AbsentTable, ReplicaSpec, TableSpec
from orchestrator.kinds.table.subjects import Table
from orchestrator.model import UNREAD, Change, FromLive, Ref, Settled, Text, Unread, Verdict

_LONG_AGO = datetime.fromtimestamp(0, UTC)


def present(table: TableLive | None) -> Mapping[str, ReplicaLive]:
    """The replicas that are there to stay, or come."""
    replicas = table.replicas if table else {}
    return {region: replica for region, replica in replicas.items() if replica.status != "DELETING"}


def subject(table: Table, region: str, live: ReplicaLive | None, old: ReplicaLive | None = None) -> Replica:
    """One replica of the table; `live` is None where the plan makes it, perhaps in the place of an `old` one."""
    declared = parts.present(table.declared.replicas).get(region, ReplicaSpec())
    ref = table.ref.child(REPLICAS, region)
    own = live.seen if live else None
    return Subject(ref, table.name, own.arn if own else Text((FromLive(ref, "arn"),)), declared, live, old)


def reads(spec: TableSpec | AbsentTable) -> frozenset[str]:
    """What to read in the Regions that the plan names, and here of what a replica needs."""
    named: Mapping[str, ReplicaSpec | AbsentReplica] = spec.replicas or {}
    found = {read for region, stated in named.items() for read in _reads_there(spec, region, stated)}
    if isinstance(spec, TableSpec) and parts.present(spec.replicas):
        found |= {LEFTOVERS} if spec.billing is None or spec.billing.provisioned else set()
        found |= kms.reads(encryption.MANAGED_KEY) if spec.encryption is None else set()
    return frozenset(found | ({ELSEWHERE} if named else set()))


def _reads_there(spec: TableSpec | AbsentTable, region: str, stated: ReplicaSpec | AbsentReplica) -> Iterator[str]:
    anew = isinstance(spec, TableSpec) and spec.replace == "recreate"
    yield abroad(region)
    if isinstance(stated, ReplicaSpec):
        yield from (settings.all_reads if anew else settings.reads)(ROWS, stated, region)
    if isinstance(stated, AbsentReplica) or anew:
        yield abroad(region, LEFTOVERS)


# -------------------------------------------------------------------------------------------------------- what differs


def diff(table: Table, context: Context, *, replaced: bool = False) -> Diff:
    """The changes of replicas; `replaced`: another table takes this one's place, and its replicas with it."""
    sort = Parts.of(table.ref, REPLICAS, table.declared.replicas, present(table.live))
    changes, unmanaged = list[Change](), [*sort.unmanaged]
    for region, stated, there in sort.wanted:
        if there is None or replaced:
            changes += _coming(table, subject(table, region, None, there), context)
            continue
        one = subject(table, region, _as_it_will_be(table, there))
        others = tags.beyond(one.ref, _tags(there), stated.tags, ())
        changes += [*_differences(one, context), *others.changes]
        unmanaged += others.unmanaged
    absent = {
        region: stated
        for region, stated in (table.declared.replicas or {}).items()
        if isinstance(stated, AbsentReplica)
    }
    changes += removal(table.ref, table.live, absent)
    hazards = (
        finding
        for region, there in present(table.live).items()
        if not replaced
        for finding in settings.hazards(ROWS, _of_settings(changes, region), subject(table, region, there), context)
    )
    return Diff(tuple(changes), tuple(unmanaged), tuple(hazards))


def removal(ref: Ref, table: TableLive | None, named: Mapping[str, AbsentReplica]) -> list[Change]:
    """What ends with the replicas that are `named` absent: the youngest first, since where a replica came from can't go for
    a day while that one is there (fact sheet 8.3); then what scaled them, which would outlive them.
    """
    changes, there = list[Change](), present(table)
    going = [region for region in named if region in there]
    for region in sorted(going, key=lambda region: _made(there[region]), reverse=True):
        own, child = there[region].seen, ref.child(REPLICAS, region)
        if own and own.deletion_protection and named[region].deletion_protection is False:
            changes.append(Change(child, protection.FIELD, True, False, "update"))
        changes.append(Change(child, "", {}, None, "delete"))
    if table is not None:
        changes += [change for region in named for change in _leftovers(ref.child(REPLICAS, region), table, region)]
    return changes


def _made(replica: ReplicaLive) -> datetime:
    return (replica.seen.created if replica.seen else None) or _LONG_AGO


def _leftovers(ref: Ref, table: TableLive, region: str) -> Iterator[Change]:
    """Targets in a Region whose table goes or is gone. One that stands there by itself keeps its own."""
    targets = table.leftovers.get(region, UNREAD)
    if targets is UNREAD or (region not in table.replicas and table.elsewhere.get(region) is not None):
        return
    for index in dict.fromkeys(index for index, _ in targets):
        before = _scaled(table, region, index)
        sides = [side for side, value in before.items() if value != OFF]
        yield Change(
            ref, scaling_of(index), {side: before[side] for side in sides}, dict.fromkeys(sides, OFF), "update"
        )


def scaling_of(index: str) -> str:
    """`autoscaling` of a replica, `autoscaling.by_day` of an index of it: stated of the table alone."""
    return f"{scaling.FIELD}.{index}" if index else scaling.FIELD


def index_of(field: str) -> str | None:
    """The index that a field of `scaling_of` names, empty for the table; None for any other field."""
    name, _, index = field.partition(".")
    return index if name == scaling.FIELD else None


def _scaled(table: TableLive, region: str, index: str) -> Mapping[str, Any]:
    """What is scaled of a table or index in another Region, in the form of `scaling`."""
    targets = table.leftovers.get(region, UNREAD)
    found = {} if targets is UNREAD else targets
    sides = {side: found.get((index, side)) for side in scaling.SIDES}
    return {side: {"min": one.least, "max": one.most} if one else OFF for side, one in sides.items()}


def _coming(table: Table, one: Replica, context: Context) -> Iterator[Change]:
    """A replica that is made, in place of an older one where there is one; then what making it can't give."""
    values = _values(table, one, context)
    there = one.old
    own = there.seen if there else None
    if own and own.deletion_protection and one.declared.deletion_protection is False:
        yield Change(one.ref, protection.FIELD, True, False, "update")
    before: Mapping[str, Any] | None = {} if there else None
    yield Change(one.ref, "", before, settings.createable(ROWS, values), "replace" if there else "create")
    yield from settings.afterwards(ROWS, values, one)


def _values(table: Table, one: Replica, context: Context) -> Mapping[str, Any]:
    """What a new replica shall have. A class that it had like its table it has by that."""
    values, field = settings.values(ROWS, one, context), table_class.FIELD
    if one.old is None or one.declared.table_class is not None:
        return values
    of_table = table.declared.table_class or table_class.ROW.live(table.seen)
    return {name: value for name, value in values.items() if (name, value) != (field, of_table)}


def _differences(one: Replica, context: Context) -> Iterator[Change]:
    """Of a replica that its own Region does not know yet, what a new one lacks; of one that may not be read, what is told."""
    if one.seen.own is None:
        yield from settings.afterwards(ROWS, settings.values(ROWS, one, context), one)
        return
    rows = ROWS if one.seen.seen else {name: row for name, row in ROWS.items() if row.live(one.seen) is not UNREAD}
    yield from settings.differences(rows, one, context)


def _as_it_will_be(table: Table, replica: ReplicaLive) -> ReplicaLive:
    """With the class that a change of the table's gives to all copies.

    AWS's documents leave open whether it does (fact sheet 8.2 has the class among what a replica can override): a replica
    that states its own gets it back, and where nothing changed it the step finds it in place.
    """
    stated = table.declared.table_class
    if stated is None or table_class.CLASSES[stated] == table.seen.table_class or replica.seen is None:
        return replica
    return replace(replica, own=replace(replica.seen, table_class=table_class.CLASSES[stated]))


def _tags(replica: ReplicaLive) -> Mapping[str, str]:
    found = replica.seen.tags if replica.seen else UNREAD
    return {} if found is UNREAD else found


def _of_settings(changes: Sequence[Change], region: str) -> list[Change]:
    return [change for change in changes if change.ref.name == region and change.field in ROWS]


# ------------------------------------------------------------------------------------------------------------- the goal


def reached(change: Change, table: TableLive | None) -> bool:
    """Whether the table shows the change of a replica as made. Total."""
    if table is None:
        return False
    region = change.ref.name
    replica = table.replicas.get(region)
    if (index := index_of(change.field)) is not None:
        seen = _seen_scaled(table, region, index)
        return seen is not UNREAD and scaling.same(seen, change.after)
    if change.goes:
        own = table.elsewhere.get(region)
        return replica is None and not (isinstance(own, TableLive) and own.status == "DELETING")
    if replica is None or replica.status == "DELETING":
        return False
    if change.field:
        row = ROWS.get(change.field)
        return row is not None and settings.reached(row, change, replica)
    given: Mapping[str, Any] = change.after
    rows = [row for row in ROWS.values() if row.name in given and row.live(replica) is not UNREAD]
    return replica.status == "ACTIVE" and all(row.same(row.live(replica), given[row.name]) for row in rows)


def motion(change: Change, table: TableLive | None) -> Verdict:
    """Whether what a change of a replica is about is on its way by itself there. Total.

    No source says what becomes of a raise of warm throughput in a copy that is made meanwhile (fact sheet 3 and 8.2 say only
    that it propagates to replicas), so a replica that is yet to be listed waits for its end.
    """
    replica = table.replicas.get(change.ref.name) if table else None
    if table is not None and replica is None and change.whole and change.effect == "create":
        return warmth.raise_of(table)
    row = ROWS.get(change.field)
    return Settled() if replica is None or row is None else row.motion(change, replica)


def _seen_scaled(table: TableLive, region: str, index: str) -> Mapping[str, Any] | Unread:
    """What scales a table or index in another Region: as its own table shows it, else as what goes left it behind."""
    replica = table.replicas.get(region)
    if replica is not None and replica.seen is not None and replica.seen.targets is not UNREAD:
        return scaling.live(replica.seen, index)
    return UNREAD if table.leftovers.get(region, UNREAD) is UNREAD else _scaled(table, region, index)


__all__ = ["diff", "index_of", "motion", "present", "reached", "reads", "removal", "scaling_of", "subject"]
