"""Every setting there is, through the real SDK with its own validation on: on, changed or cleared, and gone."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import aioboto3
import pytest
import yaml

import orchestrator
from orchestrator.kinds import KINDS, PARTS, ROOTS
from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.server import SandboxServer

PLANS = Path(__file__).parent / "settings"
SETTINGS = [f"{section}.{name}" for section, kind in KINDS.items() for name in kind.ROWS]
REPOSITORY = "settings"


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(durations=replace(Durations.instant(), ttl_lock=0)) as running:
        yield running


@pytest.mark.http
async def test_every_setting_is_made_changed_and_taken_away(server: SandboxServer) -> None:
    session = aioboto3.Session(region_name="eu-west-1", aws_access_key_id="sandbox", aws_secret_access_key="sandbox")
    target: dict[str, Any] = {"endpoint_url": server.endpoint, "session": session}
    await _named_by_plans(target)
    for plan in ("on", "changed", "gone"):
        report = await orchestrator.apply(PLANS / f"{plan}.yaml", **target)
        assert report.outcome == "succeeded", [(step.id, step.outcome, step.error) for step in report.steps]
        again = await orchestrator.apply(PLANS / f"{plan}.yaml", **target)
        assert again.outcome == "nothing_to_do", [step.id for step in again.steps]


async def _named_by_plans(target: Mapping[str, Any]) -> None:
    """The keys and the image that the plans name."""
    endpoint = target["endpoint_url"]
    for region, alias in (("eu-west-1", "settings"), ("us-west-2", "settings"), ("us-west-2", "other")):
        async with target["session"].client("kms", region_name=region, endpoint_url=endpoint) as kms:
            key = (await kms.create_key())["KeyMetadata"]["Arn"]
            await kms.create_alias(AliasName=f"alias/{alias}", TargetKeyId=key)
    layer = f"sha256:{hashlib.sha256(b'layer').hexdigest()}"
    media = "application/vnd.docker.distribution.manifest.v2+json"
    parts = {"config": {"size": 1, "digest": layer}, "layers": [{"size": 1, "digest": layer}]}
    manifest = json.dumps({"schemaVersion": 2, "mediaType": media, **parts})
    async with target["session"].client("ecr", endpoint_url=endpoint) as ecr:
        await ecr.create_repository(repositoryName=REPOSITORY)
        await ecr.put_image(repositoryName=REPOSITORY, imageManifest=manifest, imageTag="1")


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_plan_states_every_setting(setting: str) -> None:
    """A new row finds its way into the test above by failing here."""
    section, name = setting.split(".")
    plan = yaml.safe_load((PLANS / "on.yaml").read_text(encoding="utf-8"))
    assert any(name in body for body in _bodies(plan, section))


def _bodies(plan: Mapping[str, Any], section: str) -> Iterator[Mapping[str, Any]]:
    """What the plan says of each thing of a section, which may stand below a root."""
    if section in ROOTS:
        yield from plan[section].values()
        return
    root = next(root for root, parts in PARTS.items() if section in parts)
    for body in plan[root].values():
        yield from body.get(section, {}).values()
