"""docs/tasks.md: its plans load, and its handler does once what it is asked twice."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.kinds.task.invoke import TOKEN
from orchestrator.planning.load import load, read
from tests.examples import told
from tests.examples.recipes import ROOT
from tests.sandbox.served import Served

BLOCKS = told.BLOCK.findall((ROOT / "docs" / "tasks.md").read_text(encoding="utf-8"))
PLANS = [text for language, text in BLOCKS if language == "yaml"]
(HANDLER,) = (text for language, text in BLOCKS if language == "python")
AROUND = """\
plan: page
tables:
  orders: {partition_key: {order_id: S}, sort_key: {line: N}}
functions:
  order-api: {aliases: {live: published}}
"""


@pytest.mark.parametrize("text", PLANS, ids=lambda text: text.split()[1].rstrip(":"))
def test_every_task_of_the_page_loads(text: str, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(AROUND + text)
    (tmp_path / "currencies.csv").write_text("order_id,line:N,digits:N\nEUR,0,2\n")
    (plan,) = load(read([tmp_path / "plan.yaml"]))
    assert len(plan.tasks) == 1


@pytest.mark.http
def test_the_handler_books_once_for_one_token_and_again_for_another(sandbox: Served) -> None:
    client = sandbox.client("dynamodb")
    for table, key in (("invoked", "token"), ("totals", "id")):
        client.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    code: dict[str, Any] = {}
    exec(compile(HANDLER, "app.py", "exec"), code)

    def invoked(token: str) -> str:
        context = SimpleNamespace(client_context=SimpleNamespace(custom={TOKEN: token}))
        answer: dict[str, str] = code["handler"]({"amount": 5}, context)
        return answer["booked"]

    assert [invoked(token) for token in ("a", "a", "b")] == ["now", "before", "now"]
    found = client.get_item(TableName="totals", Key={"id": {"S": "all"}})
    assert found["Item"]["amount"] == {"N": "10"}
