"""Functions out of S3 and ECR through the real SDK: streams, checksums in headers, digests of tags."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aioboto3
import pytest

import orchestrator
from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.server import SandboxServer
from tests.sandbox.lambda_world import archive

pytestmark = pytest.mark.http

SETTINGS = """
    role: arn:aws:iam::123456789012:role/r
    aliases: {live: published}
    vpc: {subnets: [subnet-1], security_groups: [sg-1]}
    logging: {format: json}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(durations=Durations.instant()) as running:
        yield running


@pytest.fixture
def target(server: SandboxServer) -> dict[str, Any]:
    session = aioboto3.Session(region_name="eu-west-1", aws_access_key_id="sandbox", aws_secret_access_key="sandbox")
    return {"endpoint_url": server.endpoint, "session": session}


def plan(folder: Path, name: str, code: str) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(f"plan: {name}\nfunctions:\n  {name}:\n    {code}{SETTINGS}")
    return path


@pytest.mark.parametrize("how", [{}, {"ChecksumAlgorithm": "SHA256"}], ids=["bytes", "checksum"])
async def test_a_function_from_s3(target: dict[str, Any], tmp_path: Path, how: dict[str, str]) -> None:
    name = f"from-s3-{'checksum' if how else 'bytes'}"
    path = plan(
        tmp_path,
        name,
        f"runtime: python3.13\n    handler: app.handler\n    code: {{s3: {{bucket: {name}, key: 'a b@1.zip'}}}}",
    )
    async with target["session"].client("s3", endpoint_url=target["endpoint_url"]) as s3:
        await s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        for release in ("one = 1", "two = 2"):
            await s3.put_object(Bucket=name, Key="a b@1.zip", Body=archive(release), **how)
            assert (await orchestrator.apply(path, **target)).outcome == "succeeded"
            assert (await orchestrator.apply(path, **target)).outcome == "nothing_to_do"
        await s3.delete_object(Bucket=name, Key="a b@1.zip")
    found = (await orchestrator.preview(path, **target)).findings
    assert [finding.code for finding in found] == ["code-not-found"]


async def test_a_function_from_an_image(target: dict[str, Any], tmp_path: Path) -> None:
    async with target["session"].client("ecr", endpoint_url=target["endpoint_url"]) as ecr:
        made = await ecr.create_repository(repositoryName="team/orders")
        path = plan(tmp_path, "from-image", f'code: {{image: "{made["repository"]["repositoryUri"]}:1"}}')
        for release in ("one", "two"):
            layer = f"sha256:{hashlib.sha256(release.encode()).hexdigest()}"
            media = "application/vnd.docker.distribution.manifest.v2+json"
            parts = {"config": {"size": 1, "digest": layer}, "layers": [{"size": 1, "digest": layer}]}
            manifest = json.dumps({"schemaVersion": 2, "mediaType": media, **parts})
            await ecr.put_image(repositoryName="team/orders", imageManifest=manifest, imageTag="1")
            assert (await orchestrator.apply(path, **target)).outcome == "succeeded"
            assert (await orchestrator.apply(path, **target)).outcome == "nothing_to_do"
