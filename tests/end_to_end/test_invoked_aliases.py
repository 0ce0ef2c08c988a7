"""A task invokes a function by an alias: one that the plan makes, or one that is there whatever the plan says."""

from pathlib import Path

import pytest

from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.errors import InvalidPlan
from tests.end_to_end.staged import Meanwhile
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

ROLE = "role: arn:aws:iam::123456789012:role/r"
FUNCTION = f"api: {{runtime: python3.13, handler: app.handler, code: {{directory: code}}, {ROLE}, aliases: {{live: published}}}}"
PLAN = f"""
plan: shop
functions:
  {FUNCTION}
"""
TASK = """
tasks:
  warm: {invoke: {function: api, alias: lvie}}
"""
STAGES = f"""
plan: shop
stages:
  - stage: make
    functions: {{{FUNCTION}}}
  - stage: warm
    tasks: {{warm: {{invoke: {{function: api, alias: lvie}}}}}}
"""


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text("def handler(event, context): return 1\n")
    return VirtualAws(tmp_path, store=MemoryStore())


async def refusals(aws: VirtualAws, text: str) -> list[tuple[str, str, str]]:
    """What stands in the way of a plan: code, message, action."""
    found = (await aws.preview(text)).findings
    return [(one.code, one.message, one.action) for one in found if one.level == "error"]


@pytest.mark.parametrize("text", [PLAN + TASK, STAGES], ids=["at once", "in stages"])
@pytest.mark.parametrize("there", [False, True], ids=["new", "there"])
async def test_an_alias_that_the_function_will_not_have_is_refused(aws: VirtualAws, text: str, *, there: bool) -> None:
    if there:
        await aws.already(PLAN)
    ((code, message, action),) = await refusals(aws, text)
    assert code == "no-such-alias"
    assert "alias `lvie` of functions.api" in message
    assert action == "Did you mean `live`?"
    with pytest.raises(InvalidPlan, match="alias `lvie`"):
        await aws.apply(text)
    assert aws.sent == []


async def test_the_place_of_a_name_that_is_none_is_told(aws: VirtualAws) -> None:
    (finding,) = [one for one in (await aws.preview(PLAN + TASK)).findings if one.level == "error"]
    assert finding.where is not None
    line = (PLAN + TASK).splitlines()[finding.where.line - 1]
    assert line[finding.where.column - 1 :].startswith("alias: lvie")


@pytest.mark.parametrize("text", [PLAN + TASK, STAGES], ids=["at once", "in stages"])
async def test_an_alias_that_the_plan_does_not_name_may_be_there(aws: VirtualAws, text: str) -> None:
    await aws.already(PLAN)
    aws.send("lambda", "CreateAlias", FunctionName="api", Name="lvie", FunctionVersion="1")
    assert await refusals(aws, text) == []
    assert (await aws.apply(text)).exit_code == 0
    assert [call.parameters["Qualifier"] for call in aws.sent if call.operation == "Invoke"] == ["lvie"]


async def test_an_alias_that_the_plan_takes_away_is_refused(aws: VirtualAws) -> None:
    await aws.already(PLAN)
    aws.send("lambda", "CreateAlias", FunctionName="api", Name="lvie", FunctionVersion="1")
    pruned = PLAN.replace("aliases: {live: published}", "aliases: {live: published}, prune: [aliases]")
    assert [code for code, _, _ in await refusals(aws, pruned + TASK)] == ["no-such-alias"]


@pytest.mark.parametrize("name", ["live", "$LATEST", '"1"'])
async def test_an_alias_of_the_plan_a_version_and_the_latest_are_invoked(aws: VirtualAws, name: str) -> None:
    assert (await aws.apply(PLAN + TASK.replace("lvie", name))).exit_code == 0


async def test_an_alias_that_somebody_deletes_before_it_is_invoked_is_named_with_what_to_do(aws: VirtualAws) -> None:
    await aws.already(PLAN)
    aws.send("lambda", "CreateAlias", FunctionName="api", Name="lvie", FunctionVersion="1")
    aws.between = lambda cloud: Meanwhile(
        cloud, "Invoke", lambda: aws.send("lambda", "DeleteAlias", FunctionName="api", Name="lvie")
    )
    began = aws.clock.now()
    (step,) = (await aws.apply(PLAN + TASK)).steps
    assert step.outcome == "failed"
    assert step.error is not None
    assert ":api:lvie" in step.error["message"]
    assert "the alias or version" in step.error["action"]
    assert aws.clock.now() - began < 30
