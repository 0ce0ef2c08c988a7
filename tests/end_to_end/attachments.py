"""A function with what hangs on it, beside a table with a stream: plans and looks for the tests of those parts."""

from pathlib import Path
from typing import Any

from orchestrator.model import Report
from tests.end_to_end.virtual import VirtualAws

ROLE = "arn:aws:iam::123456789012:role/r"
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:api"
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:jobs"


def plan(*lines: str, stream: str = "new_image", policy: str = "") -> str:
    """A table `orders` and a function `api`; `lines` are what the function has beside its code."""
    return f"""
plan: api
{policy}
tables:
  orders: {{partition_key: {{id: S}}, billing: on_demand, stream: {stream}}}
functions:
  api:
    runtime: python3.13
    handler: app.handler
    role: {ROLE}
    code: {{directory: code}}
""" + "".join(f"    {line}\n" for line in lines)


DESTRUCTIVE = "policy: {destructive: allow}"


def started(folder: Path, **more: Any) -> VirtualAws:
    """An empty account, and the code that plans name."""
    write(folder, "1")
    return VirtualAws(folder, **more)


def write(folder: Path, release: str) -> None:
    (folder / "code").mkdir(exist_ok=True)
    (folder / "code" / "app.py").write_text(f"def handler(event, context): return {release!r}\n")


async def settled(aws: VirtualAws, text: str) -> Report:
    """Apply, see that it succeeds and that a second run changes nothing, and forget the calls."""
    report = await aws.apply(text)
    assert report.outcome == "succeeded", [(step.id, step.outcome, step.error) for step in report.steps]
    again = await aws.apply(text)
    assert again.outcome == "nothing_to_do", [(step.id, step.outcome) for step in again.steps]
    assert not aws.account.timeline.clashes()
    aws.events.clear()
    aws.account.timeline.calls.clear()
    return report


def mappings(aws: VirtualAws) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = aws.send("lambda", "ListEventSourceMappings")["EventSourceMappings"]
    return found


def stream(aws: VirtualAws) -> str:
    arn: str = aws.send("dynamodb", "DescribeTable", TableName="orders")["Table"]["LatestStreamArn"]
    return arn


def ids(report: Report) -> list[str]:
    return [step.id for step in report.steps]


def calls(aws: VirtualAws, operation: str) -> int:
    return aws.account.timeline.calls[f"lambda:{operation}"]
