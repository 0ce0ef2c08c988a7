"""One account behind real HTTP, made anew for each killed run."""

import base64
import json
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import boto3
from botocore import xform_name

from orchestrator.model import Call, reveal
from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.server import SandboxServer
from tests.end_to_end.kills.meaning import meaning
from tests.end_to_end.kills.quick import QuickClock

REGION = "eu-west-1"
KEYS = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox", "region_name": REGION}
STATE = "orchestrator-state"
FOR_EVER = 600.0
"""Seconds after which everything has settled."""


class World:
    """A server whose time runs quickly, from the start until `close`. `past`: what made the account as a run finds it."""

    def __init__(self, past: Sequence[Call]) -> None:
        self.clock = QuickClock()
        self._past = past
        self._server = SandboxServer(
            durations=replace(Durations.fast(), iam_lag=0), now=self.clock.now, region=REGION
        ).start()
        self._clients: Mapping[str, Any] = {
            service: boto3.client(service, endpoint_url=self._server.endpoint, **KEYS)
            for service in ("dynamodb", "lambda")
        }

    @property
    def port(self) -> int:
        return int(self._server.endpoint.rpartition(":")[2])

    def close(self) -> None:
        for client in self._clients.values():
            client.close()
        self._server.stop()

    def begin(self) -> None:
        """Forget everything but the past."""
        self._door("reset", {})
        for call in self._past:
            given = json.loads(json.dumps(reveal(call.parameters), default=lambda raw: base64.b64encode(raw).decode()))
            self._door("foreign", {"service": call.service, "operation": call.operation, "parameters": given})
            self.clock.ahead += FOR_EVER

    def _door(self, name: str, given: Mapping[str, Any]) -> None:
        request = urllib.request.Request(f"{self._server.endpoint}/_sandbox/{name}", json.dumps(given).encode())
        with urllib.request.urlopen(request, timeout=30) as reply:
            assert reply.status == 200

    # ------------------------------------------------------------------------------------------------------------ what is there

    def meaning(self) -> Mapping[str, Any]:
        """All that there is, once it has settled."""
        self.clock.ahead += FOR_EVER
        return meaning(self._look)

    def _look(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        reply: Mapping[str, Any] = getattr(self._clients[service], xform_name(operation))(**parameters)
        return reply

    def living_runs(self) -> Sequence[str]:
        """The runs that hold their locks still."""
        rows = self._clients["dynamodb"].scan(TableName=STATE, ConsistentRead=True)["Items"]
        runs = {row["sort"]["S"]: json.loads(row["body"]["S"]) for row in rows if row["partition"]["S"] == "runs"}
        assert runs
        return [run for run, body in runs.items() if body["life"] == "live"]
