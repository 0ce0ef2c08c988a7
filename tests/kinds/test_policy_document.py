"""Which policies mean the same, and the JSON that is sent for one with values that are known later or hidden."""

import json
from typing import Any

import pytest

from orchestrator.kinds import policy_document
from orchestrator.kinds.json_text import json_text
from orchestrator.model import FromLive, Ref, Text, hide

READER: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"AWS": "123456789012"},
    "Action": "dynamodb:GetItem",
    "Resource": "*",
}
WRITER: dict[str, Any] = {**READER, "Action": ["dynamodb:PutItem", "dynamodb:DeleteItem"]}
ARN = FromLive(Ref("demo", ("functions", "api")), "arn")


def policy(*statements: Any, **more: Any) -> Any:
    return {"Version": "2012-10-17", "Statement": [*statements], **more}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (policy(READER), {"Statement": READER, "Version": "2012-10-17"}),
        (policy(READER, WRITER), policy(WRITER, READER)),
        (policy(WRITER), policy({**WRITER, "Action": WRITER["Action"][::-1]})),
        (policy(READER), policy({**READER, "Action": ["dynamodb:getitem"], "Resource": ["*"]})),
        (policy(READER), policy({**READER, "Principal": {"AWS": ["arn:aws:iam::123456789012:root", "123456789012"]}})),
        (policy(READER), policy({**READER, "Principal": {"AWS": "arn:aws-cn:iam::123456789012:root"}})),
        (policy({**READER, "Principal": "*"}), policy({**READER, "Principal": {"AWS": "*"}})),
        (policy(READER), policy({**READER, "Effect": "allow"})),
        ({"Statement": [READER]}, {"Version": "2008-10-17", "Statement": [READER]}),
        (
            policy({**READER, "Condition": {"Bool": {"aws:SecureTransport": True}, "NumericLessThan": {"n": [5]}}}),
            policy({**READER, "Condition": {"NumericLessThan": {"n": "5"}, "Bool": {"aws:SecureTransport": ["true"]}}}),
        ),
        (policy({**READER, "Sid": hide("a")}), policy({**READER, "Sid": "a"})),
    ],
)
def test_what_means_the_same(one: Any, other: Any) -> None:
    assert policy_document.same(one, other)
    assert policy_document.same(other, one)


@pytest.mark.parametrize(
    "other",
    [
        policy(READER, WRITER),
        policy({**READER, "Effect": "Deny"}),
        policy({**READER, "Principal": {"AWS": "210987654321"}}),
        policy({**READER, "Principal": {"AWS": "arn:aws:iam::123456789012:role/root"}}),
        policy({**READER, "Principal": {"Service": "123456789012"}}),
        policy({**READER, "Resource": "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"}),
        policy({**READER, "Action": "dynamodb:Query"}),
        policy({**READER, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}),
        policy({**READER, "Sid": Text((ARN,))}),
        policy(READER, Id="other"),
        {"Statement": [READER]},
        "off",
    ],
)
def test_what_does_not(other: Any) -> None:
    assert not policy_document.same(policy(READER), other)
    assert not policy_document.same(other, policy(READER))


def test_a_document_is_sent_without_white_space() -> None:
    text = json_text(policy({**READER, "Condition": {"Bool": {"b": True}, "Numeric": {"n": [1, 2.5, None]}}}))
    assert isinstance(text, str)
    assert " " not in text
    assert json.loads(text) == policy({**READER, "Condition": {"Bool": {"b": True}, "Numeric": {"n": [1, 2.5, None]}}})


def test_what_is_known_later_is_put_in_then() -> None:
    text = json_text(policy({**READER, "Principal": {"AWS": Text((ARN, "/x"))}}))
    assert isinstance(text, Text)
    assert text.unknown == (ARN,)
    assert not text.hidden
    known = text.resolved(lambda _: "arn:aws:lambda:eu-west-1:123456789012:function:api")
    assert json.loads(str(known))["Statement"][0]["Principal"] == {
        "AWS": "arn:aws:lambda:eu-west-1:123456789012:function:api/x"
    }


def test_one_secret_hides_the_whole_text_and_is_escaped_in_it() -> None:
    text = json_text(policy({**READER, "Sid": hide('a"b\\')}))
    assert isinstance(text, Text)
    assert text.hidden
    assert 'a\\"b' not in repr(text)
    assert json.loads(text.reveal())["Statement"][0]["Sid"] == 'a"b\\'
