"""What a preview tells of later stages, where tasks of earlier ones will have been done."""

from pathlib import Path

import pytest

from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.model import FromLive, Preview, Ref, Text
from orchestrator.render.stages import stages
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

STAGES = """
plan: shop
stages:
  - stage: first
    tables:
      orders: {partition_key: {id: S}, billing: on_demand}
    tasks:
      once: {seed: {table: orders, items: [{id: a}]}}
      each: {seed: {table: orders, items: [{id: b}]}, run: always}
  - stage: second
    tables:
      orders: {indexes: {by_day: {partition_key: {day: S}}}}
  - stage: third
    tables:
      orders: {stream: new_image}
"""


async def test_a_task_is_told_in_its_own_stage_and_in_no_later_one(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path)
    aws.store = MemoryStore()
    told = [step.id for step in (await aws.preview(STAGES)).graph.steps]
    assert [name for name in told if name.startswith("tasks.")] == ["tasks.once:run", "tasks.each:run"]
    assert (await aws.apply(STAGES)).exit_code == 0
    written = [call.parameters["Item"]["id"]["S"] for call in aws.sent if call.operation == "PutItem"]
    assert sorted(written) == ["a", "b"]


OLD = """
plan: before
tables:
  orders:
    partition_key: {id: S}
    billing: on_demand
    indexes: {by_user: {partition_key: {user: S}}, by_hand: {partition_key: {hand: S}}}
"""
FUNCTION = (
    "runtime: python3.13, handler: app.handler, role: arn:aws:iam::123456789012:role/r, aliases: {live: published}"
)
MOVED = f"""
plan: shop
policy: {{destructive: allow}}
stages:
  - stage: expand
    tables: {{orders: {{indexes: {{by_customer: {{partition_key: {{customer: S}}}}}}}}}}
  - stage: switch
    functions: {{api: {{code: {{directory: code}}, {FUNCTION}}}}}
  - stage: contract
    tables: {{orders: {{indexes: {{by_user: absent}}}}}}
"""
SWITCH = MOVED[MOVED.index("  - stage: switch") : MOVED.index("  - stage: contract")]


@pytest.fixture
async def moving(tmp_path: Path) -> VirtualAws:
    """An account with a table of two indexes, and the code of a function."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text("def handler(event, context): return 1\n")
    aws = VirtualAws(tmp_path)
    await aws.already(OLD)
    aws.store = MemoryStore()
    return aws


async def test_what_a_later_stage_names_is_not_unmanaged_in_an_earlier_one(moving: VirtualAws) -> None:
    preview = await moving.preview(MOVED)
    assert [thing.name for thing in preview.unmanaged] == ["by_hand"]
    pruned = MOVED.replace("{indexes: {by_user: absent}}", "{prune: [indexes]}")
    assert (await moving.preview(pruned)).unmanaged == ()


def advice(preview: Preview) -> str:
    """What is advised about the index that goes."""
    (finding,) = [one for one in preview.findings if one.code == "index-delete"]
    return finding.action


async def test_a_deletion_after_all_changes_of_functions_is_told_without_advice(moving: VirtualAws) -> None:
    assert advice(await moving.preview(MOVED)) == ""


@pytest.mark.parametrize("beside", [True, False], ids=["beside", "before"])
async def test_a_deletion_beside_or_before_a_change_of_a_function_is_advised_to_come_later(
    moving: VirtualAws, *, beside: bool
) -> None:
    plan = MOVED.replace(SWITCH, "") + SWITCH
    if beside:
        plan = plan.replace("  - stage: switch\n", "")
    assert "in a later stage of the plan (`stages`) than the one that changes the function" in advice(
        await moving.preview(plan)
    )


async def test_a_deletion_in_a_plan_that_changes_no_function_is_advised_to_come_after_its_readers(
    moving: VirtualAws,
) -> None:
    assert advice(await moving.preview(MOVED.replace(SWITCH, ""))) == "Move its readers first."


READ_LATER = """
plan: shop
stages:
  - {stage: streams, tables: {orders: {partition_key: {id: S}, stream: new_image}}}
  - {stage: between, tables: {others: {partition_key: {id: S}}}}
  - stage: reads
    functions:
      reader:
        code: {directory: reader}
        runtime: python3.13
        handler: app.handler
        role: "arn:aws:iam::123456789012:role/shop"
        event_sources: {orders: {source: "${tables.orders.stream_arn}", starting_position: latest}}
"""


async def test_what_aws_will_choose_in_an_earlier_stage_is_not_made_up_for_the_reader(tmp_path: Path) -> None:
    (tmp_path / "reader").mkdir()
    (tmp_path / "reader" / "app.py").write_text("def handler(event, context): ...\n")
    aws = VirtualAws(tmp_path)
    aws.store = MemoryStore()
    shown = (await aws.preview(READ_LATER)).graph
    (call,) = [step.call for step in shown if step.call and step.call.operation == "CreateEventSourceMapping"]
    source = call.parameters["EventSourceArn"]
    assert isinstance(source, Text)
    assert list(source.unknown) == [FromLive(Ref("shop", ("tables", "orders")), "stream_arn")]
    assert (await aws.apply(READ_LATER)).exit_code == 0


async def test_a_last_stage_that_takes_away_what_is_not_there_has_nothing_to_change(tmp_path: Path) -> None:
    text = STAGES + "  - stage: last\n    tables: {orders: {indexes: {by_user: absent}}}\n"
    shown = await VirtualAws(tmp_path, store=MemoryStore()).preview(text)
    assert [stage.standing for stage in stages(shown, shown.plans[0])] == [
        "now",
        "foretold",
        "foretold",
        "nothing_to_do",
    ]
