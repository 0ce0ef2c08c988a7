"""What a plan that would end a table with unnamed replicas is advised: doing just that helps, and loses nothing else."""

import re
from pathlib import Path

import pytest

from orchestrator.errors import InvalidPlan
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

HEAD = "plan: shop\npolicy: {destructive: allow, backup_before_delete: false}\n"
BODY = "partition_key: {id: S}, deletion_protection: %s, replicas: {us-west-2: {deletion_protection: %s}}"
PROTECTIONS = [("false", "false"), ("true", "true"), ("false", "true")]


def table(body: str) -> str:
    return f"{HEAD}tables:\n  orders: {body}\n"


async def advised(aws: VirtualAws, text: str) -> str:
    """The first code in the advice of the error that a plan is refused for."""
    with pytest.raises(InvalidPlan) as refused:
        await aws.apply(text)
    (problem,) = [one for one in refused.value.problems if one.code == "replicas-unnamed"]
    found = re.search(r"`(.*?)`", problem.action)
    assert found
    return found[1]


def regions(aws: VirtualAws) -> list[str]:
    described = aws.send("dynamodb", "DescribeTable", TableName="orders")["Table"]
    return [replica["RegionName"] for replica in described.get("Replicas", ())]


@pytest.mark.parametrize(("here", "there"), PROTECTIONS)
async def test_deleting_all_takes_one_line(tmp_path: Path, here: str, there: str) -> None:
    aws = VirtualAws(tmp_path)
    assert (await aws.apply(table(f"{{{BODY % (here, there)}}}"))).exit_code == 0
    body = await advised(aws, table("absent"))
    assert (await aws.apply(table(body))).outcome == "succeeded"
    assert (await aws.apply(table(body))).outcome == "nothing_to_do"


@pytest.mark.parametrize(("here", "there"), PROTECTIONS)
async def test_to_a_long_form_only_what_it_lacks_is_added(tmp_path: Path, here: str, there: str) -> None:
    """Its name and what it waits for stay where they are: without them it would mean another table, or none."""
    aws = VirtualAws(tmp_path)
    started = table(f"{{name: orders-dev, {BODY % (here, there)}}}")
    assert (await aws.apply(started)).exit_code == 0
    stated = "ensure: absent, name: orders-dev, after: [tables.other]"
    rest = "  other: absent\n"
    added = await advised(aws, table(f"{{{stated}}}") + rest)
    assert "ensure: absent, replicas" not in added
    ended = table(f"{{{stated}, {added}}}") + rest
    assert (await aws.apply(ended)).outcome == "succeeded"
    assert aws.send("dynamodb", "ListTables")["TableNames"] == []
    assert (await aws.apply(ended)).outcome == "nothing_to_do"


async def test_the_replicas_that_are_named_stay_so(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path)
    two = "partition_key: {id: S}, replicas: {us-west-2: {}, us-east-1: {}}"
    assert (await aws.apply(table(f"{{{two}}}"))).exit_code == 0
    await aws.clock.sleep(2 * 86_400)
    added = await advised(aws, table("{ensure: absent, replicas: {us-east-1: absent}}"))
    assert added == "replicas: {us-east-1: absent, us-west-2: absent}"
    assert (await aws.apply(table(f"{{ensure: absent, {added}}}"))).outcome == "succeeded"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("absent", "state `{ensure: absent, after: [functions.ID]}`"),
        ("{ensure: absent, name: orders}", "state `after: [functions.ID]` too"),
    ],
)
async def test_the_order_is_advised_without_the_loss_of_what_is_stated(tmp_path: Path, body: str, said: str) -> None:
    aws = VirtualAws(tmp_path)
    assert (await aws.apply(table("{partition_key: {id: S}}"))).exit_code == 0
    (found,) = [one for one in (await aws.preview(table(body))).findings if one.code == "table-delete"]
    assert said in found.action


@pytest.mark.parametrize(("here", "there"), [("false", "false"), ("false", "true")])
async def test_making_anew_deletes_nothing_for_good(tmp_path: Path, here: str, there: str) -> None:
    aws = VirtualAws(tmp_path)
    assert (await aws.apply(table(f"{{{BODY % (here, there)}}}"))).exit_code == 0
    anew = "partition_key: {other: S}, replace: recreate"
    replicas = await advised(aws, table(f"{{{anew}}}"))
    assert replicas.startswith("replicas: ")
    assert (await aws.apply(table(f"{{{anew}, {replicas}}}"))).outcome == "succeeded"
    assert regions(aws) == ["us-west-2"]
    assert (await aws.apply(table(f"{{{anew}, {replicas}}}"))).outcome == "nothing_to_do"


@pytest.mark.parametrize("stated", ["new_and_old_images", "new_image", "off"])
async def test_the_stream_that_feeds_replicas_may_be_stated_as_it_is(tmp_path: Path, stated: str) -> None:
    """AWS keeps the one that is there when the first replica comes (fact sheet 8.1)."""
    aws = VirtualAws(tmp_path)
    body = "{partition_key: {id: S}, stream: %s%s}"
    replicas = ", replicas: {us-west-2: {}}"
    assert (await aws.apply(table(body % ("keys_only", "")))).exit_code == 0
    assert (await aws.apply(table(body % ("keys_only", replicas)))).exit_code == 0
    with pytest.raises(InvalidPlan) as refused:
        await aws.apply(table(body % (stated, replicas)))
    (problem,) = refused.value.problems
    assert f"it can't be `{stated}`" in problem.message
    assert problem.action == "State `stream: keys_only` or nothing, or remove the replicas first."
    assert (await aws.apply(table(body % ("keys_only", replicas)))).outcome == "nothing_to_do"
