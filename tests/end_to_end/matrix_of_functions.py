"""The settings of a function and what hangs on it, and how a function may be before a plan changes two of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.kinds.function import settings
from orchestrator.kinds.function.event_sources.settings import ROWS as SOURCE_SETTINGS
from orchestrator.model import Call, reveal
from orchestrator.ports import Cloud
from tests.end_to_end.matrix import Body, Choice, Matrix, Pair, Rule, Start, account
from tests.end_to_end.virtual import VirtualAws
from tests.sandbox.lambda_world import archive

ROLE = "arn:aws:iam::123456789012:role/"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-00000000000"
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:jobs"
CLICKS = "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks"
LAYERS = [f"arn:aws:lambda:eu-west-1:123456789012:layer:{name}:1" for name in ("tools", "more")]
ALIAS: Body = {"aliases": {"live": "published"}}


def network(subnet: str) -> Body:
    return {"subnets": [subnet], "security_groups": ["sg-1"]}


ROWS: dict[str, tuple[Any, ...]] = {
    "runtime": ("python3.13", "python3.14"),
    "handler": ("app.handler", "main.handler"),
    "role": (f"{ROLE}one", f"{ROLE}two"),
    "description": ("", "orders", "shop"),
    "memory": (128, 512, 256),
    "timeout": ("3s", "30s"),
    "ephemeral_storage": (512, 1024),
    "tracing": ("pass_through", "active"),
    "environment": ({}, {"ONE": "x"}, {"TWO": "y"}),
    "layers": ([], LAYERS[:1], LAYERS),
    "vpc": ("off", network("subnet-1"), network("subnet-2")),
    "dead_letter": ("off", QUEUE, QUEUE.replace("sqs", "sns")),
    "kms_key": ("off", f"{KEY}1", f"{KEY}2"),
    "logging": ({}, {"format": "json", "level": "DEBUG"}, {"format": "text", "group": "shared"}),
    "snap_start": ("off", "published_versions"),
    "image": ({"command": ["app.handler"]}, {"working_directory": "/app"}),
    "code": ({"directory": "one"}, {"directory": "two"}, {"s3": {"bucket": "artifacts", "key": "app.zip"}}),
    "architecture": ("x86_64", "arm64"),
    "reserved_concurrency": ("off", 20, 30),
    "tags": ({}, {"team": "orders", "stage": "dev"}, {"team": "shop"}),
    "provisioned_concurrency": ({"live": "off"}, {"live": 5}, {"live": 3}),
    "async_invoke": ("off", {"retries": 1, "max_age": "1h"}, {"retries": 0, "on_failure": f"{QUEUE}-failed"}),
    "url": ("off", {"auth": "aws_iam"}, {"auth": "none", "cors": {"allow_origins": ["*"]}}),
}
"""The forms of each setting of a function, by its row."""

WITH: dict[str, Body] = {
    "architecture": {"code": ROWS["code"][0]},
    "tags": {"prune": ["tags"]},
    "provisioned_concurrency": ALIAS,
}
"""What a plan has to say beside a setting."""

SOURCE_ROWS: dict[str, tuple[Any, ...]] = {
    "alias": (None, "live"),
    "batch_size": (100, 10, 50),
    "batching_window": ("0s", "2s"),
    "parallelization": (1, 2),
    "retries": (-1, 0, 3),
    "max_record_age": ("off", "1h"),
    "bisect_on_error": (False, True),
    "on_failure": ("off", f"{QUEUE}-failed"),
    "filter": ([], [{"a": [1.5]}], [{"a": ["x"]}, {"b": [True]}]),
    "report_batch_item_failures": (False, True),
    "enabled": (True, False),
}
"""The forms of each setting of an event source, by its row."""


def source(**stated: Any) -> Body:
    """An event source; without an alias where that is None."""
    body = {"source": CLICKS, "starting_position": "latest", **stated}
    if body.get("alias", "live") is None:
        del body["alias"]
    return {"event_sources": {"clicks": body}, **(ALIAS if "alias" in body else {})}


def permission(*names: str) -> tuple[Body, ...]:
    """Nobody may, then each of them."""
    may = ({"principal": f"{name}.amazonaws.com", "source_account": "123456789012"} for name in names)
    return tuple({"permissions": {"theirs": one}} for one in ("absent", *may))


JOBS = {"event_sources": {"jobs": {"source": QUEUE}}}
PAGES = {"event_sources": {"pages": {"source": f"{CLICKS}-pages", "starting_position": "latest"}}}
PARTS = (
    Choice("an alias", tuple({"aliases": {"beta": version}} for version in ("absent", "published", "$LATEST"))),
    Choice("publish", ({"publish": False}, {"publish": True})),
    Choice("a permission", permission("s3", "sns")),
    Choice("an event source comes", ({}, JOBS)),
    Choice(
        "an event source goes", (PAGES, {"event_sources": {"pages": {"ensure": "absent", "source": f"{CLICKS}-pages"}}})
    ),
    Choice("gate", ({"gate": "start"}, {"gate": "background"})),
)
"""What is no setting: parts that come and go, when a version is published, and what is waited for."""

CHOICES = (
    *(
        Choice(row.name, tuple({row.name: form, **WITH.get(row.name, {})} for form in ROWS[row.name]))
        for row in settings.ROWS.values()
    ),
    *(
        Choice(f"{row.name} of an event source", tuple(source(**{row.name: form}) for form in SOURCE_ROWS[row.name]))
        for row in SOURCE_SETTINGS.values()
    ),
    *PARTS,
)

OF_NEITHER = ("image", "snap_start")
"""What a function that has everything can't have: the settings of the other package type, and what excludes others."""


def everything(choice: Choice) -> int | None:
    """Every setting has another value than a new function."""
    if choice.name in OF_NEITHER:
        return None
    return 0 if choice in PARTS[3:] else 1


def bare(choice: Choice) -> int | None:
    return None if choice.name in OF_NEITHER else 0


def snapped(choice: Choice) -> int | None:
    """A function whose versions take long to be made."""
    return 1 if choice.name in ("snap_start", "publish") else bare(choice)


def _update(operation: str, **parameters: Any) -> tuple[tuple[str, str, Body], ...]:
    return (("lambda", operation, parameters),)


STARTS = (
    Start("absent", stated=False, absent=True),
    Start("bare", bare, stated=False),
    Start("everything", everything),
    Start(
        "configuration being updated",
        bare,
        stated=False,
        motion=_update("UpdateFunctionConfiguration", Description="theirs", MemorySize=1024),
    ),
    Start(
        "code being updated", bare, stated=False, motion=_update("UpdateFunctionCode", ZipFile=archive("theirs = 1"))
    ),
    Start(
        "a version being made",
        snapped,
        motion=_update("UpdateFunctionCode", ZipFile=archive("theirs = 1"), Publish=True),
    ),
    Start(
        "a mapping being made",
        bare,
        stated=False,
        motion=_update("CreateEventSourceMapping", EventSourceArn=CLICKS, StartingPosition="LATEST"),
    ),
)


def _turns(start: Start, pair: Pair) -> int:
    """How a thing is before matters to fewer pairs where it is not there, and fewest where what hangs on it moves."""
    if start.absent or start.motion:
        return 8 if start in STARTS[-2:] else 4
    return 2


@dataclass(frozen=True)
class OnlyActive:
    """A Cloud that takes no alias for a version that is not Active. Lambda does, and refuses the invocations."""

    aws: VirtualAws
    cloud: Cloud

    async def send(self, call: Call) -> Mapping[str, Any]:
        if call.operation in ("CreateAlias", "UpdateAlias"):
            told = reveal(call.parameters)
            for number in (told["FunctionVersion"], *told.get("RoutingConfig", {}).get("AdditionalVersionWeights", ())):
                version = self.aws.send("lambda", "GetFunction", FunctionName=told["FunctionName"], Qualifier=number)
                assert version["Configuration"]["State"] == "Active", told
        return await self.cloud.send(call)


def _snapshots(had: Body, body: Body) -> bool:
    """SnapStart beside what it does not go with (fact sheet 11.12)."""
    both = {**had, **body}
    large = both.get("ephemeral_storage", 512) > 512
    provisioned = any(count != "off" for count in both.get("provisioned_concurrency", {}).values())
    return both.get("snap_start", "off") != "off" and (large or provisioned)


IMPOSSIBLE: Mapping[str, Rule] = {
    "package-type": lambda had, body: "image" in body,
    "snap-start": _snapshots,
}

UNFORESEEABLE = {
    (
        "CreateEventSourceMapping",
        "InvalidParameterValueException",
        "Function does not exist",
    ): "a new function shows in its own description first (fact sheet 11.10)",
}

NEEDED = {name: ROWS[name][0] for name in ("runtime", "handler", "role", "code")}
MATRIX = Matrix("functions", "FunctionName", NEEDED, CHOICES, STARTS, IMPOSSIBLE, UNFORESEEABLE, _turns, OnlyActive)


def aws(folder: Path) -> VirtualAws:
    """An empty account, the code in its folders and in S3, and roles that are long there."""
    for name in ("one", "two"):
        (folder / name).mkdir()
        (folder / name / "app.py").write_text(f"def handler(event, context): return {name!r}\n")
    found = VirtualAws(folder, account())
    found.account.s3.put("artifacts", "app.zip", archive("s3 = 1"), found.clock.now())
    for role in ("one", "two"):
        found.account.lambda_.role_created(f"{ROLE}{role}", found.clock.now() - 3600)
    return found
