"""Billing: on demand, or provisioned numbers for the table and for every index.

One UpdateTable carries the table's mode and numbers and those of all its indexes (fact sheet 2.5, 2.6). In the plan's
words: `on_demand`, `{provisioned: {read, write}}`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestrator.kinds.contract import Context, Move, Setting
from orchestrator.kinds.table import lanes, scaling
from orchestrator.kinds.table.aspects import TARGETS
from orchestrator.kinds.table.lanes import Place
from orchestrator.kinds.table.live import Capacity, TableLive
from orchestrator.kinds.table.spec import Billing, IndexBilling, IndexSpec, TableSpec
from orchestrator.kinds.table.spec import Capacity as Units
from orchestrator.kinds.table.subjects import Index, IndexSeen, Table
from orchestrator.model import Change, Finding

NAME = "billing"
ON_DEMAND, SCALED = "on_demand", "scaled"

BANKED_DECREASES, DECREASES_A_DAY = 4, 27
"""Four decreases at the start of a UTC day and one more each hour, for the table and for each index (fact sheet 3)."""


def form(units: Capacity | Units) -> Mapping[str, Any]:
    return {"provisioned": {"read": units.read, "write": units.write}}


def wanted(spec: TableSpec) -> Any:
    if spec.billing is None:
        return None
    return form(spec.billing.provisioned) if spec.billing.provisioned else ON_DEMAND


def live(table: TableLive) -> Any:
    """The 0/0 of an on-demand table are no numbers (14.2, rule 8)."""
    return ON_DEMAND if table.on_demand else _form(table.capacity, scaling.scaled(table))


def _form(units: Capacity, scaled: Sequence[str]) -> Mapping[str, Any]:
    """With the sides that auto scaling moves."""
    return {**form(units), **({SCALED: [*scaled]} if scaled else {})}


def same(live: Any, wanted: Any) -> bool:
    """What auto scaling moves is no difference (14.2, rule 10)."""
    before, after = part(live, wanted)
    return bool(before == after)


def part(live: Any, wanted: Any) -> tuple[Any, Any]:
    """Of a side that auto scaling moves, its live units stay: one request carries both sides."""
    if ON_DEMAND in (live, wanted):
        return _units(live), wanted
    kept = {side: live["provisioned"][side] for side in live.get(SCALED, ())}
    return _units(live), {"provisioned": {**wanted["provisioned"], **kept}}


def _units(live: Any) -> Any:
    return live if live == ON_DEMAND else {"provisioned": live["provisioned"]}


def after(spec: TableSpec, table: TableLive | None) -> Any:
    """What holds once the plan is made so: what it states, else what is live. A new table is on demand by default."""
    return wanted(spec) or (live(table) if table else ON_DEMAND)


def throughput(billing: Any) -> Mapping[str, Any]:
    """The parameters that give these numbers; none on demand."""
    if billing == ON_DEMAND:
        return {}
    units = billing["provisioned"]
    return {"ProvisionedThroughput": {"ReadCapacityUnits": units["read"], "WriteCapacityUnits": units["write"]}}


def create(wanted: Any) -> Mapping[str, Any]:
    mode = "PAY_PER_REQUEST" if wanted == ON_DEMAND else "PROVISIONED"
    return {"BillingMode": mode, **throughput(wanted)}


def moves(before: Any, after: Any, subject: Table) -> Sequence[Move]:
    flips = ON_DEMAND in (before, after)
    parameters = create(after) if flips else throughput(after)
    mode = "on demand" if after == ON_DEMAND else f"provisioned, {_title(after)}"
    summary = f"switch billing to {mode}" if flips else f"set throughput to {_title(after)}"
    call = lanes.call(subject.name, "UpdateTable", **parameters)
    return [Move(summary, call, before, after, deadline=_patience(before, after))]


def hazards(change: Change, subject: Table) -> Sequence[Finding]:
    return _budget(change, subject.seen.capacity)


def _patience(before: Any, after: Any) -> float:
    return lanes.FLIP if ON_DEMAND in (before, after) else lanes.UPDATE


ROW: Setting[TableSpec, TableLive] = Setting(
    NAME,
    Place.BILLING,
    wanted,
    live,
    moves,
    create,
    kept=lambda table: _units(live(table)),
    same=same,
    part=part,
    step=NAME,
    reads=lambda spec, _: _targets(spec.billing is not None and spec.billing.provisioned is not None),
    hazards=hazards,
)


def _targets(provisioned: bool) -> frozenset[str]:
    return frozenset({TARGETS} if provisioned else ())


def seen(table: Table) -> Table:
    """The table as its billing is compared: without the auto scaling that the plan ends."""
    return replace(table, live=scaling.stopped(table.seen, table.declared.autoscaling))


# ------------------------------------------------------------------------------------------------------------ indexes


def _index_live(seen: IndexSeen) -> Any:
    return (
        ON_DEMAND if seen.table.on_demand else _form(seen.index.capacity, scaling.scaled(seen.table, seen.index.name))
    )


def _index_moves(before: Any, after: Any, subject: Index) -> Sequence[Move]:
    name = subject.ref.name
    update = {"Update": {"IndexName": name, **throughput(after)}}
    call = lanes.call(subject.name, "UpdateTable", GlobalSecondaryIndexUpdates=[update])
    summary = f"set throughput of index {name} to {_title(after)}"
    return [Move(summary, call, before, after, deadline=_patience(before, after))]


def _index_hazards(change: Change, subject: Index) -> Sequence[Finding]:
    return _budget(change, subject.seen.index.capacity)


OF_INDEX: Setting[IndexSpec, IndexSeen] = Setting(
    NAME,
    Place.BILLING,
    wanted=lambda spec: form(spec.billing.provisioned) if spec.billing else None,
    live=_index_live,
    moves=_index_moves,
    create=throughput,
    same=same,
    part=part,
    step=NAME,
    reads=lambda spec, _: _targets(spec.billing is not None),
    hazards=_index_hazards,
)
"""The billing of one index, which goes out together with the table's."""


def index_seen(index: Index) -> Index:
    """The index as its billing is compared: without the auto scaling that the plan ends."""
    there = index.seen
    stopped = scaling.stopped(there.table, index.declared.autoscaling, index.ref.name)
    return replace(index, live=replace(there, table=stopped))


def billed(index: IndexSpec, spec: TableSpec, table: TableLive | None, *, new: bool) -> IndexSpec:
    """The index with the throughput that it must be given: its own, else its table's; none where that is on demand.

    AWS wants numbers for a `new` index of a provisioned table, and for every index in a switch to provisioned (2.5); of any
    other the plan need not say any.
    """
    of_table = after(spec, table)
    if of_table == ON_DEMAND:
        return index.model_copy(update={"billing": None})
    has_some = not new and table is not None and not table.on_demand
    if index.billing or has_some:
        return index
    units = Units.model_construct(**of_table["provisioned"])  # live numbers are what AWS says, not what a plan may
    return index.model_copy(update={"billing": IndexBilling.model_construct(provisioned=units)})


def like(spec: TableSpec, table: TableLive) -> TableSpec:
    """What a plan that does not state the billing of a table says of another one in its place."""
    if table.on_demand:
        return spec
    units = Units.model_construct(read=table.capacity.read, write=table.capacity.write)
    return spec.model_copy(update={"billing": Billing.model_construct(provisioned=units)})


# ----------------------------------------------------------------------------------------------------------- findings


def numbers_for_unmanaged(spec: TableSpec, changes: Sequence[Change], context: Context) -> list[Finding]:
    """A switch to provisioned gives the table's numbers to indexes that the plan does not name."""
    return [
        context.finding(
            "warning",
            "unmanaged-index-throughput",
            change.ref,
            "",
            f"The plan does not name index {change.ref.name}, but a switch to provisioned billing must give it "
            f"throughput; it gets the table's, {_title(change.after)}.",
            "Name the index in the plan to choose its throughput.",
        )
        for change in changes
        if change.field == NAME and change.before == ON_DEMAND and change.ref.name not in (spec.indexes or {})
    ]


def kept(table: Table, staying: Iterable[str], changes: Sequence[Change], context: Context) -> list[Finding]:
    """A table's new numbers leave those of its live indexes as they are, unless the plan states others for them."""
    spec, live = table.declared, table.seen
    change = next((found for found in changes if found.field == NAME), None)
    if change is None or ON_DEMAND in (change.before, change.after):
        return []
    findings = []
    for name in staying:
        index, units = (spec.indexes or {}).get(name, IndexSpec()), form(live.indexes[name].capacity)
        if not isinstance(index, IndexSpec) or index.billing or units == change.after:
            continue
        new = change.after["provisioned"]
        findings.append(
            context.finding(
                "notice",
                "index-throughput-kept",
                table.ref.child("indexes", name),
                "",
                f"The throughput of {table.ref} changes, and index {name} keeps {_title(units)}: only a new index gets its "
                "table's numbers.",
                f"To change them too, state `indexes: {{{name}: {{billing: {{provisioned: {{read: {new['read']}, "
                f"write: {new['write']}}}}}}}}}`.",
            )
        )
    return findings


def _budget(change: Change, capacity: Capacity) -> Sequence[Finding]:
    """A decrease for which AWS may have no budget left today (14.1, rule 7)."""
    used = capacity.decreases_today
    if not _decreases(change) or used < BANKED_DECREASES:
        return []
    spent = "is spent" if used >= DECREASES_A_DAY else "may be spent"
    return [
        Finding(
            "warning",
            "decrease-budget",
            f"Throughput of {change.ref} was decreased {used} times today; AWS allows {BANKED_DECREASES} and one "
            f"more each hour, {DECREASES_A_DAY} a UTC day, so the budget {spent} and the call may be refused.",
            "Apply later, or keep the higher numbers.",
        )
    ]


def _decreases(change: Change) -> bool:
    if ON_DEMAND in (change.before, change.after):
        return False
    before, after = change.before["provisioned"], change.after["provisioned"]
    return bool(after["read"] < before["read"] or after["write"] < before["write"])


def _title(billing: Any) -> str:
    return f"{billing['provisioned']['read']} read and {billing['provisioned']['write']} write units"
