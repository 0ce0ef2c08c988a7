"""What is foretold of several things together, what of it nobody can know, and where nothing can be foretold."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from orchestrator.kinds.table.live import TableLive
from orchestrator.model import UNREAD, Backfill, Call, FromLive, FromRun, Graph, Preview, Ref, Step, Task, Text, World
from orchestrator.planning.foretold import Foretold, Unforetold
from orchestrator.sandbox.foretelling import UUID, foretold
from tests.end_to_end.virtual import TARGET, VirtualAws
from tests.sandbox.foretelling.told import already, compiled, errors, foretold_of, reads_of, seen, sent
from tests.sandbox.lambda_world import archive

ROLE = "arn:aws:iam::123456789012:role/orders"
TABLE = """
plan: shop
tables:
  orders: {partition_key: {id: S}, billing: on_demand, stream: new_image}
"""
CODE = "{s3: {bucket: artifacts, key: app.zip}}"
BOTH = (
    TABLE
    + f"""
functions:
  reader:
    role: {ROLE}
    runtime: python3.13
    handler: app.handler
    code: {CODE}
    aliases: {{live: published}}
    event_sources:
      changes: {{source: "${{tables.orders.stream_arn}}", alias: live, starting_position: latest}}
"""
)


def _ref(*path: str) -> Ref:
    return Ref("shop", path)


async def _foretold(aws: VirtualAws, text: str, *later: str) -> tuple[World, Preview, Foretold]:
    run = aws.opened(text)
    reads = reads_of(run, *(aws.opened(one) for one in later))
    world = await seen(run, reads)
    preview = compiled(run, world)
    assert errors(preview) == []
    return world, preview, foretold_of(run, world, preview.graph, reads)


async def test_a_table_that_is_yet_to_be_has_no_identity_that_a_later_step_is_held_to(tmp_path: Path) -> None:
    aws, later = VirtualAws(tmp_path), TABLE.replace("new_image", "keys_only")
    _, _, told = await _foretold(aws, TABLE, later)
    found = told.world[_ref("tables", "orders")]
    assert (found.name, found.id, found.arn.rpartition(":")[2]) == ("orders", None, "table/orders")
    steps = compiled(aws.opened(later), told.world).graph.steps
    assert steps
    assert {step.identity for step in steps} == {None}


async def test_a_table_that_is_there_keeps_its_identity_and_what_the_rules_do_not_know(tmp_path: Path) -> None:
    aws, later = VirtualAws(tmp_path), TABLE.replace("new_image", "keys_only")
    await already(aws, TABLE)
    run = aws.opened(later)
    reads, ref = reads_of(run), _ref("tables", "orders")
    world = await seen(run, reads)
    known = replace(world[ref], item_count=1000, backups={"nightly": "AVAILABLE"}, pitr=UNREAD)
    told = foretold_of(run, {ref: known}, compiled(run, world).graph, reads).world[ref]
    assert (told.id, told.item_count, told.backups, told.pitr) == (known.id, 1000, {"nightly": "AVAILABLE"}, UNREAD)
    assert (known.stream, told.stream) == ("NEW_IMAGE", "KEYS_ONLY")
    assert (told.created, told.flipped) == (known.created, known.flipped)


async def test_what_aws_chooses_is_told_as_made_up(tmp_path: Path) -> None:
    """A stream, an event source that reads it, and a version; nothing of it is left to do, and names are facts."""
    aws = VirtualAws(tmp_path)
    aws.account.s3.put("artifacts", "app.zip", archive("one = 1"), aws.clock.now())
    _, _, told = await _foretold(aws, BOTH)
    assert sent(compiled(aws.opened(BOTH), told.world).graph, {}) == []
    stream, version = told.world[_ref("tables", "orders")].stream_arn, told.world[_ref("functions", "reader")].version
    assert told.made_up[FromLive(_ref("tables", "orders"), "stream_arn")] == stream
    assert told.made_up[FromLive(_ref("functions", "reader"), "version")] == version == "1"
    (mapping,) = told.world[_ref("functions", "reader")].attached.event_sources.all
    assert told.made_up[FromLive(_ref("functions", "reader", "event_sources", mapping.uuid), UUID)] == mapping.uuid
    assert not any(late.field in ("arn", "name") for late in told.made_up)


async def test_what_is_there_is_not_made_up(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path)
    await already(aws, TABLE)
    later = TABLE.replace("new_image}", "new_image, tags: {team: shop}}")
    _, preview, told = await _foretold(aws, later)
    assert len(preview.graph) == 1
    assert told.made_up == {}


async def test_what_the_rules_refuse_is_told_with_the_refusal(tmp_path: Path) -> None:
    found = await _one(tmp_path, "CreateTable", {"TableName": "no"})
    assert isinstance(found, Unforetold)
    assert found.ref == _ref("tables", "orders")
    assert "dynamodb:CreateTable answered ValidationException" in found.reason


async def test_what_nothing_tells_ends_it(tmp_path: Path) -> None:
    late = Text((FromLive(_ref("tables", "orders"), "stream_arn"),))
    found = await _one(tmp_path, "DescribeTable", {"TableName": late})
    assert found == Unforetold(
        _ref("tables", "orders"), "step needs tables.orders.stream_arn, which nothing tells by then"
    )


async def test_the_id_of_the_run_is_stood_for(tmp_path: Path) -> None:
    arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"
    tags = [{"Key": "run", "Value": Text((FromRun("id"),))}]
    found = await _one(tmp_path, "TagResource", {"ResourceArn": arn, "Tags": tags}, TABLE)
    assert isinstance(found, Foretold)


async def test_a_task_changes_nothing_of_its_table(tmp_path: Path) -> None:
    """Its call is only what it is shown as."""
    found = await _one(tmp_path, "DeleteTable", {"TableName": "orders"}, TABLE, work=True)
    assert isinstance(found, Foretold)
    assert isinstance(found.world[_ref("tables", "orders")], TableLive)


async def test_what_has_no_form_in_the_rules_is_no_error(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path)
    aws.account.s3.put("artifacts", "app.zip", archive("one = 1"), aws.clock.now())
    await already(aws, BOTH)
    run, ref = aws.opened(BOTH), _ref("functions", "reader")
    reads = reads_of(run)
    world = dict(await seen(run, reads))
    world[ref] = replace(world[ref], content=replace(world[ref].content, logging={}))
    found = foretold(Foretold(world), run.plans, Graph(), reads, TARGET, run.clock.now())
    assert isinstance(found, Unforetold)
    assert found.ref == ref


async def _one(
    folder: Path, operation: str, parameters: dict[str, Any], there: str = "", *, work: bool = False
) -> Foretold | Unforetold:
    """One step of a plan with one table, which is there or not."""
    aws = VirtualAws(folder)
    if there:
        await already(aws, there)
    run, ref = aws.opened(TABLE), _ref("tables", "orders")
    reads = reads_of(run)
    task = Task(_ref("tasks", "fill"), Backfill("orders")) if work else None
    step = Step("step", ref, "lane", "update", "", Call("dynamodb", operation, parameters), (), 60.0, task=task)
    return foretold(Foretold(await seen(run, reads)), run.plans, Graph((step,)), reads, TARGET, run.clock.now())
