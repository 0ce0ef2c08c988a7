"""Billing: on demand, or provisioned numbers for the table and for every index.

One UpdateTable carries the table's mode and numbers and those of all its indexes (fact sheet 2.5, 2.6). In the plan's
words: `on_demand`, `{provisioned: {read, write}}`.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from orchestrator.kinds import settings
from orchestrator.kinds.contract import Context, Move, Setting
from orchestrator.kinds.fields import Absent
from orchestrator.kinds.table import lanes
from orchestrator.kinds.table.lanes import Place
from orchestrator.kinds.table.live import Capacity, TableLive
from orchestrator.kinds.table.spec import Capacity as Units
from orchestrator.kinds.table.spec import IndexSpec, TableSpec
from orchestrator.model import UNREAD, Change, Finding, Ref

ON_DEMAND = "on_demand"

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
    return ON_DEMAND if table.on_demand else form(table.capacity)


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


def moves(before: Any, after: Any) -> Sequence[Move]:
    flips = ON_DEMAND in (before, after)
    parameters = create(after) if flips else throughput(after)
    mode = "on demand" if after == ON_DEMAND else f"provisioned, {_title(after)}"
    summary = f"switch billing to {mode}" if flips else f"set throughput to {_title(after)}"
    deadline = lanes.FLIP if flips else lanes.UPDATE
    return [Move(summary, "UpdateTable", parameters, before, after, deadline=deadline)]


# ------------------------------------------------------------------------------------------------------------ indexes


def index_row(name: str) -> Setting:
    """The billing of one index, which goes out together with the table's."""
    return Setting(
        "billing",
        Place.BILLING,
        wanted=lambda spec: form(spec.billing.provisioned) if spec.billing else None,
        live=partial(_index_live, name),
        moves=partial(_index_moves, name),
    )


def _index_live(name: str, table: TableLive) -> Any:
    if name not in table.indexes:
        return UNREAD
    return ON_DEMAND if table.on_demand else form(table.indexes[name].capacity)


def _index_moves(name: str, before: Any, after: Any) -> Sequence[Move]:
    update = {"Update": {"IndexName": name, **throughput(after)}}
    summary = f"set throughput of index {name} to {_title(after)}"
    deadline = lanes.FLIP if before == ON_DEMAND else lanes.UPDATE
    parameters = {"GlobalSecondaryIndexUpdates": [update]}
    return [Move(summary, "UpdateTable", parameters, before, after, deadline=deadline)]


def of_new_index(index: IndexSpec, spec: TableSpec, table: TableLive | None) -> Any:
    """An index's own numbers, else the table's stated ones, else its live ones."""
    of_table = after(spec, table)
    return form(index.billing.provisioned) if index.billing and of_table != ON_DEMAND else of_table


def index_changes(
    spec: TableSpec, table: TableLive, staying: Sequence[str], ref: Ref, context: Context
) -> list[Change]:
    """The new numbers of the live indexes that stay. A switch to provisioned carries some for every one of them (2.5)."""
    if after(spec, table) == ON_DEMAND:
        return []
    changes: list[Change] = []
    for name in staying:
        row, child, index = index_row(name), ref.child("indexes", name), (spec.indexes or {}).get(name, IndexSpec())
        if table.on_demand and not isinstance(index, Absent):
            changes.append(Change(child, "billing", ON_DEMAND, of_new_index(index, spec, table), "update"))
        else:
            changes += settings.differences([row], index, table, child, context)
    return changes


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
        if change.before == ON_DEMAND and change.ref.name not in (spec.indexes or {})
    ]


def budget(table: TableLive, changes: Sequence[Change], context: Context) -> list[Finding]:
    """Decreases for which AWS may have no budget left today (14.1, rule 7)."""
    findings = []
    for change in changes:
        index = table.indexes.get(change.ref.name) if change.ref.section == "indexes" else None
        used = (index.capacity if index else table.capacity).decreases_today
        if change.field == "billing" and _decreases(change) and used >= BANKED_DECREASES:
            spent = "is spent" if used >= DECREASES_A_DAY else "may be spent"
            findings.append(
                context.finding(
                    "warning",
                    "decrease-budget",
                    change.ref,
                    "billing",
                    f"Throughput of {change.ref} was decreased {used} times today; AWS allows {BANKED_DECREASES} and one "
                    f"more each hour, {DECREASES_A_DAY} a UTC day, so the budget {spent} and the call may be refused.",
                    "Apply later, or keep the higher numbers.",
                )
            )
    return findings


def _decreases(change: Change) -> bool:
    if ON_DEMAND in (change.before, change.after):
        return False
    before, after = change.before["provisioned"], change.after["provisioned"]
    return bool(after["read"] < before["read"] or after["write"] < before["write"])


def _title(billing: Any) -> str:
    return f"{billing['provisioned']['read']} read and {billing['provisioned']['write']} write units"
