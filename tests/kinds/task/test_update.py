"""The requests of a backfill: pages that share a table without an overlap, and updates that overwrite nobody."""

from typing import Any

import pytest

from orchestrator.kinds.task.update import Skipped, again, applied, pattern, scan, segments, update
from orchestrator.model import Text, hide
from orchestrator.model.work import Backfill, Share, Taken

KEYS = ("id", "line")
KEY = {"id": {"S": "a"}, "line": {"N": "1"}}
RENAME = Backfill("orders", set={"name": (Taken("title"),)}, remove=("title",))
STATUS = Backfill(
    "orders",
    set={"status": (Taken("state"), "-", Taken("line")), "open": {"BOOL": True}},
    where="#n0 = :v0 OR attribute_not_exists(status)",
    names={"#n0": "state"},
    values={":v0": {"S": "new"}},
    segments=8,
)


def request(backfill: Backfill, **item: Any) -> dict[str, Any]:
    found = update(backfill, KEYS, KEY | item)
    assert not isinstance(found, Skipped)
    return found


def skipped(backfill: Backfill, **item: Any) -> tuple[str, str]:
    found = update(backfill, KEYS, KEY | item)
    assert isinstance(found, Skipped)
    return found.reason, found.attribute


def spelled(found: dict[str, Any], member: str) -> str:
    """An expression with the attributes and values in place of their placeholders."""
    entries = {
        **found.get("ExpressionAttributeNames", {}),
        **{name: next(iter(value.values())) for name, value in found.get("ExpressionAttributeValues", {}).items()},
    }
    text: str = found[member]
    for placeholder in sorted(entries, key=len, reverse=True):
        text = text.replace(placeholder, f"<{entries[placeholder]}>")
    return text


def test_an_update_holds_only_for_what_was_read() -> None:
    found = request(STATUS, state={"S": "new"})
    assert found["TableName"] == "orders"
    assert found["Key"] == KEY
    assert spelled(found, "UpdateExpression") == "SET <status> = <new-1>, <open> = <True>"
    assert spelled(found, "ConditionExpression") == (
        "(attribute_exists(<id>)) AND (<state> = <new> OR attribute_not_exists(status)) AND (<state> = <new>)"
        " AND (attribute_not_exists(<status>)) AND (attribute_not_exists(<open>))"
    )


def test_what_an_update_replaces_has_to_be_as_it_was_read() -> None:
    found = request(RENAME, title={"S": "t"}, name={"S": "old"})
    assert spelled(found, "ConditionExpression") == "(attribute_exists(<id>)) AND (<title> = <t>) AND (<name> = <old>)"


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        ({"title": {"S": "t"}, "name": {"S": "old"}}, False),
        ({"name": {"S": "t"}}, True),
        ({"name": {"S": "written since"}}, True),
        ({"name": {"S": "old"}}, False),
        ({"title": {"S": "t"}, "name": {"S": "t"}}, False),
    ],
)
def test_what_came_of_an_update_shows_in_all_that_it_changes(now: Any, wanted: bool) -> None:
    assert applied(RENAME, KEY | {"title": {"S": "t"}, "name": {"S": "old"}}, KEY | now) is wanted


@pytest.mark.parametrize(
    ("backfill", "item"), [(STATUS, {"state": {"S": "x"}}), (RENAME, {"title": {"S": "t"}, "more": {"NULL": True}})]
)
def test_an_update_is_shown_with_what_is_the_items_own_left_open(backfill: Backfill, item: dict[str, Any]) -> None:
    shown, sent = pattern(backfill, KEYS), request(backfill, **item)
    assert shown["Key"].keys() == sent["Key"].keys()
    assert shown.get("ExpressionAttributeValues", {}).keys() == sent.get("ExpressionAttributeValues", {}).keys()
    assert {**shown, "Key": 0, "ExpressionAttributeValues": 0} == {**sent, "Key": 0, "ExpressionAttributeValues": 0}
    assert all(isinstance(value, Text) and value.unknown for value in shown["Key"].values())


def test_every_placeholder_is_defined_and_used() -> None:
    """DynamoDB refuses both; those of the plan are of its `where`."""
    for found in (request(STATUS, state={"S": "x"}), request(RENAME, title={"S": "t"})):
        texts = found["UpdateExpression"] + " " + found["ConditionExpression"] + " "
        for placeholder in {**found["ExpressionAttributeNames"], **found.get("ExpressionAttributeValues", {})}:
            assert any(f"{placeholder}{end}" in texts for end in " ,)")


def test_what_is_taken_alone_keeps_its_type() -> None:
    found = request(RENAME, title={"L": [{"N": "1"}]})
    assert {"L": [{"N": "1"}]} in found["ExpressionAttributeValues"].values()
    assert spelled(found, "UpdateExpression").startswith("SET <name> = ")
    assert spelled(found, "UpdateExpression").endswith(" REMOVE <title>")


@pytest.mark.parametrize(
    ("backfill", "item", "why"),
    [
        (RENAME, {}, ("lacking", "title")),
        (STATUS, {"state": {"BOOL": True}}, ("unfit", "state")),
        (STATUS, {"state": {"S": "a"}, "status": {"S": "a-1"}, "open": {"BOOL": True}}, ("alike", "")),
        (Backfill("orders", remove=("draft",)), {"other": {"S": "x"}}, ("alike", "")),
        (Backfill("orders", set={"n": {"N": "1"}}), {"n": {"N": "1.0"}}, ("alike", "")),
        (Backfill("orders", set={"s": {"S": hide("x")}}), {"s": {"S": "x"}}, ("alike", "")),
    ],
)
def test_an_item_may_be_left_as_it_is(backfill: Backfill, item: Any, why: Any) -> None:
    assert skipped(backfill, **item) == why


def test_an_update_that_was_done_is_not_done_again() -> None:
    """What a backfill made of an item, read again after a restart."""
    assert skipped(STATUS, state={"S": "x"}, status={"S": "x-1"}, open={"BOOL": True}) == ("alike", "")
    assert skipped(RENAME, name={"S": "t"}) == ("alike", "")


def test_a_page_brings_what_an_update_needs_and_no_more() -> None:
    found = scan(STATUS, KEYS, 3, KEY)
    assert spelled(found, "ProjectionExpression") == "<id>, <line>, <state>, <status>, <open>"
    assert found["FilterExpression"] == STATUS.where
    assert found["ExpressionAttributeNames"]["#n0"] == "state"
    assert found["ExpressionAttributeValues"] == {":v0": {"S": "new"}}
    assert (found["Segment"], found["TotalSegments"], found["ExclusiveStartKey"]) == (3, 8, KEY)
    assert found["ConsistentRead"] is True
    assert "ExclusiveStartKey" not in scan(STATUS, KEYS, 3)
    assert "FilterExpression" not in scan(RENAME, KEYS, 0)


def test_what_was_refused_is_read_again_as_it_is_now() -> None:
    assert again(STATUS, KEYS, KEY | {"x": {"S": "y"}}) == {"TableName": "orders", "Key": KEY, "ConsistentRead": True}


@pytest.mark.parametrize(("total", "of"), [(8, 1), (8, 3), (5, 5), (16, 4)])
def test_the_shares_of_a_table_are_all_of_it_and_overlap_nowhere(total: int, of: int) -> None:
    shares = [segments(Backfill("orders", segments=total, share=Share(number, of))) for number in range(1, of + 1)]
    assert sorted(segment for share in shares for segment in share) == list(range(total))
    assert all(shares)
