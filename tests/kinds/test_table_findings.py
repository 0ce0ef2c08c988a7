"""What a diff says beside its changes. Every error says what to do, every hazard stands where the plan states its cause."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator.kinds import table
from orchestrator.kinds.contract import Context
from orchestrator.kinds.table.live import Capacity, IndexLive, KeySchema, Projection, TableLive
from orchestrator.model import Declared, Finding, Policy, Position, Ref, hide
from tests.kinds.cases import BODIES, CannedCloud, Case, collected

REF = Ref("demo", ("tables", "orders"))
LIVE = TableLive(
    "orders", "arn", "1", "ACTIVE", KeySchema((("id", "S"),)), on_demand=True, capacity=Capacity(0, 0), tags={}
)
CONTEXT = Context(
    Policy(), known=lambda value: value, where=lambda ref, field: Position(f"{ref}:{field}", 1, 1), now=0.0
)


def findings(live: TableLive | None, **body: Any) -> tuple[Finding, ...]:
    return table.diff(Declared(REF, "orders", BODIES["tables"].validate_python(body)), live, CONTEXT).findings


def test_what_a_table_holds_is_told_before_it_is_deleted() -> None:
    held = findings(replace(LIVE, item_count=12345, size_bytes=2048), ensure="absent")
    (said,) = [one.message for one in held if one.code == "table-content"]
    assert "12,345 items in 2,048 bytes" in said
    assert not [one for one in findings(LIVE, ensure="absent") if one.code == "table-content"]


def an_index(name: str, **more: Any) -> IndexLive:
    return IndexLive(name, "ACTIVE", False, KeySchema((("id", "S"),)), Projection("ALL"), Capacity(0, 0), **more)


def many(count: int) -> TableLive:
    return replace(LIVE, indexes={f"i{number}": an_index(f"i{number}") for number in range(count)})


@pytest.mark.parametrize(
    ("there", "new", "refused"), [(19, 1, False), (20, 0, False), (20, 1, True), (0, 21, True), (25, 1, True)]
)
def test_twenty_global_indexes(there: int, new: int, refused: bool) -> None:
    """Fact sheet 4.2; live indexes that the plan does not name count too."""
    body = {f"new{number}": {"partition_key": {"id": "S"}} for number in range(new)}
    codes = [finding.code for finding in findings(many(there), indexes=body)]
    assert codes.count("gsi-quota") == refused


def test_indexes_that_go_make_room() -> None:
    """A raised quota shows in what is there already."""
    body = {"new": {"partition_key": {"id": "S"}}, "i0": "absent"}
    for there in (20, 25):
        assert "gsi-quota" not in [finding.code for finding in findings(many(there), indexes=body)]


@pytest.mark.parametrize(
    ("read", "of_index", "told"), [(40_000, None, True), (20_000, None, False), (39_000, 1_001, True)]
)
def test_units_beyond_the_quota_are_warned_of(read: int, of_index: int | None, told: bool) -> None:
    """Fact sheet 4.2: 40,000 of each side; those of the indexes count, and an index without any gets its table's."""
    billed = {"billing": {"provisioned": {"read": of_index, "write": 1}}} if of_index else {}
    index = {"partition_key": {"day": "S"}, **billed}
    billing = {"provisioned": {"read": read, "write": 1}}
    found = findings(None, partition_key={"id": "S"}, billing=billing, indexes={"by_day": index})
    said = [finding.level for finding in found if finding.code == "throughput-quota"]
    assert said == (["warning"] if told else [])
    alone = findings(None, partition_key={"id": "S"}, billing=billing)
    assert "throughput-quota" not in [finding.code for finding in alone]


@pytest.mark.parametrize(("listed", "refused"), [(100, False), (101, True)])
def test_a_hundred_projected_attributes(listed: int, refused: bool) -> None:
    """Fact sheet 4.2: the lists of all indexes count together."""
    names = [f"a{number}" for number in range(listed)]
    body = {"partition_key": {"id": "S"}}
    indexes = {"one": {**body, "projection": names[:50]}, "two": {**body, "projection": names[50:]}}
    assert ("projection-quota" in [finding.code for finding in findings(LIVE, indexes=indexes)]) is refused


def test_one_attribute_with_two_types_is_told_of_the_new_index() -> None:
    (finding,) = findings(LIVE, indexes={"by_id": {"partition_key": {"id": "N"}}})
    assert finding.code == "attribute-type"
    assert finding.ref == REF.child("indexes", "by_id")
    assert "`id` is N here but S in `partition_key` of the table" in finding.message


def test_the_ways_out_of_an_immutable_index_start_with_a_new_name() -> None:
    live = replace(LIVE, indexes={"by_day": an_index("by_day")})
    (finding,) = findings(live, indexes={"by_day": {"partition_key": {"day": "S"}}})
    assert finding.level == "error"
    assert finding.action.index("by_day_v2") < finding.action.index("replace: recreate")
    assert finding.where == Position("tables.orders.indexes.by_day:partition_key", 1, 1)


def test_the_ways_out_of_an_immutable_key() -> None:
    (finding,) = findings(LIVE, partition_key={"other": "S"})
    assert finding.code == "key-immutable"
    assert "new table" in finding.action
    assert "replace: recreate" in finding.action


def test_an_unresolved_key_names_the_permission_and_the_pinned_form() -> None:
    live = replace(LIVE, encryption=replace(LIVE.encryption, key="arn:aws:kms:r:1:key/a", status="ENABLED"))
    finding, _ = findings(live, encryption={"kms_key": hide("alias/secret")})
    assert finding.code == "kms-key-unresolved"
    assert "kms:DescribeKey" in finding.action
    assert ":key/" in finding.action
    assert "secret" not in f"{finding}"


@pytest.mark.parametrize(("used", "told"), [(3, False), (4, True), (27, True)])
def test_decreases_are_counted_for_table_and_index(used: int, told: bool) -> None:
    capacity = Capacity(5, 5, decreases_today=used)
    live = replace(LIVE, on_demand=False, capacity=capacity, indexes={"i": replace(an_index("i"), capacity=capacity)})
    lower = {"provisioned": {"read": 1, "write": 5}}
    told_of = [
        str(finding.ref)
        for finding in findings(live, billing=lower, indexes={"i": {"billing": lower}})
        if finding.code == "decrease-budget"
    ]
    assert told_of == (["tables.orders", "tables.orders.indexes.i"] if told else [])


def test_an_increase_needs_no_budget() -> None:
    live = replace(LIVE, on_demand=False, capacity=Capacity(5, 5, decreases_today=27))
    assert findings(live, billing={"provisioned": {"read": 5, "write": 6}}) == ()
    assert findings(live, billing={"provisioned": {"read": 6, "write": 5}}) == ()


def test_an_index_that_keeps_its_throughput_while_its_table_s_changes_is_told() -> None:
    five, ten = {"provisioned": {"read": 5, "write": 5}}, {"provisioned": {"read": 10, "write": 5}}
    capacity = Capacity(5, 5)
    there = {name: replace(an_index(name), capacity=capacity) for name in ("named", "unnamed", "stated", "going")}
    there["even"] = replace(an_index("even"), capacity=Capacity(10, 5))
    live = replace(LIVE, on_demand=False, capacity=capacity, indexes=there)
    indexes = {"named": {}, "stated": {"billing": five}, "going": "absent", "new": {"partition_key": {"id": "S"}}}
    told = [found for found in findings(live, billing=ten, indexes=indexes) if found.code == "index-throughput-kept"]
    assert [(found.level, found.ref) for found in told] == [
        ("notice", REF.child("indexes", "named")),
        ("notice", REF.child("indexes", "unnamed")),
    ]
    assert "index named keeps 5 read and 5 write units" in told[0].message
    assert "`indexes: {named: {billing: {provisioned: {read: 10, write: 5}}}}`" in told[0].action
    for billing in (five, "on_demand"):
        codes = [found.code for found in findings(live, billing=billing, indexes=indexes)]
        assert "index-throughput-kept" not in codes


@pytest.mark.parametrize(
    ("live", "body", "changing"),
    [
        (None, {"partition_key": {"id": "S"}}, {"arn", "stream_arn"}),
        (replace(LIVE, status="DELETING"), {"partition_key": {"id": "S"}}, {"arn", "stream_arn"}),
        (LIVE, {"stream": "keys_only"}, {"stream_arn"}),
        (LIVE, {"stream": "off"}, set()),
        (LIVE, {"table_class": "infrequent_access"}, set()),
    ],
)
def test_what_references_must_wait_for(live: TableLive | None, body: dict[str, Any], changing: set[str]) -> None:
    declared = Declared(REF, "orders", BODIES["tables"].validate_python(body))
    assert table.diff(declared, live, CONTEXT).changing == changing


def test_the_last_change_of_class_is_told() -> None:
    live = replace(LIVE, class_changed=datetime(2026, 11, 1, tzinfo=UTC))
    (finding,) = findings(live, table_class="infrequent_access")
    assert "2026-11-01" in finding.message


def test_a_deleted_index_is_told_with_what_to_do_about_its_readers() -> None:
    (finding,) = findings(many(1), indexes={"i0": "absent"})
    assert (finding.code, finding.level) == ("index-delete", "warning")
    assert finding.action == "Move its readers first."


def test_a_deleted_table_names_the_way_out_for_functions_that_use_it() -> None:
    (finding,) = findings(LIVE, ensure="absent")
    assert (finding.code, finding.level, finding.refuses) == ("table-delete", "warning", False)
    assert "`{ensure: absent, after: [functions.ID]}`" in finding.action
    assert findings(LIVE, ensure="absent", after=["functions.ingest"]) == ()
    assert findings(None, ensure="absent") == ()


CASES = [case for case in collected("table", "index") if case.body.get("findings")]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
async def test_every_finding_says_what_where_and_every_error_what_to_do(case: Case) -> None:
    declared = case.declared()
    live = await table.observe(CannedCloud(case.replies), case.name, table.reads(declared.spec))
    for finding in table.diff(declared, live, case.context()).findings:
        assert finding.ref is not None
        assert finding.where is not None
        assert finding.message.endswith(".")
        assert finding.action.endswith((".", ")")) or (finding.level != "error" and not finding.action)
