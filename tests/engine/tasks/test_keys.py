"""How the key of an item is told: in one way, whatever it is told for."""

from typing import Any

import pytest

from orchestrator.engine.tasks import cancellation
from orchestrator.engine.tasks.keys import in_words
from orchestrator.model import hide


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ({"id": {"S": "c#EUR"}, "line": {"N": "0"}}, 'id "c#EUR", line 0'),
        ({"id": {"B": b"\x00a"}}, "id 0x0061"),
        ({"id": {"S": hide("secret")}, "line": {"N": hide("7")}}, "id (hidden), line (hidden)"),
        ({"id": {"S": "x" * 100}}, f'id "{"x" * 80}"'),
    ],
)
def test_a_key_in_words(key: dict[str, Any], words: str) -> None:
    assert in_words(key) == words
    assert cancellation.told({"Delete": {"TableName": "orders", "Key": key}}, {}) == f"delete from orders, {words}"


def test_an_action_whose_key_nobody_knows_is_told_without_it() -> None:
    assert cancellation.told({"Put": {"TableName": "orders", "Item": {"id": {"S": "x"}}}}, {}) == "put into orders"
