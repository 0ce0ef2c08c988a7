"""A sandbox server for tests over real HTTP, whose time is counted in requests: no machine is too slow for it."""

import itertools
import json
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from orchestrator.sandbox.clock import EPOCH
from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.server import SandboxServer

REGION = "eu-west-1"
SHORT = 30.0
STEP = 1.0
DURATIONS = replace(
    Durations.instant(),
    table_create=SHORT,
    table_create_with_indexes=SHORT,
    table_delete=SHORT,
    index_allocate=SHORT,
    index_backfill=SHORT,
    index_delete=SHORT,
    function_create=SHORT,
    function_update=SHORT,
    version_publish=SHORT,
)
"""Seconds of the server's time. What is not named here has settled at once."""


class StepClock:
    """Stands still, but for `step` seconds at every look: what takes 30 s takes 30 looks, and never a moment of ours.

    The server looks once or twice a request, with its lock held.
    """

    def __init__(self, step: float = STEP) -> None:
        self._looks = itertools.count()
        self._step = step

    def now(self) -> float:
        return EPOCH + next(self._looks) * self._step


class Served:
    """A running server, and clients for it that don't retry."""

    def __init__(self, server: SandboxServer) -> None:
        self.server = server

    def client(self, service: str, region: str = REGION, **config: Any) -> Any:
        plain = Config(retries={"mode": "standard", "total_max_attempts": 1}, s3={"addressing_style": "path"}, **config)
        return cast(Any, boto3).client(  # the stubs know every service by name, not by a variable
            service,
            region_name=region,
            endpoint_url=self.server.endpoint,
            aws_access_key_id="sandbox",
            aws_secret_access_key="sandbox",
            config=plain,
        )

    def until(self, settled: Callable[[], bool], looks: int = 1000) -> None:
        """Look again and again until something holds: every request moves the server's time."""
        assert any(settled() for _ in range(looks)), "it never came about"

    def control(self, path: str, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A request to /_sandbox/: POST where something is given."""
        data = None if given is None else json.dumps(given).encode()
        with urllib.request.urlopen(f"{self.server.endpoint}/_sandbox/{path}", data) as reply:
            document: dict[str, Any] = json.load(reply)
            return document


@contextmanager
def served(**options: Any) -> Iterator[Served]:
    """A server of its own for one test, in a time of its own."""
    with SandboxServer(region=REGION, **{"durations": DURATIONS, "now": StepClock().now, **options}) as server:
        yield Served(server)


def refused(call: Any, **parameters: Any) -> tuple[int, str, str]:
    """HTTP status, code and message of a call that must fail."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response = caught.value.response
    return (
        response["ResponseMetadata"]["HTTPStatusCode"],
        str(response["Error"]["Code"]),
        str(response["Error"]["Message"]),
    )
