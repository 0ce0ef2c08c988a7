"""The whole road over real HTTP: command, SDK, loopback, the sandbox's rules. Short durations; the waiting is real."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import aioboto3
import pytest

import orchestrator
from orchestrator.errors import Refused, Unreachable
from orchestrator.model import Origin
from orchestrator.render import document
from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.server import SandboxServer
from tests.sandbox.dynamodb_world import attributes, keys
from tests.sandbox.served import REGION, served

pytestmark = pytest.mark.http

PLANS = Path(__file__).parent.parent.parent / "plans"
KEYS = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox"}


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(durations=Durations.instant()) as running:
        yield running


@pytest.fixture
def session() -> aioboto3.Session:
    return aioboto3.Session(region_name="eu-west-1", **KEYS)


REGIONS = (
    *("eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1", "eu-central-1", "us-east-1", "us-east-2", "us-west-2"),
    *("us-west-1", "ca-central-1", "sa-east-1", "ap-south-1"),
)
TOGETHER = PLANS / "platform"
"""Plans that are for one command."""
EXAMPLES = sorted(
    {(path.parent if path.parent == TOGETHER else path).relative_to(PLANS).as_posix() for path in PLANS.rglob("*.yaml")}
)


@pytest.mark.parametrize(("plan", "region"), list(zip(EXAMPLES, REGIONS[: len(EXAMPLES)], strict=True)))
async def test_every_example_plan_is_previewed_applied_and_then_in_place(
    server: SandboxServer, plan: str, region: str
) -> None:
    """Each in a region of its own; the upgrade on top of what it upgrades."""
    session = aioboto3.Session(region_name=region, **KEYS)
    target = {"endpoint_url": server.endpoint, "session": session}
    if plan.startswith("upgrade/"):
        await orchestrator.apply(PLANS / Path(plan).name, **target)
    before = await orchestrator.preview(PLANS / plan, **target)
    assert not [finding for finding in before.findings if finding.level == "error"]
    report = await orchestrator.apply(PLANS / plan, **target)
    assert report.outcome == ("succeeded" if before.graph.steps else "nothing_to_do")
    again = await orchestrator.apply(PLANS / plan, **target)
    assert again.outcome == "nothing_to_do"
    await orchestrator.wait(PLANS / plan, **target, deadline=5)


async def test_b9_the_account_guard_refuses_before_anything_is_observed(
    server: SandboxServer, session: aioboto3.Session, tmp_path: Path
) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text('plan: guarded\naccount: "999999999999"\ntables: {orders: {}}\n')
    with pytest.raises(Refused, match="999999999999"):
        await orchestrator.preview(path, endpoint_url=server.endpoint, session=session)


async def test_an_endpoint_that_does_not_answer_is_said_in_a_sentence(session: aioboto3.Session) -> None:
    with pytest.raises(Unreachable, match="endpoint"):
        await orchestrator.preview(PLANS / "sessions.yaml", endpoint_url="http://127.0.0.1:9", session=session)


async def test_an_endpoint_without_a_scheme_is_said_in_a_sentence(session: aioboto3.Session) -> None:
    with pytest.raises(Unreachable, match="http://localhost"):
        await orchestrator.preview(PLANS / "sessions.yaml", endpoint_url="localhost:4566", session=session)


async def test_a_preview_is_json_without_secrets(server: SandboxServer) -> None:
    session = aioboto3.Session(region_name="ap-south-1", **KEYS)
    preview = await orchestrator.preview(PLANS / "orders.yaml", endpoint_url=server.endpoint, session=session)
    text = document.preview(preview)
    assert '"$hidden": true' in text
    assert '"$known_after"' in text


async def test_a8_who_began_it_is_looked_up_and_the_own_credentials_are_known(tmp_path: Path) -> None:
    """A colleague's table under way, and one of our own access key's: by the SDK's CloudTrail and STS."""
    creation = {"AttributeDefinitions": attributes(id="S"), "KeySchema": keys("id"), "BillingMode": "PAY_PER_REQUEST"}
    session, found = aioboto3.Session(region_name=REGION, **KEYS), list[Origin | None]()
    with served(durations=replace(Durations.instant(), table_create=100_000.0)) as sandbox:
        foreign = {"service": "dynamodb", "operation": "CreateTable", "parameters": {"TableName": "orders", **creation}}
        sandbox.control("foreign", {**foreign, "user": "bob"})
        sandbox.client("dynamodb").create_table(TableName="users", **creation)
        for table in ("orders", "users"):
            path = tmp_path / f"{table}.yaml"
            path.write_text(f"plan: p\ntables: {{{table}: {{partition_key: {{id: S}}}}}}\n")
            (line,) = (await orchestrator.status(path, endpoint_url=sandbox.server.endpoint, session=session)).lines
            found.append(line.sighting.origin if line.sighting else None)
    assert [(one.call, one.principal, one.own) for one in found if one] == [
        ("dynamodb:CreateTable", "arn:aws:iam::123456789012:user/bob", False),
        ("dynamodb:CreateTable", "arn:aws:iam::123456789012:user/sandbox", True),
    ]
