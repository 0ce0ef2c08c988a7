"""Gates in plans: who may wait for background work, and who waits for what once a plan is compiled."""

from pathlib import Path

import pytest

from orchestrator.errors import InvalidPlan
from orchestrator.model import Preview
from orchestrator.planning.compile import compile_plans
from orchestrator.planning.load import load, read
from tests.end_to_end.virtual import VirtualAws
from tests.engine.scene import Scene, declared, function, plan, table
from tests.planning.marks import marked

pytestmark = pytest.mark.virtual

FUNCTION = (
    "runtime: python3.13, handler: app.handler, role: 'arn:aws:iam::123456789012:role/r', code: {directory: code}"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text("def handler(event, context): ...\n")
    return tmp_path


@pytest.fixture
def aws(folder: Path) -> VirtualAws:
    return VirtualAws(folder)


def shop(orders: str = "", api: str = "", late: str = "gate: background") -> str:
    return (
        "plan: shop\ntables:\n"
        f"  orders: {{partition_key: {{id: S}}, billing: on_demand, {orders}indexes: "
        f"{{by_a: {{partition_key: {{a: S}}}}, by_b: {{partition_key: {{b: S}}, {late}}}}}}}\n"
        f"functions:\n  api: {{{FUNCTION}{api and ', '}{api}}}\n"
    )


NAMED = [
    shop(api="environment: {AA: a, BB: §'${tables.orders.indexes.by_b.name}'}"),
    shop(api="environment: {AA: §'${tables.orders.indexes.by_b.arn}/*'}"),
    shop(api="after: [tables.orders, §tables.orders.indexes.by_b]"),
    shop(orders="gate: background, ", api="environment: {AA: §'${tables.orders.name}'}"),
    shop(orders="gate: background, ", api="after: [§tables.orders]"),
    shop(orders="gate: background, ", api="after: [§tables.orders.indexes.by_a]", late=""),
    shop(orders="after: [§functions.api], ", api="gate: background"),
    shop(orders="gate: background, ", api="gate: '${var.gate}', after: [§tables.orders]")
    + "variables: {gate: {default: start}}\n",
]


@pytest.mark.parametrize("text", NAMED)
def test_what_a_start_up_waits_for_may_not_wait_for_background_work(text: str, folder: Path) -> None:
    plain, marks = marked(text)
    (folder / "plan.yaml").write_text(plain)
    with pytest.raises(InvalidPlan) as caught:
        load(read([folder / "plan.yaml"]))
    (problem,) = caught.value.problems
    assert problem.code == "waits-for-background"
    assert [(problem.line, problem.column)] == marks
    assert "`gate: background`" in problem.message
    assert "gate: background" in problem.action


ALLOWED = [
    shop(api="environment: {AA: '${tables.orders.name}', BB: '${tables.orders.indexes.by_a.name}'}"),
    shop(api="after: [tables.orders]"),
    shop(api="gate: background, after: [tables.orders.indexes.by_b]"),
    shop(orders="gate: background, ", api="gate: background, environment: {AA: '${tables.orders.name}'}"),
    shop(api="after: [tables.orders.indexes.by_b]", late="gate: start"),
]


@pytest.mark.parametrize("text", ALLOWED)
def test_all_else_may_be_named(text: str, folder: Path) -> None:
    (folder / "plan.yaml").write_text(text)
    assert load(read([folder / "plan.yaml"]))


def needs(preview: Preview, step: str) -> tuple[str, ...]:
    return next(one.needs for one in preview.graph if one.id == step)


LIVE = "plan: shop\ntables:\n  orders: {partition_key: {id: S}, billing: on_demand}\n"
CREATE = "functions.api:create"
BY_A, BY_B = "tables.orders.indexes.by_a:create", "tables.orders.indexes.by_b:create"


@pytest.mark.parametrize(
    ("api", "need"),
    [
        ("after: [tables.orders]", (BY_A,)),
        ("gate: background, after: [tables.orders]", (BY_A,)),
        ("gate: background, after: [tables.orders.indexes.by_b]", (BY_B,)),
    ],
)
async def test_a_table_is_waited_for_without_its_parts_in_the_background(
    aws: VirtualAws, api: str, need: object
) -> None:
    await aws.apply(LIVE)
    assert needs(await aws.preview(shop(api=api)), CREATE) == need


async def test_where_only_background_work_is_left_of_a_table_nothing_is_waited_for(aws: VirtualAws) -> None:
    await aws.apply(shop(late="").partition("functions")[0].replace(", by_b: {partition_key: {b: S}, }", ""))
    preview = await aws.preview(shop(api="after: [tables.orders]"))
    assert [(step.id, step.gate) for step in preview.graph if step.ref.section == "indexes"] == [(BY_B, "background")]
    assert needs(preview, CREATE) == ()


async def test_a_table_in_the_background_is_waited_for_by_what_is_too(aws: VirtualAws) -> None:
    preview = await aws.preview(shop("gate: background, ttl: at, ", "gate: background, after: [tables.orders]"))
    assert {step.gate for step in preview.graph} == {"background"}
    assert needs(preview, CREATE) == ("tables.orders:update-ttl",)


async def test_the_estimate_is_of_what_is_waited_for() -> None:
    scene = Scene()
    await scene.settled(plan(declared("tables", "orders", table())))
    bodies = table(["by_a"])
    bodies["indexes"]["by_a"]["gate"] = "background"
    plans = plan(declared("tables", "orders", bodies), declared("functions", "api", function()))
    world = await scene.world(plans)
    preview = compile_plans(plans, world, (await scene.preview(plans))[0].target, now=scene.clock.now())
    assert preview.critical_path == (CREATE,)
    everything = compile_plans(plans, world, preview.target, now=scene.clock.now(), wait="all")
    assert everything.critical_path == (BY_A,)
    assert everything.estimate.likely > preview.estimate.likely
