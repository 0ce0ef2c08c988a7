"""Whether a change is made: what the engine asks before each call and after it. Total: any live state has an answer."""

from dataclasses import replace
from typing import Any

import pytest

from orchestrator.kinds import index, table
from orchestrator.kinds.table.live import (
    Capacity,
    IndexLive,
    KeySchema,
    LocalIndexLive,
    PointInTimeRecovery,
    Projection,
    TableLive,
    TimeToLive,
)
from orchestrator.model import Change, Effect, FromLive, FromRun, Ref, Text, hide

REF = Ref("demo", ("tables", "orders"))
BY_DAY = REF.child("indexes", "by_day")
KEYS = KeySchema((("id", "S"),))
DAY = IndexLive("by_day", "ACTIVE", False, KeySchema((("day", "S"),)), Projection("ALL"), Capacity(1, 2))
LIVE = TableLive(
    "orders", "arn", "1", "ACTIVE", KEYS, on_demand=False, capacity=Capacity(3, 4), indexes={"by_day": DAY}
)
SHAPE = {"partition_key": {"day": "S"}, "projection": "all"}
UNITS = {"provisioned": {"read": 1, "write": 2}}


def change(field: str, after: Any, effect: Effect = "update", before: Any = None, ref: Ref = REF) -> Change:
    return Change(ref, field, before, after, effect)


CREATED = change("", {"partition_key": {"id": "S"}}, "create")
DELETED = change("", None, "delete")
GONE = change("status", None, "delete", "DELETING")


@pytest.mark.parametrize(
    ("made", "live", "expected"),
    [
        (CREATED, LIVE, True),
        (CREATED, None, False),
        (CREATED, replace(LIVE, status="DELETING"), False),
        (CREATED, replace(LIVE, keys=KeySchema((("id", "N"),))), False),
        (CREATED, replace(LIVE, keys=KeySchema((("id", "S"),), (("line", "N"),))), False),
        (DELETED, LIVE, False),
        (DELETED, replace(LIVE, status="DELETING"), False),
        (DELETED, None, True),
        (GONE, replace(LIVE, status="DELETING"), False),
        (GONE, None, True),
        (GONE, LIVE, True),  # somebody made it anew meanwhile
    ],
)
def test_a_table_comes_and_goes(made: Change, live: TableLive | None, expected: bool) -> None:
    """A7, B2, B3."""
    assert table.reached(made, live) is expected


def test_a_table_is_made_with_its_local_indexes() -> None:
    keys = KeySchema((("id", "S"),), (("line", "N"),))
    local = LocalIndexLive("by_sum", KeySchema((("id", "S"),), (("sum", "N"),)), Projection("KEYS_ONLY"))
    shape = {"partition_key": {"id": "S"}, "sort_key": {"sum": "N"}, "projection": "keys_only"}
    made = change(
        "",
        {"partition_key": {"id": "S"}, "sort_key": {"line": "N"}, "local_indexes": {"by_sum": shape}},
        "create",
    )
    assert table.reached(made, replace(LIVE, keys=keys, local_indexes={"by_sum": local}))
    assert not table.reached(made, replace(LIVE, keys=keys))
    other = replace(local, projection=Projection("ALL"))
    assert not table.reached(made, replace(LIVE, keys=keys, local_indexes={"by_sum": other}))


def at_day(**fields: Any) -> TableLive:
    return replace(LIVE, indexes={"by_day": replace(DAY, **fields)})


WITHOUT = replace(LIVE, indexes={})
OTHER = {"keys": KeySchema((("hour", "S"),))}
INDEX_CREATED = change("", SHAPE, "create", ref=BY_DAY)
INDEX_DELETED = change("", None, "delete", SHAPE, ref=BY_DAY)
INDEX_REPLACED = change("", {**SHAPE, "projection": "keys_only"}, "replace", SHAPE, ref=BY_DAY)


@pytest.mark.parametrize(
    ("made", "live", "expected"),
    [
        (INDEX_CREATED, LIVE, True),
        (INDEX_CREATED, at_day(status="CREATING"), True),
        (INDEX_CREATED, at_day(status="DELETING"), False),
        (INDEX_CREATED, at_day(**OTHER), False),
        (INDEX_CREATED, WITHOUT, False),
        (INDEX_CREATED, None, False),
        (INDEX_DELETED, LIVE, False),
        (INDEX_DELETED, at_day(status="DELETING"), False),
        (INDEX_DELETED, WITHOUT, True),
        (INDEX_DELETED, None, True),
        (INDEX_REPLACED, LIVE, False),
        (INDEX_REPLACED, at_day(status="DELETING"), False),
        (INDEX_REPLACED, WITHOUT, True),
        (INDEX_REPLACED, at_day(projection=Projection("KEYS_ONLY")), True),  # somebody else is further on
        (change("billing", UNITS, ref=BY_DAY), LIVE, True),
        (change("billing", {"provisioned": {"read": 9, "write": 2}}, ref=BY_DAY), LIVE, False),
        (change("billing", UNITS, ref=BY_DAY), replace(LIVE, on_demand=True), False),
        (change("billing", UNITS, ref=BY_DAY), WITHOUT, False),
        (change("billing", UNITS, ref=BY_DAY), None, False),
        (change("colour", UNITS, ref=BY_DAY), LIVE, False),
    ],
)
def test_an_index_comes_goes_and_changes(made: Change, live: TableLive | None, expected: bool) -> None:
    """A4: a goal that looks like the old state is not taken for reached."""
    assert index.reached(made, live) is expected


@pytest.mark.parametrize(
    ("made", "live", "expected"),
    [
        (change("stream", "off", "replace", "keys_only"), replace(LIVE, stream="KEYS_ONLY"), False),
        (change("stream", "off", "replace", "keys_only"), LIVE, True),
        (change("stream", "off", "replace", "keys_only"), replace(LIVE, stream="NEW_IMAGE"), True),
        (change("stream", "new_image"), LIVE, False),
        (change("ttl", "at"), LIVE, False),  # not read
        (change("ttl", "at"), replace(LIVE, ttl=TimeToLive("ENABLING", "at")), True),
        (change("ttl", "off"), replace(LIVE, ttl=TimeToLive("DISABLING", "at")), True),
        (change("point_in_time_recovery", True), replace(LIVE, pitr=PointInTimeRecovery(True, 35)), True),
        (change("point_in_time_recovery", {"days": 7}), replace(LIVE, pitr=PointInTimeRecovery(True, 35)), False),
        (change("tags", {"a": "1", "b": None}), replace(LIVE, tags={"a": "1", "c": "x"}), True),
        (change("tags", {"a": "1", "b": None}), replace(LIVE, tags={"a": "1", "b": "x"}), False),
        (change("tags", {"a": hide("1")}), replace(LIVE, tags={"a": "1"}), True),
        (change("tags", {"a": Text((FromLive(REF, "arn"),))}), replace(LIVE, tags={"a": "1"}), False),
        (change("deletion_protection", True), None, False),
        (change("flavour", "sweet"), LIVE, False),
    ],
)
def test_a_setting_changes(made: Change, live: TableLive | None, expected: bool) -> None:
    assert table.reached(made, live) is expected


def test_a_backup_counts_once_it_is_available_under_this_runs_name() -> None:
    unbound = change("backup", Text(("orders-", FromRun("id"))), "create")
    bound = change("backup", "orders-01J", "create")
    available = replace(LIVE, backups={"orders-01J": "AVAILABLE", "orders-01H": "AVAILABLE"})
    assert table.reached(bound, available)
    assert not table.reached(unbound, available)
    assert not table.reached(bound, replace(LIVE, backups={"orders-01J": "CREATING"}))
    assert not table.reached(bound, replace(LIVE, backups={}))
    assert not table.reached(bound, LIVE)
    assert not table.reached(bound, None)
