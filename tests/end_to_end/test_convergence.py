"""From any live state to any plan: one run converges, nothing overlaps or is sent too early, and a second run does nothing."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.end_to_end.converging import converge

CAPACITY = st.sampled_from([{"read": 5, "write": 5}, {"read": 10, "write": 5}, {"read": 10, "write": 20}])
BILLING = st.one_of(st.just("on_demand"), CAPACITY.map(lambda numbers: {"provisioned": numbers}))
INDEX = st.sampled_from(
    [
        {"partition_key": {"a": "S"}},
        {"partition_key": {"a": "S"}, "sort_key": {"b": "N"}, "projection": "keys_only"},
        {"partition_key": {"b": "N"}, "projection": ["c", "d"], "replace": "recreate"},
        "absent",
    ]
)


@st.composite
def tables(draw: Any) -> dict[str, Any]:
    """One way for a table to be: every setting of this release, each stated or not."""
    optional = {
        "stream": st.sampled_from(["new_image", "new_and_old_images", "keys_only", "off"]),
        "point_in_time_recovery": st.sampled_from([True, False, {"days": 7}]),
        "table_class": st.sampled_from(["standard", "infrequent_access"]),
        "deletion_protection": st.booleans(),
        "encryption": st.sampled_from(["aws_owned", "aws_managed"]),
        "ttl": st.sampled_from(["expires_at", "off"]),
        "tags": st.dictionaries(st.sampled_from(["team", "stage"]), st.sampled_from(["x", "y"]), max_size=2),
        "indexes": st.dictionaries(st.sampled_from(["by_one", "by_two", "by_six"]), INDEX, max_size=3),
        "prune": st.just(["indexes"]),
    }
    stated = {name: draw(values) for name, values in optional.items() if draw(st.booleans())}
    if "indexes" not in stated:
        stated.pop("prune", None)
    billing = draw(BILLING)
    if billing != "on_demand" and "indexes" in stated:
        stated["indexes"] = {name: draw(billed(index)) for name, index in stated["indexes"].items()}
    return {"partition_key": {"id": "S"}, "billing": billing, **stated}


@st.composite
def successions(draw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two ways for a table to be, one after the other: any two, or the same with other numbers everywhere."""
    table = draw(tables())
    if draw(st.booleans()):
        return table, draw(tables())
    indexes = {name: draw(billed(index)) for name, index in unbilled(table).items()}
    return (
        {**table, "billing": {"provisioned": draw(CAPACITY)}},
        {**table, "billing": {"provisioned": draw(CAPACITY)}, **({"indexes": indexes} if indexes else {})},
    )


@st.composite
def billed(draw: Any, index: Any) -> Any:
    """The index, perhaps with numbers of its own: only an index of a provisioned table may have them."""
    return index if index == "absent" or draw(st.booleans()) else {**index, "billing": {"provisioned": draw(CAPACITY)}}


def unbilled(table: dict[str, Any]) -> dict[str, Any]:
    """The indexes without their numbers, which may change in place."""
    return {
        name: index if index == "absent" else {part: value for part, value in index.items() if part != "billing"}
        for name, index in table.get("indexes", {}).items()
    }


@st.composite
def functions(draw: Any) -> dict[str, Any]:
    """One way for a function to be."""
    optional = {
        "memory": st.sampled_from([128, 256, 512]),
        "timeout": st.sampled_from(["3s", "30s"]),
        "description": st.sampled_from(["", "orders"]),
        "tracing": st.sampled_from(["active", "pass_through"]),
        "architecture": st.sampled_from(["x86_64", "arm64"]),
        "ephemeral_storage": st.sampled_from([512, 1024]),
        "environment": st.dictionaries(st.sampled_from(["ONE", "TWO"]), st.sampled_from(["x", "y"]), max_size=2),
        "reserved_concurrency": st.sampled_from([5, 10, "off"]),
        "tags": st.dictionaries(st.sampled_from(["team", "stage"]), st.sampled_from(["x", "y"]), max_size=2),
        "aliases": st.sampled_from(
            [{"live": "published"}, {"live": "$LATEST"}, {"live": "absent"}, {"beta": "published"}]
        ),
    }
    stated = {name: draw(values) for name, values in optional.items() if draw(st.booleans())}
    code = draw(st.sampled_from(["one", "two"]))
    role = "arn:aws:iam::123456789012:role/r"
    return {"runtime": "python3.13", "handler": "app.handler", "role": role, "code": {"directory": code}, **stated}


def conflicting(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """What AWS or this release refuses: another type or shape of an index without `replace`."""
    was, wanted = unbilled(before), unbilled(after)
    return any(
        was.get(name, "absent") != "absent" and index not in ("absent", was[name]) and "replace" not in index
        for name, index in wanted.items()
    )


def plan(table: dict[str, Any], function: dict[str, Any]) -> str:
    """JSON is YAML."""
    body = {
        "plan": "any",
        "policy": {"destructive": "allow"},
        "tables": {"orders": table},
        "functions": {"api": function},
    }
    return json.dumps(body)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(successions(), functions(), functions())
def test_any_change_converges_in_one_run(
    succession: tuple[dict[str, Any], dict[str, Any]], function: dict[str, Any], redone: dict[str, Any]
) -> None:
    """Changes of settings, indexes, billing, code and aliases at once, in every combination that is drawn."""
    table, changed = succession
    if conflicting(table, changed):
        changed = {**changed, "indexes": table["indexes"]}

    # Past the hour between two changes of TTL.
    converge([plan(table, function), plan(changed, redone)], rest=4000)
