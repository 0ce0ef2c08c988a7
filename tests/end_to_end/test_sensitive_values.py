"""Sensitive values in tasks: they go out with the type that they have, and come back to nobody, whoever repeats them."""

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from orchestrator import pipeline
from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.errors import Fault
from orchestrator.model import Call, Report
from orchestrator.ports import Cloud
from orchestrator.render import FORMATS, View
from orchestrator.sandbox.rules.lambda_.answers import Context, FunctionFailed
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

SECRET = 's3cret/välue "x"'
HEAD = """
version: 1
plan: shop
variables:
  secret: {sensitive: true}
  pin: {type: integer, sensitive: true}
  price: {type: number, sensitive: true}
  flag: {type: boolean, sensitive: true}
  several: {type: list, sensitive: true}
"""
TABLES = """
tables: {orders: {partition_key: {id: S}, billing: on_demand}}
"""
FUNCTION = """
functions:
  fn:
    runtime: python3.13
    handler: app.handler
    role: arn:aws:iam::123456789012:role/fn
    code: {directory: src}
    description: "${var.flag}"
    environment: {KEY: "${var.secret}", DSN: "db://me:hunter2@db", FN: fn, FLAG: "${var.flag}"}
"""
VARIABLES = {"secret": SECRET, "pin": 7391, "price": "1234.50", "flag": True, "several": [1, "two", False, 3.50]}


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text("handler = print")
    return VirtualAws(tmp_path, store=MemoryStore())


async def applied(aws: VirtualAws, text: str) -> Report:
    return await aws.apply(HEAD + text, variables=VARIABLES)


def said(report: Report) -> str:
    """What went wrong with the one step that did not succeed."""
    (message,) = (step.error["message"] for step in report.steps if step.error)
    return str(message)


def everywhere(aws: VirtualAws, report: Report) -> str:
    """All that is shown, logged and kept of the runs."""
    assert isinstance(aws.store, MemoryStore)
    return "\n".join([repr(report), *map(repr, aws.events), repr(vars(aws.store))])


# ------------------------------------------------------------------------------------------------------ what comes back


async def invoked(aws: VirtualAws, answers: Callable[[Any, Context], Any], invoke: str) -> Report:
    assert (await applied(aws, FUNCTION)).exit_code == 0
    aws.account.lambda_.answers("fn", answers)
    report = await applied(aws, f"{FUNCTION}\ntasks: {{warm: {{invoke: {{function: fn, {invoke}}}}}}}\n")
    assert report.exit_code == 1
    return report


def raising(message: str) -> Callable[[Any, Context], Any]:
    def answers(given: Any, context: Context) -> Any:
        raise FunctionFailed("Denied", message)

    return answers


FORMS = {
    "as it is": SECRET,
    "in JSON": json.dumps(SECRET)[1:-1],
    "in JSON with all its letters": json.dumps(SECRET, ensure_ascii=False)[1:-1],
    "in JSON in JSON": json.dumps(json.dumps(SECRET))[3:-3],
    "in base64": base64.b64encode(SECRET.encode()).decode(),
    "in a URL": quote(SECRET),
    "in a query": quote(SECRET, safe=""),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
async def test_a_function_that_repeats_a_part_of_what_it_was_given_gives_nothing_away(
    aws: VirtualAws, form: str
) -> None:
    report = await invoked(aws, raising(f"token {form} is bad"), 'payload: {auth: "Bearer ${var.secret}", warm: token}')
    assert said(report).startswith(
        "The function failed (Unhandled): Denied: token (hidden) is bad\nThe end of its log:"
    )
    assert form not in everywhere(aws, report)


async def test_a_secret_of_two_characters_is_known_by_what_stands_around_it(aws: VirtualAws) -> None:
    variables = {**VARIABLES, "pin": 73}
    await aws.apply(HEAD + FUNCTION, variables=variables)
    aws.account.lambda_.answers("fn", raising("with code=73 of 73 or more"))
    task = 'tasks: {warm: {invoke: {function: fn, payload: {a: "code=${var.pin}", b: [1]}}}}\n'
    message = said(await aws.apply(HEAD + FUNCTION + task, variables=variables))
    assert message.startswith("The function failed (Unhandled): Denied: with (hidden) of 73 or more\n")


async def test_the_entries_of_a_secret_that_is_json_are_secrets(aws: VirtualAws) -> None:
    variables = {**VARIABLES, "secret": '{"user": "admin", "password": "pa55word", "port": 5432}'}
    await aws.apply(HEAD + FUNCTION, variables=variables)
    aws.account.lambda_.answers("fn", raising("admin:pa55word at port 5432"))
    task = "tasks: {warm: {invoke: {function: fn, payload: {a: 1}}}}\n"
    message = said(await aws.apply(HEAD + FUNCTION + task, variables=variables))
    assert message.startswith("The function failed (Unhandled): Denied: (hidden):(hidden) at port (hidden)\n")


async def test_nor_does_one_that_has_it_in_the_midst_of_base64(aws: VirtualAws) -> None:
    for user in ("a", "ab", "abc"):
        whole = base64.b64encode(f"{user}:{SECRET}".encode()).decode()
        report = await invoked(aws, raising(f"Basic {whole}"), 'payload: "${var.secret}"')
        assert "(hidden)" in said(report)
        assert whole[8:-4] not in everywhere(aws, report)


async def test_what_the_plan_puts_into_its_environment_is_as_secret(aws: VirtualAws) -> None:
    report = await invoked(aws, raising(f"{SECRET}, db://me:hunter2@db, fn and true"), "payload: {a: 1}")
    assert said(report).startswith("The function failed (Unhandled): Denied: (hidden), (hidden), fn and true\n")
    shown = everywhere(aws, report)
    assert SECRET not in shown
    assert "hunter2" not in shown


async def test_what_was_found_in_place_of_what_is_expected_is_told_without_it(aws: VirtualAws) -> None:
    answer = {"echo": f"Bearer {SECRET}", "pin": 7391, "price": 1234.5, "flag": False}
    given = 'payload: {pin: "${var.pin}", price: "${var.price}"}'
    expected = 'expect: {payload: {echo: no, pin: 1, price: 2, flag: "${var.flag}"}}'
    report = await invoked(aws, lambda payload, context: answer, f"{given}, {expected}")
    assert said(report).splitlines()[1:] == [
        'payload.echo: wanted "no", found "Bearer (hidden)"',
        "payload.pin: wanted 1, found (hidden)",
        "payload.price: wanted 2, found (hidden)",
        "payload.flag: wanted (hidden), found something else",
    ]
    assert "s3cret" not in everywhere(aws, report)


async def test_what_is_shortened_is_not_cut_in_the_midst_of_a_secret(aws: VirtualAws) -> None:
    answer = {"echo": "x" * 195 + SECRET}
    given = 'payload: {a: "${var.secret}"}, expect: {payload: {echo: no}}'
    report = await invoked(aws, lambda payload, context: answer, given)
    assert "s3c" not in everywhere(aws, report)


async def test_the_end_of_a_log_may_begin_in_the_midst_of_a_secret(aws: VirtualAws) -> None:
    class Cut:
        """What Lambda gives of a log are its last 4 KB."""

        def __init__(self, cloud: Cloud) -> None:
            self.cloud = cloud

        async def send(self, call: Call) -> Mapping[str, Any]:
            reply = dict(await self.cloud.send(call))
            if call.operation == "Invoke":
                reply["LogResult"] = base64.b64encode(f"{SECRET[4:]} is bad\n".encode()).decode()
            return reply

    aws.between = Cut
    report = await invoked(aws, raising("bad"), 'payload: "${var.secret}"')
    assert said(report).splitlines()[2:] == ["(hidden) is bad"]


async def test_a_hidden_number_is_expected_as_a_number(aws: VirtualAws) -> None:
    await applied(aws, FUNCTION)
    given: list[Any] = []

    def answers(payload: Any, context: Context) -> Any:
        given.append(payload)
        return payload

    aws.account.lambda_.answers("fn", answers)
    body = '{pin: "${var.pin}", price: "${var.price}", flag: "${var.flag}", several: "${var.several}"}'
    task = f"tasks: {{warm: {{invoke: {{function: fn, payload: {body}, expect: {{payload: {body}}}}}}}}}\n"
    assert (await applied(aws, FUNCTION + task)).exit_code == 0
    assert given == [{"pin": 7391, "price": 1234.5, "flag": True, "several": [1, "two", False, 3.5]}]


class Quoting:
    """A cloud that refuses one operation and quotes a part of what it was sent."""

    def __init__(self, cloud: Cloud, operation: str, *, reasons: bool = False) -> None:
        self.cloud, self.operation, self.reasons = cloud, operation, reasons

    async def send(self, call: Call) -> Mapping[str, Any]:
        if call.operation != self.operation:
            return await self.cloud.send(call)
        quoted = f"the value {SECRET} is wrong"
        if not self.reasons:
            raise Fault(call.service, call.operation, "ValidationException", quoted, status=400)
        told = [{"Code": "ValidationError", "Message": quoted}]
        raise Fault(call.service, call.operation, "TransactionCanceledException", quoted, status=400, reasons=told)


@pytest.mark.parametrize(
    ("operation", "task"),
    [
        ("PutItem", '{seed: {table: orders, items: [{id: a, auth: "Bearer ${var.secret}"}]}}'),
        ("Scan", '{backfill: {table: orders, set: {a: 1}, where: "b = :b", values: {":b": "is ${var.secret}"}}}'),
        (
            "TransactWriteItems",
            '{marker: false, transact: [{update: {table: orders, key: {id: a}, set: {auth: ["Bearer ${var.secret}"]}}}]}',
        ),
    ],
)
async def test_aws_quotes_a_part_of_what_it_was_sent_and_nobody_reads_it(
    aws: VirtualAws, operation: str, task: str
) -> None:
    await applied(aws, TABLES)
    aws.between = lambda cloud: Quoting(cloud, operation, reasons=operation == "TransactWriteItems")
    report = await applied(aws, f"{TABLES}\ntasks: {{it: {task}}}\n")
    assert "the value (hidden) is wrong" in said(report)
    assert SECRET not in everywhere(aws, report)


async def test_a_preview_that_counts_tells_nothing_of_it(aws: VirtualAws) -> None:
    await applied(aws, TABLES)
    aws.between = lambda cloud: Quoting(cloud, "Scan")
    where = 'where: "b = :b", values: {":b": "is ${var.secret}"}'
    task = f"tasks: {{it: {{backfill: {{table: orders, set: {{a: 1}}, {where}}}}}}}\n"
    run = aws.opened(HEAD + TABLES + task, variables=VARIABLES, count_items=True)
    found = [finding.message for finding in (await pipeline.preview_on(run)).findings]
    assert any("the value (hidden) is wrong" in message for message in found)
    assert SECRET not in repr(found)


# --------------------------------------------------------------------------------------------------------- what goes out


async def test_a_hidden_value_is_stored_with_its_type_and_shown_to_nobody(aws: VirtualAws) -> None:
    item = '{id: a, pin: "${var.pin}", price: "${var.price}", flag: "${var.flag}", all: "${var.several}", text: "no. ${var.pin}"}'
    plan = f"{HEAD}{TABLES}\ntasks: {{it: {{seed: {{table: orders, items: [{item}]}}}}}}\n"
    preview = await aws.preview(plan, variables=VARIABLES)
    for name, form in FORMATS.items():
        assert not [secret for secret in ("7391", "1234.5", "two") if secret in form.preview(preview, View())], name
    assert (await aws.apply(plan, variables=VARIABLES)).exit_code == 0
    assert items(aws) == [
        {
            "id": {"S": "a"},
            "pin": {"N": "7391"},
            "price": {"N": "1234.5"},
            "flag": {"BOOL": True},
            "all": {"L": [{"N": "1"}, {"S": "two"}, {"BOOL": False}, {"N": "3.5"}]},
            "text": {"S": "no. 7391"},
        }
    ]


async def test_a_hidden_number_is_added_and_compared_as_one(aws: VirtualAws) -> None:
    await applied(aws, TABLES)
    aws.send("dynamodb", "PutItem", TableName="orders", Item={"id": {"S": "a"}, "n": {"N": "800"}})
    tasks = """
tasks:
  add:
    marker: false
    transact:
      - update: {table: orders, key: {id: a}, add: {n: "${var.pin}", s: {$type: NS, values: ["${var.pin}"]}}}
  mark:
    backfill: {table: orders, set: {flag: "${var.flag}"}, where: "n > :n", values: {":n": "${var.pin}"}}
    after: [tasks.add]
"""
    assert (await applied(aws, TABLES + tasks)).exit_code == 0
    assert items(aws) == [{"id": {"S": "a"}, "n": {"N": "8191"}, "s": {"NS": ["7391"]}, "flag": {"BOOL": True}}]


def items(aws: VirtualAws) -> list[Any]:
    return list(aws.send("dynamodb", "Scan", TableName="orders")["Items"])
