"""Many plans over few tables and functions, by several processes at once, against an endpoint that fails, throttles and lags.

Plans overlap without contradicting each other, so that the end is the same in whichever order they are applied. Some of
the processes are killed in the middle and their plans started again, as a restarted pod does.
"""

import json
import random
import signal
import threading
import urllib.request
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import aioboto3
import boto3
from botocore.config import Config

from orchestrator import pipeline
from orchestrator.model import KnownRun
from orchestrator.pipeline import Request
from orchestrator.sandbox.faults import Faults
from orchestrator.sandbox.rules.durations import Durations, Staleness
from orchestrator.sandbox.server import SandboxServer
from tests.end_to_end.virtual import READS
from tests.warm import Warm

STATE = "dynamodb://orchestrator-state"
FAULTY: Mapping[str, Any] = {
    "throttle": 0.03,
    "error_before": 0.01,
    "error_after": 0.01,
    "drop_before": 0.01,
    "drop_after": 0.01,
}
SEEN: Mapping[str, Any] = {"throttle": 0.02, "error_after": 0.005, "drop_after": 0.01}
"""Those whose effect, or lack of one, can be seen at once: a change that may still come is waited for half a minute."""
KEYS = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox", "region_name": "eu-west-1"}
APIS = ("dynamodb", "lambda")
PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 10})
AGAIN = 5
"""So often a plan is started at most: a pod is restarted too, but what needs more than that has not converged."""
FUNCTION = """
  {name}:
    runtime: python3.13
    handler: app.handler
    role: arn:aws:iam::123456789012:role/soak
    code: {{directory: code}}
    publish: true
    aliases: {{live: published}}
    tags: {{plan-{number}: applied}}"""
TABLE = """
  {name}:
    partition_key: {{id: S}}
    billing: on_demand
    tags: {{plan-{number}: applied}}"""


@dataclass(frozen=True)
class Size:
    """How much of everything. `kills`: so many of the plans' processes are killed in the middle."""

    plans: int
    tables: int
    functions: int
    processes: int
    kills: int = 0
    seed: int = 1


@dataclass(frozen=True)
class Piece:
    """One plan: what it states of which tables and functions."""

    number: int
    tables: Sequence[str]
    functions: Sequence[str]
    indexed: str | None
    expiring: str | None
    streaming: str | None

    @property
    def index(self) -> str:
        return f"by_{self.number}"

    @property
    def text(self) -> str:
        said = [f"plan: soak-{self.number}", "tables:"]
        for name in self.tables:
            said.append(TABLE.format(name=name, number=self.number).lstrip("\n"))
            said += (
                [f"    indexes: {{{self.index}: {{partition_key: {{k{self.number}: S}}}}}}"]
                if name == self.indexed
                else []
            )
            said += ["    ttl: expires"] if name == self.expiring else []
            said += ["    stream: keys_only"] if name == self.streaming else []
        said += ["functions:"] if self.functions else []
        said += [FUNCTION.format(name=name, number=self.number).lstrip("\n") for name in self.functions]
        return "\n".join(said) + "\n"


def pieces(size: Size) -> Sequence[Piece]:
    """The plans. Each third has an index of its own, each fourth a function."""
    chance = random.Random(size.seed)
    tables, functions = [f"table-{n}" for n in range(size.tables)], [f"function-{n}" for n in range(size.functions)]

    def piece(number: int) -> Piece:
        some = chance.sample(tables, min(chance.choice([1, 2, 2, 3]), len(tables)))
        return Piece(
            number,
            some,
            [chance.choice(functions)] if functions and number % 4 == 0 else [],
            some[0] if number % 3 == 0 else None,
            some[0] if number % 5 == 0 else None,
            some[-1] if number % 7 == 0 else None,
        )

    return [piece(number) for number in range(size.plans)]


@dataclass
class Soaked:
    """What came of it. `codes` are the exit codes of each plan's processes, the last of which ended the plan."""

    codes: dict[int, list[int]] = field(default_factory=dict)
    reports: list[Mapping[str, Any]] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    """Seconds from the first word about another run to the lock, of those that waited."""
    processor: float = 0.0
    """Seconds that the processes used, without those that were killed."""

    def calls(self) -> Counter[str]:
        """As the reports count them: without the state store's own."""
        total: Counter[str] = Counter()
        for report in self.reports:
            total.update(report.get("calls", {}))
        return total

    def retries(self) -> Counter[str]:
        total: Counter[str] = Counter()
        for report in self.reports:
            for step in report.get("steps", ()):
                for retry in step["retries"]:
                    total[retry["code"]] += retry["count"]
        return total


class Soak:
    """Serves the account, and applies every plan with so many processes at once."""

    def __init__(self, folder: Path, size: Size, durations: Durations, faults: Mapping[str, Any] = FAULTY) -> None:
        self.size, self.pieces = size, pieces(size)
        self.found = Soaked()
        self._folder = folder
        self._left: SimpleQueue[Piece] = SimpleQueue()
        chance = random.Random(size.seed + 1)
        self._killed = {number: chance.uniform(0.0, 2.0) for number in chance.sample(range(size.plans), size.kills)}
        self.server = SandboxServer(
            durations=durations,
            staleness=Staleness(reads=2, tags=1.0),
            faults=Faults(size.seed, **faults),
            seed=size.seed,
        )

    def run(self) -> Soaked:
        """Apply all; the server has to be up."""
        (self._folder / "code").mkdir()
        (self._folder / "code" / "app.py").write_text("def handler(event, context): ...\n")
        for piece in self.pieces:
            self._left.put(piece)
        with ThreadPoolExecutor(self.size.processes) as threads:
            list(threads.map(lambda _: self._work(), range(self.size.processes)))
        return self.found

    def _work(self) -> None:
        while not self._left.empty():
            piece = self._left.get()
            codes = self.found.codes.setdefault(piece.number, [])
            while (not codes or codes[-1] != 0) and len(codes) < AGAIN:
                codes.append(self._applied(piece, len(codes)))

    def _applied(self, piece: Piece, attempt: int) -> int:
        plan = self._folder / f"soak-{piece.number}.yaml"
        plan.write_text(piece.text)
        options = ["--yes", "--endpoint-url", self.server.endpoint, "--state", STATE]
        run = Warm(self._folder, f"{piece.number}-{attempt}", ["apply", plan, *options])
        waiting: datetime | None = None
        for line in run.lines:
            at = datetime.fromisoformat(line["timestamp"])
            if line["event"] == "lock_acquired" and attempt == 0 and piece.number in self._killed:
                threading.Timer(self._killed[piece.number], run.kill, [signal.SIGKILL]).start()
            if line["event"] == "lock_waiting":
                waiting = waiting or at
            elif line["event"] in ("lock_acquired", "run_finished") and waiting:
                self.found.waits.append((at - waiting).total_seconds())
                waiting = None
        code = run.end()
        self.found.processor += run.processor
        if run.report.exists():
            self.found.reports.append(json.loads(run.report.read_text()))
        return code

    # --------------------------------------------------------------------------------------------------------- what is left

    async def runs(self) -> Sequence[KnownRun]:
        """As the state store tells."""
        request = Request(plans=(), endpoint_url=self.server.endpoint, session=aioboto3.Session(**KEYS), state=STATE)
        return (await pipeline.history(request, limit=10 * self.size.plans)).runs

    def timeline(self) -> Mapping[str, Any]:
        with urllib.request.urlopen(f"{self.server.endpoint}/_sandbox/timeline") as reply:
            found: Mapping[str, Any] = json.load(reply)
            return found

    def astray(self) -> Sequence[str]:
        """Where the account is not as all plans together state it."""
        cloud = {name: boto3.client(name, endpoint_url=self.server.endpoint, config=PATIENT, **KEYS) for name in APIS}
        wrong = []
        for name in sorted({table for piece in self.pieces for table in piece.tables}):
            stated = [piece for piece in self.pieces if name in piece.tables]
            found = cloud["dynamodb"].describe_table(TableName=name)["Table"]
            tags = cloud["dynamodb"].list_tags_of_resource(ResourceArn=found["TableArn"])["Tags"]
            ttl = cloud["dynamodb"].describe_time_to_live(TableName=name)["TimeToLiveDescription"]
            is_so = (
                {tag["Key"] for tag in tags},
                {index["IndexName"] for index in found.get("GlobalSecondaryIndexes", ())},
                ttl["TimeToLiveStatus"] in ("ENABLING", "ENABLED"),
                found.get("StreamSpecification", {}).get("StreamEnabled", False),
            )
            shall_be = (
                {f"plan-{piece.number}" for piece in stated},
                {piece.index for piece in stated if piece.indexed == name},
                any(piece.expiring == name for piece in stated),
                any(piece.streaming == name for piece in stated),
            )
            wrong += [f"{name}: {is_so} instead of {shall_be}"] if is_so != shall_be else []
        for name in sorted({function for piece in self.pieces for function in piece.functions}):
            tagged = {f"plan-{piece.number}" for piece in self.pieces if name in piece.functions}
            if (found_tags := set(cloud["lambda"].get_function(FunctionName=name)["Tags"])) != tagged:
                wrong.append(f"{name}: {found_tags} instead of {tagged}")
        return wrong


def refused(timeline: Mapping[str, Any]) -> Counter[tuple[str, str]]:
    """The changes that were refused because something was in transition; what only reads changes nothing."""
    return Counter(
        (call["api"], call["code"])
        for call in timeline["served"]
        if call["in_transition"] and not READS.match(call["api"].partition(":")[2])
    )


def doubled(timeline: Mapping[str, Any]) -> Mapping[tuple[str, str], int]:
    """What was made more than once, of what must be made once."""
    unique = ("dynamodb:CreateTable", "lambda:CreateFunction", "lambda:PublishVersion", "lambda:CreateAlias")
    made = Counter(
        (call["api"], call["resource"]) for call in timeline["served"] if call["api"] in unique and call["code"] is None
    )
    return {key: count for key, count in made.items() if count > 1}
