"""Billing: on demand, or provisioned numbers for the table and for every index.

One UpdateTable carries the table's mode and numbers and those of all its indexes (fact sheet 2.5, 2.6). In the plan's
words: `on_demand`, `{on_demand: {max_read, max_write}}`, `{provisioned: {read, write}}`. A ceiling that is not stated is left
alone, one that is `off` is removed; a switch to provisioned ends all of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestrator.kinds.contract import About, Context, Move, Setting
from orchestrator.kinds.fields import OFF
from orchestrator.kinds.table import lanes, scaling
from orchestrator.kinds.table.aspects import DORMANT, TARGETS
from orchestrator.kinds.table.lanes import Place
from orchestrator.kinds.table.live import Capacity, TableLive
from orchestrator.kinds.table.spec import INDEXES, Billing, IndexBilling, IndexSpec, TableSpec
from orchestrator.kinds.table.spec import Capacity as Units
from orchestrator.kinds.table.subjects import Index, IndexSeen, Table
from orchestrator.model import Change, Finding, Ref

FIELD = "billing"
ON_DEMAND, PROVISIONED, SCALED = "on_demand", "provisioned", "scaled"

NO_CEILING = -1
CEILINGS: Mapping[str, str] = {"max_read": "MaxReadRequestUnits", "max_write": "MaxWriteRequestUnits"}


def form(units: Capacity | Units) -> Mapping[str, Any]:
    return {PROVISIONED: {"read": units.read, "write": units.write}}


def wanted(spec: TableSpec) -> Any:
    if spec.billing is None:
        return None
    if spec.billing.provisioned:
        return form(spec.billing.provisioned)
    limits = spec.billing.on_demand
    stated = {"max_read": limits.max_read, "max_write": limits.max_write} if limits else {}
    return _on_demand({side: most for side, most in stated.items() if most is not None})


def live(table: TableLive) -> Any:
    """The 0/0 of an on-demand table are no numbers (14.2, rule 8)."""
    return _on_demand(table.ceilings) if table.on_demand else _form(table.capacity, scaling.scaled(table))


def _on_demand(ceilings: Mapping[str, Any]) -> Any:
    return {ON_DEMAND: {**ceilings}} if ceilings else ON_DEMAND


def on_demand(billing: Any) -> bool:
    return billing == ON_DEMAND or (isinstance(billing, Mapping) and ON_DEMAND in billing)


def _ceilings(billing: Any) -> Mapping[str, Any]:
    """Those of an on-demand billing, by side."""
    return billing.get(ON_DEMAND, {}) if isinstance(billing, Mapping) else {}


def _form(units: Capacity, scaled: Sequence[str]) -> Mapping[str, Any]:
    """With the sides that auto scaling moves."""
    return {**form(units), **({SCALED: [*scaled]} if scaled else {})}


def part(live: Any, wanted: Any) -> tuple[Any, Any]:
    """Of ceilings those that differ. Of a side that auto scaling moves the live units stay (14.2, rule 10)."""
    if on_demand(live) and on_demand(wanted):
        seen = {side: _ceilings(live).get(side, OFF) for side in _ceilings(wanted)}
        differing = {side: most for side, most in _ceilings(wanted).items() if most != seen[side]}
        return _on_demand({side: seen[side] for side in differing}), _on_demand(differing)
    if on_demand(live) or on_demand(wanted):
        return _units(live), wanted
    kept = {side: live[PROVISIONED][side] for side in live.get(SCALED, ())}
    return _units(live), {PROVISIONED: {**wanted[PROVISIONED], **kept}}


def _units(live: Any) -> Any:
    return live if on_demand(live) else {PROVISIONED: live[PROVISIONED]}


def after(spec: TableSpec, table: TableLive | None) -> Any:
    """What holds once the plan is made so: what it states, else what is live. A new table is on demand by default."""
    return wanted(spec) or (live(table) if table else ON_DEMAND)


def throughput(billing: Any) -> Mapping[str, Any]:
    """The parameters that give these numbers; none on demand."""
    if on_demand(billing):
        return {}
    units = billing[PROVISIONED]
    return {"ProvisionedThroughput": {"ReadCapacityUnits": units["read"], "WriteCapacityUnits": units["write"]}}


def create(wanted: Any) -> Mapping[str, Any]:
    """Who was not on demand has no ceiling that could be removed."""
    mode = "PAY_PER_REQUEST" if on_demand(wanted) else "PROVISIONED"
    set_ = {side: most for side, most in _ceilings(wanted).items() if most != OFF}
    return {"BillingMode": mode, **throughput(wanted), **_limits(set_)}


def _limits(ceilings: Mapping[str, Any]) -> Mapping[str, Any]:
    """AWS merges a partial update, and fails at an empty one (fact sheet 2.3)."""
    units = {CEILINGS[side]: NO_CEILING if most == OFF else most for side, most in ceilings.items()}
    return {"OnDemandThroughput": units} if units else {}


def moves(before: Any, after: Any, subject: Table) -> Sequence[Move]:
    if flips(before, after):
        mode = f"on demand{_capped(after)}" if on_demand(after) else f"provisioned, {_title(after)}"
        parameters, summary = create(after), f"switch billing to {mode}"
    elif on_demand(after):
        parameters, summary = _limits(_ceilings(after)), f"set on-demand ceilings: {_capped(after).lstrip(', ')}"
    else:
        parameters, summary = throughput(after), f"set throughput to {_title(after)}"
    call = lanes.call(subject.name, "UpdateTable", **parameters)
    reads = frozenset[str]() if on_demand(after) else None
    return [Move(summary, call, before, after, deadline=_patience(before, after), reads=reads)]


def flips(before: Any, after: Any) -> bool:
    """Whether the table is billed in another way afterwards."""
    return on_demand(before) != on_demand(after)


def mode(ref: Ref, billing: Any) -> Change:
    """What holds for as long as the table is billed in that way, whatever the numbers.

    While a switch is under way the table may still describe the old one (fact sheet 2.5 says so of the reply; that reads do
    so too is the cautious reading).
    """
    if on_demand(billing):
        return Change(ref, FIELD, None, ON_DEMAND, "update")
    return Change(ref, FIELD, ON_DEMAND, _units(billing), "replace")


def _capped(billing: Any) -> str:
    """`, at most 100 read units a second, no ceiling for write units`."""
    said = (
        f", no ceiling for {side[4:]} units" if most == OFF else f", at most {most} {side[4:]} units a second"
        for side, most in _ceilings(billing).items()
    )
    return "".join(said)


def _patience(before: Any, after: Any) -> float:
    return lanes.FLIP if flips(before, after) else lanes.UPDATE


def _scaled(stated: Billing | None) -> frozenset[str]:
    """Of a table that shall be billed on demand only to tell of them."""
    if stated is None:
        return frozenset()
    return frozenset({TARGETS if stated.provisioned else DORMANT})


def _completed(kept: Any, wanted: Any) -> Any:
    """On demand still, the ceilings stay that the plan does not name."""
    return _on_demand({**_ceilings(kept), **_ceilings(wanted)}) if on_demand(kept) and on_demand(wanted) else wanted


def _compared(table: Table) -> Table:
    """With the auto scaling that the plan leaves."""
    spec = table.declared
    units = spec.billing.provisioned if spec.billing else None
    return replace(table, live=scaling.as_stated(table.seen, spec.autoscaling, units))


ABOUT = About(
    ("dynamodb:CreateTable", "dynamodb:UpdateTable"),
    "The table and every index are ACTIVE and describe the mode, the numbers and the ceilings.",
    "A decrease when the day's are used up; a fifth switch to on-demand in 24 hours, by AWS: it is left to a later run.",
)

ROW: Setting[TableSpec, TableLive] = Setting(
    FIELD,
    Place.BILLING,
    wanted,
    live,
    moves,
    create,
    kept=lambda _, table: _units(live(table)),
    completed=_completed,
    compared=_compared,
    part=part,
    step=FIELD,
    reads=lambda spec, _: _scaled(spec.billing),
    about=ABOUT,
)


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


def _index_compared(index: Index) -> Index:
    """With the auto scaling that the plan leaves."""
    there, spec = index.seen, index.declared
    units = spec.billing.provisioned if spec.billing else None
    table = scaling.as_stated(there.table, spec.autoscaling, units, index.ref.name)
    return replace(index, live=replace(there, table=table))


OF_INDEX: Setting[IndexSpec, IndexSeen] = Setting(
    FIELD,
    Place.BILLING,
    wanted=lambda spec: form(spec.billing.provisioned) if spec.billing else None,
    live=_index_live,
    moves=_index_moves,
    create=throughput,
    kept=lambda *_: None,  # `billed` has what was
    compared=_index_compared,
    part=part,
    step=FIELD,
    reads=lambda spec, _: frozenset({TARGETS} if spec.billing else ()),
    about=ABOUT,
)
"""The billing of one index, which goes out together with the table's."""


def billed(
    index: IndexSpec, spec: TableSpec, table: TableLive | None, old: IndexSeen | None, *, new: bool
) -> IndexSpec:
    """The index with the throughput that it must be given: what is stated of it, else what the `old` one had in whose place it
    is made, else its table's; none where that is on demand.

    AWS wants numbers for a `new` index of a provisioned table, and for every index in a switch to provisioned (2.5); of any
    other the plan need not say any.
    """
    of_table = after(spec, table)
    if on_demand(of_table):
        return index.model_copy(update={"billing": None})
    has_some = not new and table is not None and not table.on_demand
    if index.billing or has_some:
        return index
    units = form(old.index.capacity) if old and not old.table.on_demand else of_table
    return index.model_copy(update={"billing": IndexBilling.model_construct(provisioned=_stated(units))})


def like(spec: TableSpec, table: TableLive) -> TableSpec:
    """What a plan that does not state the billing of a table says of another one in its place."""
    if table.on_demand:
        return spec
    return spec.model_copy(update={"billing": Billing.model_construct(provisioned=_stated(form(table.capacity)))})


def _stated(provisioned: Any) -> Units:
    """As a plan would state it; live numbers are what AWS says, not what a plan may."""
    return Units.model_construct(**provisioned[PROVISIONED])


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
        if change.field == FIELD and change.before == ON_DEMAND and change.ref.name not in (spec.indexes or {})
    ]


def indexes_kept(table: Table, staying: Iterable[str], changes: Sequence[Change], context: Context) -> list[Finding]:
    """A table's new numbers leave those of its live indexes as they are, unless the plan states others for them."""
    spec, live = table.declared, table.seen
    change = next((found for found in changes if found.field == FIELD), None)
    if change is None or on_demand(change.before) or on_demand(change.after):
        return []
    findings = []
    for name in staying:
        index, units = (spec.indexes or {}).get(name, IndexSpec()), form(live.indexes[name].capacity)
        if not isinstance(index, IndexSpec) or index.billing or units == change.after:
            continue
        new = change.after[PROVISIONED]
        findings.append(
            context.finding(
                "notice",
                "index-throughput-kept",
                table.ref.child(INDEXES, name),
                "",
                f"The throughput of {table.ref} changes, and index {name} keeps {_title(units)}: only a new index gets its "
                "table's numbers.",
                f"To change them too, state `indexes: {{{name}: {{billing: {{provisioned: {{read: {new['read']}, "
                f"write: {new['write']}}}}}}}}}`.",
            )
        )
    return findings


def _title(billing: Any) -> str:
    return f"{billing[PROVISIONED]['read']} read and {billing[PROVISIONED]['write']} write units"
