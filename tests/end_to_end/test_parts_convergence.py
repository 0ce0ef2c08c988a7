"""What hangs on a function, from any state to any other: one run converges, and a second run does nothing."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.end_to_end.attachments import QUEUE, mappings, stream
from tests.end_to_end.converging import converge
from tests.end_to_end.virtual import VirtualAws

KINESIS = "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks"
ALIAS: Any = st.sampled_from([{}, {"alias": "live"}, {"alias": "beta"}])
COMMON: dict[str, Any] = {
    "batch_size": st.sampled_from([1, 10]),
    "filter": st.sampled_from([[], [{"a": [1.5]}], [{"a": ["x"]}, {"b": [True, None]}]]),
    "report_batch_item_failures": st.booleans(),
    "enabled": st.booleans(),
}
OF_STREAMS: dict[str, Any] = {
    **COMMON,
    "batching_window": st.sampled_from(["0s", "2s"]),
    "parallelization": st.sampled_from([1, 2]),
    "retries": st.sampled_from([-1, 0, 3]),
    "max_record_age": st.sampled_from(["1h", "off"]),
    "bisect_on_error": st.booleans(),
    "on_failure": st.sampled_from(["off", f"{QUEUE}-failed"]),
}
START = {"starting_position": st.sampled_from(["latest", "trim_horizon"]), "replace": st.just("recreate")}


def some(draw: Any, optional: dict[str, Any]) -> dict[str, Any]:
    """Each of them stated or not."""
    return {name: draw(values) for name, values in optional.items() if draw(st.booleans())}


@st.composite
def event_sources(draw: Any) -> dict[str, Any]:
    started = {name: draw(values) for name, values in START.items()}
    all_of_them = {
        "orders": {"source": "${tables.orders.stream_arn}", **started, **draw(ALIAS), **some(draw, OF_STREAMS)},
        "clicks": {"source": KINESIS, **started, **draw(ALIAS), **some(draw, OF_STREAMS)},
        "jobs": {"source": QUEUE, **draw(ALIAS), **some(draw, COMMON)},
    }
    return {name: one for name, one in all_of_them.items() if draw(st.booleans())}


@st.composite
def permissions(draw: Any) -> dict[str, Any]:
    optional = {
        "principal": st.sampled_from(["s3.amazonaws.com", "210987654321", "arn:aws:iam::210987654321:root", "*"]),
        "source_arn": st.sampled_from(["arn:aws:s3:::one", "arn:aws:s3:::two"]),
        "source_account": st.just("123456789012"),
        "action": st.sampled_from(["lambda:InvokeFunction", "lambda:InvokeFunctionUrl"]),
    }
    bodies = {name: {"principal": "s3.amazonaws.com", **some(draw, optional), **draw(ALIAS)} for name in ("one", "two")}
    return {name: draw(st.sampled_from([body, "absent"])) for name, body in bodies.items() if draw(st.booleans())}


@st.composite
def urls(draw: Any) -> Any:
    optional = {
        "cors": st.sampled_from([{}, {"allow_origins": ["*"]}, {"max_age": "1h", "allow_methods": ["GET", "PUT"]}]),
        "invoke_mode": st.sampled_from(["buffered", "response_stream"]),
    }
    url = {"auth": draw(st.sampled_from(["aws_iam", "none"])), **some(draw, optional), **draw(ALIAS)}
    return draw(st.sampled_from([url, "off"]))


@st.composite
def functions(draw: Any) -> dict[str, Any]:
    invocation = {
        "retries": st.sampled_from([0, 2]),
        "max_age": st.sampled_from(["1h", "6h"]),
        "on_success": st.sampled_from(["off", f"{QUEUE}-done"]),
        "on_failure": st.sampled_from(["off", f"{QUEUE}-failed"]),
    }
    optional = {
        "url": urls(),
        "permissions": permissions(),
        "event_sources": event_sources(),
        "provisioned_concurrency": st.sampled_from([{"live": 5}, {"live": 2}, {"live": "off"}]),
        "reserved_concurrency": st.sampled_from([5, 20, "off"]),
    }
    stated = some(draw, optional)
    sorts = [sort for sort in ("permissions", "event_sources") if sort in stated]
    asynchronous = some(draw, invocation)
    return {
        "runtime": "python3.13",
        "handler": "app.handler",
        "role": "arn:aws:iam::123456789012:role/r",
        "code": {"directory": draw(st.sampled_from(["one", "two"]))},
        "aliases": {"live": "published", "beta": "published"},
        **stated,
        **({"async_invoke": asynchronous} if asynchronous else {}),
        **({"prune": sorts} if draw(st.booleans()) else {}),
    }


def plan(view: str, function: dict[str, Any]) -> str:
    """JSON is YAML."""
    orders = {"partition_key": {"id": "S"}, "billing": "on_demand", "stream": view}
    body = {"plan": "any", "policy": {"destructive": "allow"}, "tables": {"orders": orders}}
    return json.dumps({**body, "functions": {"api": function}})


VIEWS = st.sampled_from(["new_image", "keys_only"])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(functions(), functions(), VIEWS, VIEWS)
def test_any_change_of_parts_converges_in_one_run(
    before: dict[str, Any], after: dict[str, Any], first: str, second: str
) -> None:
    def seen(aws: VirtualAws) -> None:
        if "orders" in after.get("event_sources", {}):
            assert stream(aws) in [mapping["EventSourceArn"] for mapping in mappings(aws)]

    converge([plan(first, before), plan(second, after)], seen)
