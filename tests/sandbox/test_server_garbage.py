"""Whatever a client sends, the sandbox answers as a service would: an error of its own making is never a broken reply."""

import json
import random
import re
from typing import Any

import pytest
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from orchestrator.sandbox import models
from orchestrator.sandbox.http.accounts import Accounts
from orchestrator.sandbox.http.front import Front
from orchestrator.sandbox.http.upstream import Upstream
from orchestrator.sandbox.rules.durations import Durations, Staleness

WORDS = ("orders", "id", "by_day", "S", "x" * 300, "fn", "1", "$LATEST", "arn:aws:iam::123456789012:role/fn")
ARN = "arn:aws:lambda:us-east-1:123456789012:function:fn"
WRONG: tuple[Any, ...] = (None, 7, "x", [], {}, True, "", -1.5, [1], {"a": 1})


def _value(chance: random.Random, shape: Any, depth: int = 0) -> Any:
    """Something of the shape, mostly."""
    if chance.random() < 0.08 or depth > 5:
        return chance.choice(WRONG)
    match shape.type_name:
        case "structure":
            chosen = [n for n in shape.members if n in shape.required_members or chance.random() < 0.4]
            return {name: _value(chance, shape.members[name], depth + 1) for name in chosen}
        case "list":
            return [_value(chance, shape.member, depth + 1) for _ in range(chance.randint(0, 3))]
        case "map":
            return {chance.choice(WORDS): _value(chance, shape.value, depth + 1) for _ in range(chance.randint(0, 2))}
        case "string":
            return chance.choice(shape.metadata.get("enum") or WORDS)
        case "boolean":
            return chance.random() < 0.5
        case "blob":
            return "AAAA"
    return chance.choice((0, 1, 5, -1, 10**9))


def _request(chance: random.Random, service: str) -> Request:
    model = models.service(service)
    name = chance.choice([n for n in model.operation_names if service == "lambda" or "Table" in n or "Backup" in n])
    operation = model.operation_model(name)
    scope = f"AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/{service}/aws4_request"
    headers = Headers({"Authorization": scope, "X-Amz-Target": f"DynamoDB_20120810.{name}"})
    if service == "lambda":
        del headers["X-Amz-Target"]
    path = re.sub(r"\{[^}]+\}", lambda _: chance.choice(("fn", "1", "live", "a:b", ARN)), operation.http["requestUri"])
    body = json.dumps({} if operation.input_shape is None else _value(chance, operation.input_shape))
    builder = EnvironBuilder(path=path, method=operation.http["method"], headers=headers, data=body)
    return Request(builder.get_environ())


@pytest.mark.parametrize("service", ["dynamodb", "lambda"])
@pytest.mark.parametrize("seed", range(4))
def test_every_request_has_an_answer(service: str, seed: int) -> None:
    chance, moments = random.Random(seed), iter(range(10**9, 2 * 10**9))
    accounts = Accounts(Durations.instant(), Staleness.off())
    front = Front(accounts, Upstream(), lambda: float(next(moments)), limited=False)
    answers: list[Response] = [front.respond(_request(chance, service)) for _ in range(250)]
    assert {answer.status_code for answer in answers} <= {200, 201, 202, 204, 400, 403, 404, 409, 412, 413, 501}
    for answer in answers:
        if answer.status_code >= 400:
            document = json.loads(answer.get_data())
            assert answer.headers.get("x-amzn-ErrorType") or document["__type"]
