"""docs/plan-language.md is the contract: every key of its examples is known to the models and to the JSON Schema."""

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from orchestrator.planning.document import Document
from orchestrator.planning.load import Inputs, load, read
from orchestrator.planning.nodes import plain
from orchestrator.planning.schema import schema
from orchestrator.planning.yaml_nodes import compose
from tests.planning.plans import write

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "plan-language.md").read_text(encoding="utf-8")
EXAMPLES = [
    block.replace("{…}", "{}").replace("[…]", "[]") for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
]
EVERYTHING = [
    (Path(__file__).parent / f"{name}.yaml").read_text(encoding="utf-8")
    for name in ("everything", "in-tasks", "in-stages")
]
"""Plans with every key of the language."""
PLANS = sorted(path for path in (ROOT / "plans").rglob("*.yaml") if "src" not in path.parts)
POLICY = '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "dynamodb:GetItem", "Resource": "*"}]}'
VALIDATOR = jsonschema.Draft202012Validator(schema())
OTHER_FORMS = (
    "tables: {t: {billing: {on_demand: {max_read: 1000, max_write: 500}}}}",
    "tables: {t: {billing: {provisioned: {read: 5, write: 5}}, stream: off, ttl: off, kinesis_stream: off}}",
    "tables: {t: {point_in_time_recovery: {days: 7}, encryption: {kms_key: alias/orders}, resource_policy: off}}",
    "tables: {t: {encryption: aws_managed, resource_policy: {file: policy.json}, indexes: {by_x: {projection: keys_only}}}}",
    'tables: {t: {ensure: absent, name: "old-${var.stage}", deletion_protection: false}}',
    'functions: {f: {code: {directory: src/f, exclude: ["**/*_test.py"]}, reserved_concurrency: off, url: off}}',
    'functions: {f: {code: {s3: {bucket: artifacts, key: f.zip, version: "3"}}, snap_start: off}}',
    'functions: {f: {code: {image: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/f@sha256:0"}}}',
    'functions: {f: {aliases: {a: "12", b: $LATEST, c: {version: published, weights: {"11": 0.1}}}}}',
    'functions: {f: {event_sources: {e: {source: "arn:aws:s3:::q", starting_position: {at: "2026-11-01T00:00Z"}}, g: absent}}}',
    "tasks: {t: {seed: {table: orders, file: items.jsonl, if_exists: overwrite}, run: always}}",
)


def document(text: str) -> Any:
    root, problems = compose(text.encode(), "page")
    assert root is not None
    assert not problems
    return {"plan": "page"} | plain(root)


def test_the_page_has_its_five_examples() -> None:
    assert len(EXAMPLES) == 5


@pytest.mark.parametrize("example", [*EXAMPLES, *OTHER_FORMS])
def test_every_key_of_an_example_is_known_to_the_models(example: str) -> None:
    source = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026"
    Document.model_validate(document(example.replace("${tables.orders.stream_arn}", source)))


@pytest.mark.parametrize("example", [*EXAMPLES, *OTHER_FORMS])
def test_every_key_of_an_example_is_known_to_the_schema(example: str) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(document(example))] == []


SAID_ELSEWHERE = {
    "resource_policy: {}": "resource_policy: {file: policy.json}",
    "code: build/order_events.zip": "code: {directory: build}",
    "code: build/v2.zip": "code: {directory: build}",
    "billing: on_demand ": "billing: {provisioned: {read: 5, write: 5}} ",  # as its index' comment wants
    "item: {}": "item: {order_id: a, line: 1}",
    "update: {table: orders, key: {}": "update: {table: orders, key: {order_id: b, line: 1}",
    "delete: {table: orders, key: {}": "delete: {table: orders, key: {order_id: c, line: 1}",
    "check: {table: orders, key: {}": "check: {table: orders, key: {order_id: d, line: 1}",
}
"""What the page leaves open, and files of its examples that are not there."""


@pytest.mark.parametrize("example", EXAMPLES[1:])
def test_nothing_in_an_example_is_wrong(example: str, tmp_path: Path) -> None:
    text = "plan: page\nvariables: {stage: {default: dev}}\n" + example
    if not re.search("^(tables|stages):", example, re.MULTILINE):
        text += (
            "tables:\n  orders: {partition_key: {order_id: S}, sort_key: {line: N}, stream: new_image,"
            " indexes: {by_customer: {}}}\n"
        )
    if not re.search("^(functions|stages):", example, re.MULTILINE):
        text += "functions:\n  order-events: {runtime: python3.13}\n"
    for said, meant in SAID_ELSEWHERE.items():
        text = text.replace(said, meant)
    (tmp_path / "policy.json").write_text(POLICY, encoding="utf-8")
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "app.py").write_text("def handler(event, context): return event\n", encoding="utf-8")
    assert load(read([write(tmp_path, text)]), Inputs())


@pytest.mark.parametrize("plan", PLANS, ids=lambda path: path.stem)
def test_the_plans_of_this_repository_load_and_fit_the_schema(plan: Path) -> None:
    root, problems = compose(plan.read_bytes(), str(plan))
    assert root is not None
    assert not problems
    assert [error.message for error in VALIDATOR.iter_errors(plain(root))] == []
    together = plan.parent if plan.parent.name == "platform" else plan
    assert all(one.resources for one in load(read([together])))


@pytest.mark.parametrize("plan", EVERYTHING, ids=["tables", "tasks", "stages"])
def test_a_plan_with_every_key_fits_the_schema(plan: str) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(document(plan))] == []


@pytest.mark.parametrize("plan", EVERYTHING, ids=["tables", "tasks", "stages"])
def test_a_plan_with_every_key_is_a_plan(plan: str, tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_text(POLICY, encoding="utf-8")
    (tmp_path / "items.csv").write_text("id,n:N\na,1\n", encoding="utf-8")
    required = write(tmp_path, "plan: accounts\n", "accounts.yaml")
    whole, _ = load(read([write(tmp_path, plan), required]))
    assert whole.resources
    assert bool(whole.tasks) == ("tasks:" in plan)
