"""What the service's own model of Lambda refuses for its form is an error of the plan, and what it just takes is sent."""

import json
from pathlib import Path

import pytest

from orchestrator.errors import InvalidPlan
from tests.end_to_end.attachments import ROLE, plan, settled, started
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

STREAM = "event_sources: {o: {source: '${tables.orders.stream_arn}', starting_position: latest, %s}}"
ZIP = "code: {directory: code}"
QUEUE = "arn:aws:sqs:%s:123456789012:%s"


def cors(**members: object) -> str:
    return f"url: {{auth: aws_iam, cors: {json.dumps(members)}}}"


REFUSED = {
    "a method of seven letters": (cors(allow_methods=["GET", "OPTIONS"]), "allow_methods"),
    "seven methods": (cors(allow_methods=["GET", "PUT", "HEAD", "POST", "PATCH", "DELETE", "*"]), "allow_methods"),
    "an empty origin": (cors(allow_origins=[""]), "allow_origins"),
    "a long origin": (cors(allow_origins=["o" * 254]), "allow_origins"),
    "many origins": (cors(allow_origins=[f"https://{number}" for number in range(101)]), "allow_origins"),
    "many headers": (cors(allow_headers=[f"x-{number}" for number in range(101)]), "allow_headers"),
    "a long header": (cors(expose_headers=["x" * 1025]), "expose_headers"),
    "a long filter": (STREAM % f"filter: [{{a: ['{'x' * 4096}']}}]", "filter"),
    "a long destination": (STREAM % f"on_failure: '{QUEUE % ('eu-west-1', 'q' * 320)}'", "on_failure"),
    "a destination nowhere": (STREAM % f"on_failure: '{QUEUE % ('zz', 'q')}'", "on_failure"),
    "an async destination nowhere": (f"async_invoke: {{on_failure: '{QUEUE % ('zz-1', 'q')}'}}", "on_failure"),
    "a caller nowhere": (f"permissions: {{p: {{principal: '*', source_arn: '{QUEUE % ('zz', 'q')}'}}}}", "source_arn"),
    "a source nowhere": (f"event_sources: {{o: {{source: '{QUEUE % ('eu', 'q')}'}}}}", "source"),
    "a long layer": (f"layers: ['arn:aws:lambda:eu-west-1:123456789012:layer:{'l' * 100}:1']", "layers"),
}
CODES = {
    "a bucket of one letter": ({"s3": {"bucket": "b", "key": "k"}}, "bucket"),
    "a bucket with a dot at its end": ({"s3": {"bucket": "code.", "key": "k"}}, "bucket"),
    "a long key": ({"s3": {"bucket": "code", "key": "k" * 1025}}, "key"),
    "a long version": ({"s3": {"bucket": "code", "key": "k", "version": "v" * 1025}}, "version"),
    "a repository of one letter": ({"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/x:1"}, "image"),
    "a repository with two slashes": ({"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/x//y:1"}, "image"),
}


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return started(tmp_path)


def refused(aws: VirtualAws, text: str, key: str) -> None:
    with pytest.raises(InvalidPlan) as found:
        aws.opened(text)
    assert [problem for problem in found.value.problems if key in problem.message], found.value.problems


@pytest.mark.parametrize(("line", "key"), REFUSED.values(), ids=REFUSED.keys())
def test_it_is_an_error_of_the_plan(aws: VirtualAws, line: str, key: str) -> None:
    refused(aws, plan(line), key)


@pytest.mark.parametrize(("code", "key"), CODES.values(), ids=CODES.keys())
def test_so_it_is_of_code(aws: VirtualAws, code: object, key: str) -> None:
    refused(aws, json.dumps({"plan": "api", "functions": {"api": {"role": ROLE, "code": code}}}), key)


async def test_what_is_just_taken_is_sent(aws: VirtualAws) -> None:
    origins, methods = [f"https://{number}" for number in range(99)] + ["o" * 253], ["GET", "DELETE", "*"]
    await settled(
        aws,
        plan(
            cors(allow_origins=origins, allow_methods=methods, allow_headers=["x" * 1024]),
            STREAM % f"filter: [{{a: ['{'x' * 4086}']}}], on_failure: '{QUEUE % ('us-gov-west-1', 'q')}'",
            f"layers: ['arn:aws:lambda:eu-west-1:123456789012:layer:{'l' * 94}:1']",
        ),
    )
