"""Access keys that expire, as each service says it."""

from collections.abc import Iterator

import pytest

from orchestrator.sandbox.clock import EPOCH
from tests.sandbox.served import Served, refused, served

pytestmark = pytest.mark.http

EXPIRED = "The security token included in the request is expired"


class Dial:
    def __init__(self) -> None:
        self.at = EPOCH

    def now(self) -> float:
        return self.at


@pytest.fixture
def dial() -> Dial:
    return Dial()


@pytest.fixture
def sandbox(dial: Dial) -> Iterator[Served]:
    with served(now=dial.now) as running:
        running.control("credentials", {"good_for": 60})
        yield running


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "status", "code"),
    [
        ("dynamodb", "list_tables", {}, 400, "ExpiredTokenException"),
        ("dynamodbstreams", "list_streams", {}, 400, "ExpiredTokenException"),
        ("lambda", "list_functions", {}, 403, "ExpiredTokenException"),
        ("sts", "get_caller_identity", {}, 400, "ExpiredToken"),
        (
            "application-autoscaling",
            "describe_scalable_targets",
            {"ServiceNamespace": "dynamodb"},
            400,
            "ExpiredTokenException",
        ),
    ],
)
def test_a_key_is_good_for_as_long_as_it_was_told_and_then_refused(
    sandbox: Served, dial: Dial, service: str, operation: str, parameters: dict[str, str], status: int, code: str
) -> None:
    call = getattr(sandbox.client(service), operation)
    call(**parameters)
    dial.at += 59
    call(**parameters)
    dial.at += 1
    assert refused(call, **parameters) == (status, code, EXPIRED)
    sandbox.control("credentials", {"good_for": None})
    call(**parameters)
