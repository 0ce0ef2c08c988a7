"""Whose the credentials are, asked of an endpoint that is not AWS's own: no answer is not the answer that there is no STS."""

from functools import partial
from pathlib import Path

import pytest

from orchestrator import pipeline
from orchestrator.adapters.connection import connect
from orchestrator.engine.persistence import persistently
from orchestrator.errors import Unreachable
from orchestrator.pipeline.opening import WHOSE, opened
from tests.adapters.test_aws import KNOWN, Behaviour, close, cut_short, reply, reset, serving, session

pytestmark = pytest.mark.http

JSON, XML, HTML = (
    b"content-type: %b\r\n" % kind for kind in (b"application/x-amz-json-1.0", b"text/xml", b"text/html")
)
ERROR = b"<ErrorResponse><Error><Type>Sender</Type><Code>%b</Code><Message>so it is</Message></Error></ErrorResponse>"
PLAN = "plan: shop\ntables: {orders: {partition_key: {id: S}}}\n"


class Jumping:
    """A clock on which sleeping takes no time; asking takes a second each time somebody looks."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        self.at += 1.0
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


def half() -> float:
    return 0.5


@pytest.mark.parametrize(
    "sts",
    [
        pytest.param(
            reply(b'{"__type": "com.amazon.coral#MissingAuthenticationToken"}', JSON, 400), id="DynamoDB Local"
        ),
        pytest.param(reply(b'{"__type": "UnknownOperationException", "message": ""}', JSON, 400), id="alternator"),
        pytest.param(reply(b"<UnknownOperationException/>\n", XML, 404), id="dynalite"),
        pytest.param(reply(b"<html><body>Not Found</body></html>", HTML, 404), id="page"),
        pytest.param(reply(b"", b"", 404), id="nothing there"),
        pytest.param(reply(ERROR % b"InvalidAction", XML, 400), id="invalid action"),
        pytest.param(reply(ERROR % b"InternalFailure", XML, 501), id="not implemented"),
        pytest.param(reply(b"<html>Not Implemented</html>", HTML, 501), id="page of a 501"),
    ],
)
async def test_an_endpoint_that_says_it_has_no_sts_leaves_the_account_unknown(sts: Behaviour) -> None:
    with serving(close, sts) as server:
        asking = partial(persistently, clock=Jumping(), draw=half, persistence=WHOSE)
        async with connect(endpoint_url=server.endpoint, session=session(), asking=asking) as (_, target):
            assert (target.account, target.caller) == ("000000000000", "")
        assert server.asked == 1


NO_ANSWER = [
    pytest.param(close, id="closed"),
    pytest.param(reset, id="reset"),
    pytest.param(cut_short, id="cut short"),
    pytest.param(reply(ERROR % b"Throttling", XML, 400), id="throttled"),
    pytest.param(reply(b"slow down", HTML, 429), id="throttled by a proxy"),
    pytest.param(reply(ERROR % b"InternalFailure", XML, 500), id="failed"),
    pytest.param(reply(b"<html>Bad Gateway</html>", HTML, 502), id="bad gateway"),
    pytest.param(reply(b"", b"", 503), id="unavailable"),
    pytest.param(reply(b"what?"), id="nonsense"),
]


@pytest.mark.parametrize("sts", NO_ANSWER)
async def test_no_answer_is_asked_again(sts: Behaviour) -> None:
    with serving(close, sts, sts, KNOWN) as server:
        asking = partial(persistently, clock=Jumping(), draw=half, persistence=WHOSE)
        async with connect(endpoint_url=server.endpoint, session=session(), asking=asking) as (_, target):
            assert target.account == "123456789012"
        assert server.asked == 3


@pytest.mark.parametrize("sts", NO_ANSWER)
async def test_what_never_answers_is_unreachable_and_no_account(sts: Behaviour) -> None:
    with serving(close, sts) as server:
        asking = partial(persistently, clock=Jumping(), draw=half, persistence=WHOSE)
        with pytest.raises(Unreachable, match="sts:GetCallerIdentity failed"):
            async with connect(endpoint_url=server.endpoint, session=session(), asking=asking):
                pass
        assert server.asked > 3


@pytest.mark.parametrize(("status", "body"), [(403, ERROR % b"AccessDenied"), (401, b"<html>"), (403, b"<html>")])
async def test_who_is_not_let_in_is_told_so(status: int, body: bytes) -> None:
    with serving(close, reply(body, XML, status)) as server, pytest.raises(Unreachable):
        async with connect(endpoint_url=server.endpoint, session=session()):
            pass


async def test_a_run_asks_again_by_itself(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN)
    with serving(close, close, KNOWN) as server:
        request = pipeline.Request(
            plans=(tmp_path / "plan.yaml",), endpoint_url=server.endpoint, session=session(), state="none"
        )
        async with opened(request) as run:
            assert run.target.account == "123456789012"
