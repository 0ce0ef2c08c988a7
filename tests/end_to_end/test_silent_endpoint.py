"""An endpoint that takes connections and never answers, not even to who asks for the account. Over real sockets."""

import socket
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

import orchestrator
from orchestrator.errors import Unreachable

pytestmark = pytest.mark.http

PLAN = "plan: shop\ntables:\n  orders: {partition_key: {id: S}, billing: on_demand}\n"


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Its address."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    with socket.create_server(("127.0.0.1", 0)) as server:  # the system takes connections for who never looks at them
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


async def test_an_apply_ends_at_its_deadline_where_nobody_says_whose_the_credentials_are(
    silent: str, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN)
    with anyio.fail_after(10), pytest.raises(Unreachable, match="deadline passed before live state could be read"):
        await orchestrator.apply(plan, region="eu-west-1", endpoint_url=silent, deadline=0.5)
