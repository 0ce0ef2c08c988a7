"""A sandbox server for tests over real HTTP, with durations of tenths of a second."""

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from orchestrator.sandbox.clock import ServerClock
from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.server import SandboxServer

REGION = "eu-west-1"
SHORT = 0.3
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
"""Seconds. What is not named here has settled at once."""


class Served:
    """A running server, and clients for it that don't retry."""

    def __init__(self, server: SandboxServer) -> None:
        self.server = server
        self.clock = ServerClock()

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

    def until(self, settled: Callable[[], bool], seconds: float = 10) -> None:
        """Look again and again, some twenty times a second, until something holds."""
        pause, end = threading.Event(), self.clock.now() + seconds
        while not settled():
            assert self.clock.now() < end, "it never came about"
            pause.wait(0.05)

    def control(self, path: str, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A request to /_sandbox/: POST where something is given."""
        data = None if given is None else json.dumps(given).encode()
        with urllib.request.urlopen(f"{self.server.endpoint}/_sandbox/{path}", data) as reply:
            document: dict[str, Any] = json.load(reply)
            return document


@contextmanager
def served(**options: Any) -> Iterator[Served]:
    """A server of its own for one test."""
    with SandboxServer(region=REGION, **{"durations": DURATIONS, **options}) as server:
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
