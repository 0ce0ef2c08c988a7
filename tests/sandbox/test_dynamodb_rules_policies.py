"""Resource policies of tables and streams (fact sheet section 3, section 7)."""

import json
from typing import Any

import pytest

from orchestrator.sandbox.rules.durations import Durations, Staleness
from orchestrator.sandbox.rules.dynamodb import policy_document
from orchestrator.sandbox.rules.refusal import Refusal
from tests.sandbox.dynamodb_world import ARN, GONE, IN_USE, INVALID, World

ABSENT, THROTTLED = "PolicyNotFoundException", "ThrottlingException"
ROOT = "arn:aws:iam::123456789012:root"


def policy(*actions: str, **more: Any) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": list(actions), "Resource": ARN}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement], **more})


READ, WRITE = policy("dynamodb:GetItem"), policy("dynamodb:PutItem", "dynamodb:DeleteItem")


def put(world: World, document: str = READ, arn: str = ARN, **more: Any) -> str:
    return str(world.call("PutResourcePolicy", ResourceArn=arn, Policy=document, **more)["RevisionId"])


def put_refused(world: World, document: str = READ, arn: str = ARN, **more: Any) -> Refusal:
    return world.refused("PutResourcePolicy", ResourceArn=arn, Policy=document, **more)


def delete(world: World, **more: Any) -> str | None:
    revision: str | None = world.call("DeleteResourcePolicy", ResourceArn=ARN, **more).get("RevisionId")
    return revision


def got(world: World, arn: str = ARN) -> tuple[Any, str]:
    reply = world.call("GetResourcePolicy", ResourceArn=arn)
    return json.loads(reply["Policy"])["Statement"][0]["Action"], reply["RevisionId"]


def get_refused(world: World, arn: str = ARN) -> str:
    return world.refused("GetResourcePolicy", ResourceArn=arn).code


def ready(durations: Durations | None = None, **more: Any) -> World:
    world = World(durations, **more)
    world.active()
    return world


def test_section_3_a_policy_is_put_replaced_and_deleted_each_with_a_revision() -> None:
    world = ready(Durations.instant())
    assert get_refused(world) == ABSENT
    first = put(world)
    assert got(world) == ("dynamodb:GetItem", first), "a list of one reads back as that one"
    second = put(world, WRITE)
    assert second != first
    assert got(world) == (["dynamodb:PutItem", "dynamodb:DeleteItem"], second)
    gone = delete(world)
    assert gone not in (None, first, second)
    assert get_refused(world) == ABSENT
    assert delete(world) == gone, "deleting again is accepted"


def test_section_3_deleting_what_never_was_is_accepted() -> None:
    assert delete(ready()) is None


@pytest.mark.parametrize(
    "again",
    [
        READ,
        json.dumps(json.loads(READ), indent=2),
        READ.replace(ROOT, "123456789012"),
        READ.replace('["dynamodb:GetItem"]', '"dynamodb:GetItem"'),
        json.dumps(dict(reversed(json.loads(READ).items()))),
        json.dumps({**json.loads(READ), "Statement": json.loads(READ)["Statement"][0]}),
    ],
)
def test_section_3_the_same_document_keeps_its_revision_at_any_time(again: str) -> None:
    world = ready()
    first = put(world)
    assert put(world, again) == first
    world.wait(world.durations.policy_lock)
    assert put(world, again, ExpectedRevisionId=first) == first


def test_a_document_without_a_version_reads_back_with_the_oldest_and_is_not_the_same() -> None:
    bare = json.dumps({"Statement": json.loads(READ)["Statement"]})
    shown = policy_document.shown(bare)
    assert shown.startswith('{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:')
    assert not policy_document.same(bare, shown)
    assert policy_document.same(shown, policy_document.shown(shown))


def test_section_3_a_revision_that_does_not_match_is_a_policy_that_is_not_found() -> None:
    world = ready(Durations.instant())
    assert put_refused(world, ExpectedRevisionId="1").code == ABSENT
    first = put(world, ExpectedRevisionId="NO_POLICY")
    for expected in ("NO_POLICY", "1"):
        assert put_refused(world, WRITE, ExpectedRevisionId=expected).code == ABSENT
        assert put_refused(world, READ, ExpectedRevisionId=expected).code == ABSENT, "also for the same document"
        assert world.refused("DeleteResourcePolicy", ResourceArn=ARN, ExpectedRevisionId=expected).code == ABSENT
    second = put(world, WRITE, ExpectedRevisionId=first)
    delete(world, ExpectedRevisionId=second)
    for expected in (second, "NO_POLICY"):
        assert world.refused("DeleteResourcePolicy", ResourceArn=ARN, ExpectedRevisionId=expected).code == ABSENT
    put(world, ExpectedRevisionId="NO_POLICY")


@pytest.mark.parametrize("seed", range(5))
def test_section_7_a_policy_shows_some_seconds_later(seed: int) -> None:
    world = ready(Durations.instant(), staleness=Staleness(0, 0, 3), seed=seed)
    first = put(world)
    before = world.now
    while get_refused_or_revision(world) != first:
        world.wait(0.1)
    assert 0 < world.now - before <= 3
    second = put(world, WRITE, ExpectedRevisionId=first)
    assert got(world)[1] == first
    world.wait(3)
    assert got(world)[1] == second
    delete(world)
    assert got(world)[1] == second
    world.wait(3)
    assert get_refused(world) == ABSENT


def get_refused_or_revision(world: World) -> str:
    try:
        return got(world)[1]
    except Refusal as refusal:
        return refusal.code


def test_section_3_given_at_creation_it_is_there_with_the_table_and_goes_with_it() -> None:
    world = World(staleness=Staleness(2, 4, 3))
    world.create(ResourcePolicy=READ)
    world.wait(4)
    assert got(world)[0] == "dynamodb:GetItem"
    world.wait(world.durations.table_create)
    world.call("DeleteTable", TableName="orders")
    world.wait(world.durations.table_delete)
    assert get_refused(world) == GONE
    assert world.refused("DeleteResourcePolicy", ResourceArn=ARN).code == GONE
    world.active()
    assert get_refused(world) == ABSENT


def test_section_7_a_new_table_may_not_be_known_yet() -> None:
    seen = set()
    for seed in range(8):
        world = World(staleness=Staleness(2, 4, 3), seed=seed)
        world.create(ResourcePolicy=READ)
        seen.add(get_refused_or_revision(world))
    assert GONE in seen


def test_two_changes_of_a_policy_need_a_rest_between_them() -> None:
    world = ready()
    first = put(world)
    for more in ({}, {"ExpectedRevisionId": first}):
        refusal = put_refused(world, WRITE, **more)
        assert (refusal.code, refusal.in_transition) == (IN_USE, False), "no read shows it"
        assert refusal.message.endswith("Table is pending previous resource-based policy update: orders")
    assert world.refused("DeleteTable", TableName="orders").code == IN_USE
    world.wait(world.durations.policy)
    refusal = put_refused(world, WRITE)
    assert refusal.code == THROTTLED
    assert "Resource-based policy for table orders modified within the previous 15000 milliseconds" in refusal.message
    assert world.refused("DeleteResourcePolicy", ResourceArn=ARN).code == THROTTLED
    world.wait(world.durations.policy_lock - world.durations.policy)
    put(world, WRITE)
    world.wait(world.durations.policy)
    world.call("DeleteTable", TableName="orders")
    assert put_refused(world).message.endswith("Table is being deleted: orders")


def test_1_4_a_table_on_the_move_takes_no_policy() -> None:
    world = World()
    world.create()
    refusal = put_refused(world)
    assert (refusal.code, refusal.in_transition) == (IN_USE, True)
    world.wait(world.durations.table_create)
    world.update(StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    assert put_refused(world).message.endswith("Table is being updated: orders")


@pytest.mark.parametrize(
    "document", ["", "{", "[]", "{}", '{"Statement": []}', '{"Statement": "x"}', policy("x", Id="x" * 20480)]
)
def test_section_3_what_is_no_policy_or_too_large_is_refused(document: str) -> None:
    assert put_refused(ready(), document).code == INVALID
    assert World().refused("CreateTable", **{**_creation(), "ResourcePolicy": document or "x"}).code == INVALID


def _creation() -> dict[str, Any]:
    return {
        "TableName": "orders",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    }


@pytest.mark.parametrize(
    ("arn", "code"),
    [
        (ARN.replace("orders", "none"), GONE),
        ("orders", INVALID),
        (f"{ARN}/index/by_day", INVALID),
        (f"{ARN}/stream/2026-01-01T12:00:00.000", GONE),
        (ARN.replace("eu-west-1", "us-east-1"), INVALID),
    ],
)
def test_section_3_only_tables_and_streams_have_policies(arn: str, code: str) -> None:
    world = ready()
    assert put_refused(world, READ, arn).code == code
    assert get_refused(world, arn) == code


def test_section_3_a_stream_has_a_policy_of_its_own() -> None:
    world = ready()
    stream = world.update(StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})["LatestStreamArn"]
    world.wait(world.durations.stream)
    put(world)
    revision = put(world, WRITE, stream)
    assert got(world, stream)[1] == revision
    label = stream.rpartition("/")[2]
    assert put_refused(world, READ, stream).message.endswith(
        f"Stream is pending previous resource-based policy update: {label}"
    )
    assert world.account.timeline.served[-1].resource == "table/orders"
