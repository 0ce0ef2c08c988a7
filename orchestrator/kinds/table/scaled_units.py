"""What is told of units that the plan states and auto scaling moves: nothing asks for them (fact sheet 14.2, rule 10)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.kinds.contract import Context, Diff
from orchestrator.kinds.fields import OFF
from orchestrator.kinds.parts import present
from orchestrator.kinds.table import billing, indexes, scaling
from orchestrator.kinds.table.spec import INDEXES, Autoscaling, Capacity
from orchestrator.kinds.table.subjects import Table
from orchestrator.model import UNREAD, Change, Finding, Ref, Unmanaged


@dataclass(frozen=True, slots=True)
class _Scaled:
    """A table or an index: the units that the plan states of it, and what is stated and live of its scaling, by side."""

    ref: Ref
    units: Capacity | None
    stated: Autoscaling | str | None
    live: Mapping[str, Any]

    def unnamed(self) -> list[str]:
        """The sides that are scaled, and of which the plan states nothing but their units."""
        wanted = scaling.wanted(self.stated)
        if self.units is None and wanted is None:
            return []
        return [side for side, form in self.live.items() if form != OFF and side not in (wanted or {})]

    def findings(self, context: Context) -> Iterator[Finding]:
        if self.units is None:
            return
        for side in self.unnamed():
            form, units = self.live[side], getattr(self.units, side)
            message = (
                f"The {side} units of {self.ref} are moved by auto scaling ({form['min']} to {form['max']}), which the plan does "
                f"not state, so the stated {units} are not asked for."
            )
            action = f"State that too, or `autoscaling: {{{side}: off}}` to end it, with which the stated units hold."
            yield context.finding("notice", "units-scaled", self.ref, billing.FIELD, message, action)
        for side, form in (scaling.wanted(self.stated) or {}).items():
            units = getattr(self.units, side)
            if form != OFF and not form["min"] <= units <= form["max"]:
                message = (
                    f"{self.ref} states {units} {side} units, and auto scaling moves them to between {form['min']} and "
                )
                message += f"{form['max']}: what is stated does not hold."
                action = "State units of that range, or another range."
                yield context.finding("notice", "units-out-of-range", self.ref, billing.FIELD, message, action)


def diff(table: Table, context: Context) -> Diff:
    """No changes; the sides that the plan does not name, and what it says of units in vain."""
    places = [*_places(table)]
    unmanaged = (Unmanaged(one.ref, scaling.FIELD, side) for one in places for side in one.unnamed())
    findings = (finding for one in places for finding in one.findings(context))
    return Diff(unmanaged=tuple(unmanaged), findings=tuple(findings))


def dormant(table: Table, changes: Sequence[Change], context: Context) -> Iterator[Finding]:
    """What lives on through a switch to on demand, and scales again after the next switch (fact sheet 2.5)."""
    switch = next((one for one in changes if (one.ref, one.field) == (table.ref, billing.FIELD)), None)
    if switch is None or not billing.on_demand(switch.after) or not billing.flips(switch.before, switch.after):
        return
    spec = table.declared
    yield from _dormant(table.ref, _live(table, ""), spec.autoscaling, context)
    for name in indexes.staying(spec, table.live, changes):
        stated = present(spec.indexes).get(name)
        ref = table.ref.child(INDEXES, name)
        yield from _dormant(ref, _live(table, name), stated.autoscaling if stated else None, context)


def _dormant(
    ref: Ref, live: Mapping[str, Any], stated: Autoscaling | str | None, context: Context
) -> Iterator[Finding]:
    said = scaling.wanted(stated) or {}
    left = {side: form for side, form in live.items() if form != OFF and side not in said}
    if left:
        ranges = ", ".join(f"{side} {form['min']} to {form['max']}" for side, form in left.items())
        message = (
            f"Auto scaling of {ref} ({ranges}) stays, without effect while the table is billed on demand: switched back, it "
            "moves these units again."
        )
        action = "To end it, state `autoscaling: off` there."
        yield context.finding("notice", "scaling-dormant", ref, scaling.FIELD, message, action)


def _places(table: Table) -> Iterable[_Scaled]:
    """The table and the indexes that the plan names, where these are to be provisioned."""
    spec = table.declared
    if billing.on_demand(billing.after(spec, table.live)):
        return
    yield _Scaled(table.ref, spec.billing.provisioned if spec.billing else None, spec.autoscaling, _live(table, ""))
    for name, index in present(spec.indexes).items():
        units = index.billing.provisioned if index.billing else None
        yield _Scaled(table.ref.child(INDEXES, name), units, index.autoscaling, _live(table, name))


def _live(table: Table, index: str) -> Mapping[str, Any]:
    seen = scaling.live(table.live, index) if table.live else UNREAD
    return scaling.NOTHING if seen is UNREAD else seen
