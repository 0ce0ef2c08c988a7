"""Plans and live state become a graph: edges, order, ids, refusals, and the same bytes for the same input."""

import json
from pathlib import Path

import pytest

from orchestrator.errors import InvalidPlan
from orchestrator.model import NO_TIME, Preview, reveal
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

SHOP = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    billing: on_demand
    ttl: expires_at
    indexes:
      by_a: {partition_key: {a: S}}
  audit:
    partition_key: {id: S}
    billing: on_demand
    after: [tables.orders.indexes.by_a]
functions:
  api:
    runtime: python3.13
    handler: app.handler
    role: arn:aws:iam::123456789012:role/r
    code: {directory: code}
    environment: {TABLE: "${tables.orders.name}", INDEX: "${tables.orders.indexes.by_a.arn}"}
    aliases: {live: published}
"""


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text("def handler(event, context): ...\n")
    return VirtualAws(tmp_path)


def needs(preview: Preview) -> dict[str, tuple[str, ...]]:
    return {step.id: step.needs for step in preview.graph}


async def test_lanes_are_chained_and_references_are_edges(aws: VirtualAws) -> None:
    """A reference to a part waits for that part's step, one to a root for its last; of one lane only the last is named."""
    assert needs(await aws.preview(SHOP)) == {
        "tables.orders:create": (),
        "tables.orders:update-ttl": ("tables.orders:create",),
        "tables.audit:create": ("tables.orders:create",),
        "functions.api:create": ("tables.orders:update-ttl",),
        "functions.api:create-version": ("functions.api:create",),
        "functions.api.aliases.live:create": ("functions.api:create-version",),
    }


async def test_a_need_passes_through_a_resource_that_has_nothing_to_do(aws: VirtualAws) -> None:
    """A depends on B depends on C: where B is in place already, A still waits for C."""
    chain = "plan: chain\ntables:\n" + "".join(
        f"  {name}: {{partition_key: {{id: S}}, billing: on_demand, after: [{after}]}}\n"
        for name, after in (("aaa", "tables.bbb"), ("bbb", "tables.ccc"), ("ccc", ""))
    )
    await aws.apply(chain)
    aws.send("dynamodb", "DeleteTable", TableName="aaa")
    aws.send("dynamodb", "DeleteTable", TableName="ccc")
    await aws.clock.sleep(60)
    assert needs(await aws.preview(chain)) == {"tables.ccc:create": (), "tables.aaa:create": ("tables.ccc:create",)}


async def test_needs_pass_through_hundreds_of_layers_at_once(aws: VirtualAws) -> None:
    """Two tables a layer, each after both of the layer below: in place already, but for the first and the last layer."""
    layers = 200
    tables = {f"{side}{layer}": layer for layer in range(layers) for side in "ab"}
    text = "plan: layers\ntables:\n" + "".join(
        f"  {name}-t: {{partition_key: {{id: S}}, billing: on_demand, after: [{after}]}}\n"
        for name, layer in tables.items()
        for after in [", ".join(f"tables.{side}{layer - 1}-t" for side in "ab" if layer)]
    )
    await aws.apply(text)
    for name in ("a0-t", "b0-t", f"a{layers - 1}-t", f"b{layers - 1}-t"):
        aws.send("dynamodb", "DeleteTable", TableName=name)
    await aws.clock.sleep(60)
    first = ("tables.a0-t:create", "tables.b0-t:create")
    last = dict.fromkeys((f"tables.a{layers - 1}-t:create", f"tables.b{layers - 1}-t:create"), first)
    assert needs(await aws.preview(text)) == {**dict.fromkeys(first, ()), **last}


async def test_the_same_input_gives_the_same_graph(aws: VirtualAws) -> None:
    def written(preview: Preview) -> str:
        return json.dumps(
            [(step.id, step.needs, step.summary, step.call and step.call.operation) for step in preview.graph]
        )

    assert written(await aws.preview(SHOP)) == written(await aws.preview(SHOP))


async def test_no_step_stands_before_one_that_it_needs(aws: VirtualAws) -> None:
    seen: set[str] = set()
    for step in (await aws.preview(SHOP)).graph:
        assert set(step.needs) <= seen
        seen.add(step.id)


async def test_several_plans_prefix_their_ids(aws: VirtualAws, tmp_path: Path) -> None:
    from orchestrator import pipeline
    from orchestrator.planning.load import Inputs, load, read
    from tests.end_to_end.virtual import TARGET

    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(
            f"plan: {name}\ntables:\n  things: {{name: {name}-things, partition_key: {{id: S}}, billing: on_demand, ttl: x}}\n"
        )
    paths = (tmp_path / "one.yaml", tmp_path / "two.yaml")
    plans = load(read(paths), Inputs({}, (), {}), account=TARGET.account, region=TARGET.region)
    single = aws.opened(SHOP)
    run = pipeline.Opened(pipeline.Request(paths), plans, TARGET, single.cloud, aws.clock)
    assert needs(run.compile(await run.observe())) == {
        "one/tables.things:create": (),
        "one/tables.things:update-ttl": ("one/tables.things:create",),
        "two/tables.things:create": (),
        "two/tables.things:update-ttl": ("two/tables.things:create",),
    }


async def test_a_version_that_this_run_publishes_is_known_later(aws: VirtualAws) -> None:
    preview = await aws.preview(SHOP)
    alias = next(step for step in preview.graph if step.id == "functions.api.aliases.live:create")
    assert alias.call is not None
    with pytest.raises(ValueError, match="not known yet"):
        reveal(alias.call.parameters)


async def test_an_arn_that_is_known_already_is_put_in(aws: VirtualAws) -> None:
    """Where the table is live and stays as it is, its ARN is no late value: a function that has it is in place."""
    await aws.apply(SHOP)
    assert not (await aws.preview(SHOP)).graph.steps


async def test_a_refused_step_names_the_two_ways_to_allow_it(aws: VirtualAws) -> None:
    await aws.apply(SHOP)
    gone = (
        SHOP.replace("by_a: {partition_key: {a: S}}", "by_a: absent")
        .replace('{TABLE: "${tables.orders.name}", INDEX: "${tables.orders.indexes.by_a.arn}"}', "{}")
        .replace("after: [tables.orders.indexes.by_a]", "after: []")
    )
    preview = await aws.preview(gone)
    refusals = [finding for finding in preview.findings if finding.refuses]
    assert [finding.code for finding in refusals] == ["destructive-refused"]
    assert refusals[0].message == (
        "Apply refuses the whole plan, because it would delete index by_a (tables.orders) and nothing allows that."
    )
    assert "--allow-destructive" in refusals[0].action
    assert "policy" in refusals[0].action
    assert not [finding for finding in (await aws.preview(gone, allow_destructive=True)).findings if finding.refuses]


async def test_a_table_is_deleted_after_the_function_that_used_it_where_the_plan_says_so(aws: VirtualAws) -> None:
    await aws.apply(SHOP)
    gone = "plan: shop\npolicy: {destructive: allow, backup_before_delete: false}\ntables:\n"
    gone += "  orders: {ensure: absent, after: [functions.api]}\n"
    gone += "functions:\n  api: {environment: {}, aliases: {live: published}}\n"
    preview = await aws.preview(gone)
    assert needs(preview)["tables.orders:delete"] == ("functions.api.aliases.live:update",)
    assert "table-delete" not in [finding.code for finding in preview.findings]
    gone = gone.replace("{ensure: absent, after: [functions.api]}", "absent")
    preview = await aws.preview(gone)
    assert needs(preview)["tables.orders:delete"] == ()
    assert "table-delete" in [finding.code for finding in preview.findings]


async def test_a_step_is_refused_once_with_all_that_would_allow_it(aws: VirtualAws) -> None:
    """A protected table lacks two permissions; told one by one, the second would come as a surprise."""
    await aws.apply("plan: shop\ntables: {orders: {partition_key: {id: S}, deletion_protection: true}}\n")
    gone = "plan: shop\ntables: {orders: absent}\n"
    (refusal,) = [finding for finding in (await aws.preview(gone)).findings if finding.refuses]
    assert refusal.code == "deletion-protected"
    assert "deletion_protection: false" in refusal.action
    assert "--allow-destructive" in refusal.action
    allowed = await aws.preview(f"{gone}policy: {{destructive: allow}}\n")
    (refusal,) = [finding for finding in allowed.findings if finding.refuses]
    assert "--allow-destructive" not in refusal.action


async def test_the_longest_chain_is_the_estimate(aws: VirtualAws) -> None:
    preview = await aws.preview(SHOP)
    assert preview.critical_path == ("tables.orders:create", "tables.audit:create")
    by_id = {step.id: step.estimate for step in preview.graph}
    assert preview.estimate.likely == sum(by_id[step].likely for step in preview.critical_path)


async def test_beside_an_error_no_chain_is_the_longest(aws: VirtualAws) -> None:
    """The steps of what is wrong are not known, and whatever comes after them takes longer than it looks."""
    plan = "plan: shop\ntables:\n  orders: {partition_key: {id: S}}\n"
    await aws.apply(plan)
    preview = await aws.preview(plan.replace("id", "other") + "  users: {partition_key: {id: S}}\n")
    assert preview.graph.steps
    assert [str(ref) for ref in preview.unplanned] == ["tables.orders"]
    assert (preview.critical_path, preview.estimate) == ((), NO_TIME)


async def test_a_cycle_is_an_error_that_prints_it(aws: VirtualAws) -> None:
    text = "plan: round\ntables:\n  aaa: {after: [tables.bbb]}\n  bbb: {after: [tables.aaa]}\n"
    with pytest.raises(InvalidPlan, match=r"tables\.aaa.*tables\.bbb.*tables\.aaa"):
        aws.opened(text)
