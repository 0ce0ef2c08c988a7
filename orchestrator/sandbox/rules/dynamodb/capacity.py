"""Billing mode, provisioned capacity, on-demand ceilings, warm throughput (fact sheet 2.3, 2.5, section 3)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.rules.dynamodb import budgets, refusals, schema
from orchestrator.sandbox.rules.dynamodb.combination import IndexAction, Request
from orchestrator.sandbox.rules.dynamodb.describe import warm_units
from orchestrator.sandbox.rules.dynamodb.moves import Move, of_index
from orchestrator.sandbox.rules.dynamodb.state import Capacity, Index, OnDemandLimits, Table, WarmThroughput
from orchestrator.sandbox.rules.refusal import Refusal

BLOCKED = (
    "This operation cannot be performed with given input values. Please contact DynamoDB service team for more info: "
    "Action Blocked: IndexUpdate"
)


def change(move: Move, request: Request, durations: Durations, now: float) -> None:
    """Everything of the request that is about capacity. Raises before `move` has changed what is kept."""
    wanted = request.given("BillingMode")
    on_demand = move.table.on_demand if wanted is None else wanted == "PAY_PER_REQUEST"
    for entry in request.of("Update"):
        if move.table.index(entry.name) is None:
            raise refusals.invalid(BLOCKED)
    if on_demand == move.table.on_demand:
        _change_table(move, request, durations, now)
        for entry in request.of("Update"):
            _change_index(move, entry, durations, now)
    elif on_demand:
        _flip_to_on_demand(move, request, durations, now)
    else:
        _flip_to_provisioned(move, request, durations)
    _change_ceilings(move, request, durations, on_demand=on_demand)


# ---------------------------------------------------------------------------------------------------------- one number


def _change_table(move: Move, request: Request, durations: Durations, now: float) -> None:
    given, table = request.given("ProvisionedThroughput"), move.table
    if given is None:
        if request.given("BillingMode") == "PROVISIONED" and not request.actions:
            raise _throughput_missing()
        return  # PAY_PER_REQUEST on demand is accepted and does nothing (fact sheet 2.3)
    if table.on_demand:
        raise refusals.invalid_values(schema.NEITHER_UNITS)
    wanted = schema.capacity_of(given)
    _check_changes("table", "table", table.capacity, wanted)
    if wanted.lower_than(table.capacity):
        budgets.check_decrease(table.changes.decreases, now)
    # The reply and the describes until then show the old numbers (fact sheet 2.5).
    warm = _kept_warm(table.warm, table.capacity, on_demand=False)
    move.table = replace(table, iops=True, changes=table.changes.noted(table.capacity, wanted, now), warm=warm)
    move.after(durations.throughput, lambda later: replace(later, capacity=wanted))
    move.takes("update throughput", durations.throughput)


def _change_index(move: Move, entry: IndexAction, durations: Durations, now: float) -> None:
    index = move.table.index(entry.name)
    assert index is not None, "checked in `change`"
    changed, seconds = index, 0.0
    if entry.given.get("WarmThroughput") is not None:
        _raise_index_warmth(move, entry, index, durations)
        return
    if entry.given.get("ProvisionedThroughput") is not None:
        wanted = schema.capacity_of(entry.given["ProvisionedThroughput"])
        if move.table.on_demand:
            raise _no_units(index.name)
        _check_changes(f"index {index.name}", "index", index.capacity, wanted)
        if wanted.lower_than(index.capacity):
            budgets.check_decrease(index.changes.decreases, now)
        warm = _kept_warm(index.warm, index.capacity, on_demand=False)
        changed = replace(changed, changes=index.changes.noted(index.capacity, wanted, now), warm=warm)
        move.after(durations.index_throughput, of_index(index, lambda later: replace(later, capacity=wanted)))
        seconds = durations.index_throughput
    if entry.given.get("OnDemandThroughput") is not None:
        limits = _ceilings(entry.given["OnDemandThroughput"], on_demand=move.table.on_demand)
        changed = replace(changed, limits=changed.limits.merged(limits))
        seconds = max(seconds, durations.on_demand_limits)
    if changed is index:
        raise refusals.invalid_values(f"Nothing to update for index: {index.name}")
    move.table = move.table.with_index(replace(changed, updating=True))
    move.after(seconds, of_index(index, lambda later: replace(later, updating=False)))
    move.takes(f"update index {index.name}", seconds, updating=min(seconds, durations.index_start))


def _no_units(index: str) -> Refusal:
    return refusals.invalid_values(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: "
        f"{index} when BillingMode is PAY_PER_REQUEST"
    )


def _check_changes(subject: str, kind: str, current: Capacity, wanted: Capacity) -> None:
    if wanted == current:
        raise refusals.invalid(
            f"The provisioned throughput for the {subject} will not change. "
            "The requested value equals the current value. "
            f"Current ReadCapacityUnits provisioned for the {kind}: {current.read}. "
            f"Requested ReadCapacityUnits: {wanted.read}. "
            f"Current WriteCapacityUnits provisioned for the {kind}: {current.write}. "
            f"Requested WriteCapacityUnits: {wanted.write}. "
            "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
        )


# ---------------------------------------------------------------------------------------------------------------- flips


def _flip_to_on_demand(move: Move, request: Request, durations: Durations, now: float) -> None:
    if request.given("ProvisionedThroughput") is not None:
        raise refusals.invalid_values(schema.NEITHER_UNITS)
    for entry in request.of("Update"):
        if entry.given.get("ProvisionedThroughput") is not None:
            raise _no_units(entry.name)
    budgets.check_flip(move.table.flips, now)
    move.table = replace(move.table, flips=(*move.table.flips, now))
    for entry in request.of("Update"):
        _merge_index_ceilings(move, entry)
    _flip(
        move,
        "flip to on-demand",
        durations.flip_to_on_demand,
        durations,
        {index.name: Capacity() for index in move.table.indexes},
        {"on_demand": True, "on_demand_since": now, "capacity": Capacity()},
    )


def _flip_to_provisioned(move: Move, request: Request, durations: Durations) -> None:
    given = request.given("ProvisionedThroughput")
    if given is None:
        raise _throughput_missing()
    stated = {
        entry.name: schema.capacity_of(entry.given["ProvisionedThroughput"])
        for entry in request.of("Update")
        if entry.given.get("ProvisionedThroughput") is not None
    }
    missing = [index.name for index in move.table.indexes if index.name not in stated]
    if missing:
        raise refusals.invalid_values(f"ProvisionedThroughput must be specified for index: {','.join(missing)}")
    # The ceilings of on-demand billing are gone afterwards (fact sheet 2.5).
    after: dict[str, Any] = {"on_demand": False, "capacity": schema.capacity_of(given), "limits": OnDemandLimits()}
    _flip(move, "flip to provisioned", durations.flip_to_provisioned, durations, stated, after)


def _flip(
    move: Move, what: str, seconds: float, durations: Durations, indexes: dict[str, Capacity], after: dict[str, Any]
) -> None:
    """Every index is UPDATING too, and comes back later than its table (fact sheet 2.5)."""
    tail, on_demand = durations.flip_indexes if move.table.indexes else 0, move.table.on_demand
    for index in move.table.indexes:
        settled = {"capacity": indexes[index.name], "updating": False}
        if "limits" in after:
            settled["limits"] = after["limits"]
        move.after(seconds + tail, of_index(index, _setting(settled)))
    kept = tuple(
        replace(index, updating=True, warm=_kept_warm(index.warm, index.capacity, on_demand=on_demand))
        for index in move.table.indexes
    )
    warm = _kept_warm(move.table.warm, move.table.capacity, on_demand=on_demand)
    move.table = replace(move.table, indexes=kept, warm=warm)
    move.after(seconds, lambda table: replace(table, **after))
    move.takes(what, seconds + tail, updating=seconds)


def _setting(values: dict[str, Any]) -> Any:
    return lambda index: replace(index, **values)


def _throughput_missing() -> Refusal:
    return refusals.invalid_values("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")


# ------------------------------------------------------------------------------------------------------------- ceilings


def _change_ceilings(move: Move, request: Request, durations: Durations, *, on_demand: bool) -> None:
    given = request.given("OnDemandThroughput")
    if given is None:
        return
    limits = _ceilings(given, on_demand=on_demand)
    move.table = replace(move.table, limits=move.table.limits.merged(limits))
    move.takes("update on-demand limits", durations.on_demand_limits)


def initial_ceilings(parameters: Mapping[str, Any], *, on_demand: bool) -> OnDemandLimits:
    """Those of a table or index to be made."""
    given = parameters.get("OnDemandThroughput")
    return OnDemandLimits() if given is None else _ceilings(given, on_demand=on_demand).settled()


def _ceilings(given: Mapping[str, int], *, on_demand: bool) -> OnDemandLimits:
    """Those of a request; an empty object is what AWS fails at (fact sheet 2.3)."""
    limits = schema.limits_of(given)
    if limits == OnDemandLimits():
        raise Refusal("InternalFailure", "The request processing has failed because of an unknown error.", 500)
    if not on_demand:
        raise schema.no_ceilings_when_provisioned(limits)
    return limits


def _merge_index_ceilings(move: Move, entry: IndexAction) -> None:
    index = move.table.index(entry.name)
    if index is not None and entry.given.get("OnDemandThroughput") is not None:
        limits = _ceilings(entry.given["OnDemandThroughput"], on_demand=True)
        move.table = move.table.with_index(replace(index, limits=index.limits.merged(limits)))


# -------------------------------------------------------------------------------------------------------- warm throughput


def raise_warmth(move: Move, request: Request, durations: Durations) -> None:
    """Out of band: TableStatus stays ACTIVE, other calls are accepted meanwhile."""
    table = move.table
    wanted = _warmer(table, "table", request.given("WarmThroughput"), table.warm, table.capacity)
    if wanted is None:
        return
    move.table = replace(table, warm=table.warm.raising())
    move.after(durations.warm_throughput, lambda later: replace(later, warm=later.warm.raised(wanted)))
    move.work.append(("warm throughput", durations.warm_throughput, False))


def _raise_index_warmth(move: Move, entry: IndexAction, index: Index, durations: Durations) -> None:
    given = entry.given["WarmThroughput"]
    wanted = _warmer(move.table, f"index {index.name}", given, index.warm, index.capacity)
    if wanted is None:
        return
    move.table = move.table.with_index(replace(index, warm=index.warm.raising()))
    seconds = durations.warm_throughput
    move.after(seconds, of_index(index, lambda later: replace(later, warm=later.warm.raised(wanted))))
    move.work.append((f"warm throughput of index {index.name}", seconds, False))


def _warmer(
    table: Table, subject: str, given: Mapping[str, int], current: WarmThroughput, capacity: Capacity
) -> Capacity | None:
    """What it goes up to; None where it is that warm already. It never goes down (fact sheet 1.6)."""
    now = warm_units(current, capacity, on_demand=table.on_demand)
    why = "lower than current WarmThroughput, decreasing WarmThroughput is not supported"
    _check_warmth(subject, given, now, why)
    asked = schema.warm_of(given)
    wanted = Capacity(max(now.read, asked.read), max(now.write, asked.write))
    return None if wanted == now else wanted


def check_initial_warmth(subject: str, given: Mapping[str, Any], capacity: Capacity, *, on_demand: bool) -> None:
    """A new table or index can't begin colder than by itself. For an index nobody has measured it: the stricter way."""
    least = warm_units(WarmThroughput(), capacity, on_demand=on_demand)
    _check_warmth(subject, given.get("WarmThroughput") or {}, least, "lower than initial throughput")


def _check_warmth(subject: str, given: Mapping[str, int], least: Capacity, why: str) -> None:
    asked = schema.warm_of(given)
    for word, have, want in (("Read", least.read, asked.read), ("Write", least.write, asked.write)):
        if f"{word}UnitsPerSecond" in given and want < have:
            raise refusals.invalid_values(f"Requested {word}UnitsPerSecond for WarmThroughput for {subject} is {why}")


def _kept_warm(warm: WarmThroughput, capacity: Capacity, *, on_demand: bool) -> WarmThroughput:
    """What was reached stays when capacity or billing mode change."""
    return warm.at_least(warm_units(warm, capacity, on_demand=on_demand))
