"""The JSON Schema of a plan file: as strict as the loader about keys and types, with references wherever they work."""

from typing import Any

import jsonschema
import pytest

from orchestrator.planning.schema import schema

SCHEMA = schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def fits(**keys: Any) -> bool:
    return VALIDATOR.is_valid({"plan": "p"} | keys)


def table(**settings: Any) -> bool:
    return fits(tables={"orders": settings})


def function(**settings: Any) -> bool:
    return fits(functions={"f": settings})


def test_it_is_a_schema_with_a_title_and_no_address() -> None:
    VALIDATOR.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["title"]
    assert "$id" not in SCHEMA


def test_it_describes_what_it_names() -> None:
    assert SCHEMA["$defs"]["TableSpec"]["description"].startswith("A table.")
    assert "model_fields_set" not in str(SCHEMA)


@pytest.mark.parametrize(
    "fit",
    [
        fits(),
        table(partition_key={"id": "S"}, billing="on_demand", stream=False, ttl="off"),
        table(billing={"provisioned": {"read": 5, "write": 5}}),
        table(ensure="absent", deletion_protection=False),
        fits(tables={"orders": "absent"}),
        table(tags={"a": 5, "b": True, "c": "x"}),
        table(indexes={"by.x": {"projection": ["a"]}, "gone": "absent"}),
        function(aliases={"live": "published", "b": {"version": "12", "weights": {"11": 0.1}}, "c": "absent"}),
        table(deletion_protection="off", indexes={"by_x": {"contributor_insights": "off"}}),
        table(ensure="absent", deletion_protection="off"),
        table(ensure="absent", replicas={"us-west-2": {"ensure": "absent", "deletion_protection": False}}),
        function(ensure="absent", name="x", after=["tables.orders"]),
        function(description="off", tracing=False, publish="off", vpc="off"),
        fits(policy={"backup_before_delete": "off"}),
        function(code="build.zip", timeout="30s", role="arn:aws:iam::123456789012:role/orders"),
        fits(variables={"v": {"type": "map", "default": {}, "allowed": [{}, {"a": 1}]}}),
    ],
)
def test_plans_fit(fit: bool) -> None:
    assert fit


@pytest.mark.parametrize(
    "fit",
    [
        table(billing="${var.billing}"),
        table(billing={"provisioned": {"read": "${var.read}", "write": 5}}),
        table(deletion_protection="${var.protect}"),
        table(stream="${var.stream}"),
        table(tags="${var.tags}"),
        table(partition_key={"id": "${var.type}"}),
        fits(tables={"orders": "${var.table}"}),
        fits(region="${var.region}", policy={"deadline": "${var.deadline}"}),
        function(role="arn:aws:iam::${account}:role/orders"),
        function(memory="${var.memory}", layers=["${var.layer}"], timeout="${var.timeout}"),
    ],
)
def test_a_reference_fits_wherever_one_works(fit: bool) -> None:
    assert fit


@pytest.mark.parametrize(
    "fit",
    [
        fits(plan="${var.x}"),
        fits(version="${var.x}"),
        fits(variables={"v": {"type": "${var.x}"}}),
        fits(tabels={}),
        fits(tables={"a b": {}}),
        fits(variables={"Stage": {}}),
        fits(tables=None),
        table(streem="new_image"),
        table(stream="new"),
        table(ttl=None),
        table(billing="$${x}"),
        table(deletion_protection="yes"),
        table(partition_key={"a": "S", "b": "S"}),
        table(indexes={"by_x": {"projection": {"kind": "ALL"}}}),
        table(indexes={"by_x": {"projection": ["a", "a"]}}),
        table(prune=["tags", "tags"]),
        table(encryption={"kind": "aws_owned"}),
        table(point_in_time_recovery={"days": 36}),
        table(timeouts={"create": "0s"}),
        table(deletion_protection="on"),
        table(ensure="absent", deletion_protection=True),
        table(indexes={"by_x": {"ensure": "absent", "name": "x"}}),
        function(ensure="absent", deletion_protection=False),
        function(aliases={"live": {"ensure": "absent", "after": []}}),
        function(tracing="on"),
        function(handler=""),
        function(timeout=30),
        function(role="order-api"),
        function(layers=["tools"]),
        fits(variables={"v": {"default": None}}),
        fits(variables={"v": {"allowed": ["a", None]}}),
        function(memory="512"),
        function(aliases={"live": {"version": "12", "weights": {"11": 1.5}}}),
        function(aliases={"12": "published"}),
    ],
)
def test_what_the_loader_refuses_does_not_fit(fit: bool) -> None:
    assert not fit
