"""docs/permissions.md grants what the code can send: every operation, and nothing else."""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from botocore.session import get_session

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
SENDERS = {
    "orchestrator/kinds/table": ("dynamodb", "application-autoscaling", "lambda"),
    "orchestrator/kinds/function": ("ecr", "lambda", "s3"),
    "orchestrator/kinds/kms.py": ("kms",),
    "orchestrator/kinds/tags.py": ("dynamodb", "lambda"),
    "orchestrator/kinds/task": ("dynamodb", "lambda"),
    "orchestrator/kinds/trail.py": ("cloudtrail",),
    "orchestrator/adapters/caller.py": ("sts",),
    "orchestrator/adapters/dynamodb_store.py": ("dynamodb",),
    "orchestrator/adapters/marks.py": ("dynamodb",),
    "orchestrator/engine/tasks": ("dynamodb",),
}
"""Where calls are made, and of which services. Who adds a place finds out by the first test."""
STORE = "orchestrator/adapters/dynamodb_store.py"
TRAIL = "orchestrator/kinds/trail.py"
"""Whose calls are no plan's."""
TASKS = ("orchestrator/kinds/task", "orchestrator/engine/tasks", "orchestrator/adapters/marks.py")
"""Whose calls are no kind's that is held against live state."""
NAMED_OTHERWISE = {
    "s3:HeadObject": "s3:GetObject",
    "dynamodb:TransactWriteItems": "dynamodb:PutItem",
    "lambda:Invoke": "lambda:InvokeFunction",
}
"""Operations that need the permission of another one."""
CHECKED_BY_AWS = {
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:CreateTableReplica",
    "dynamodb:DeleteItem",
    "dynamodb:DeleteTableReplica",
    "dynamodb:GetItem",
    "dynamodb:Scan",
    "dynamodb:UpdateItem",
    "iam:CreateServiceLinkedRole",
    "iam:PassRole",
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey*",
    "kms:ReEncrypt*",
    "lambda:GetLayerVersion",
    "lambda:ListTags",
    "s3:GetObjectVersion",
}
"""What nobody sends: AWS asks for it when it answers another call, or in place of it (of an object that is named by version)."""
UNGRANTED = {"sts:GetCallerIdentity"}
"""What needs no policy."""
READS = re.compile(r"[\w-]+:(Describe|Get|List|Lookup|Query|Decrypt)\w*")


@cache
def operations(service: str) -> frozenset[str]:
    return frozenset(get_session().get_service_model(service).operation_names)


def names(file: Path) -> Iterator[str]:
    """Every string that is the name of an operation of one of the services."""
    known = {name for services in SENDERS.values() for service in services for name in operations(service)}
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and node.value in known:
            yield str(node.value)


def files(place: str) -> list[Path]:
    path = ROOT / place
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def sent(*without: str) -> set[str]:
    """`service:Operation` of all that can be sent, but not by the places `without`."""
    places = {place: services for place, services in SENDERS.items() if place not in without}
    found = {(name, services) for place, services in places.items() for file in files(place) for name in names(file)}
    apis = {f"{service}:{name}" for name, services in found for service in services if name in operations(service)}
    return {NAMED_OTHERWISE.get(api, api) for api in apis}


def policies() -> list[dict[str, Any]]:
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


def granted(policy: dict[str, Any]) -> set[str]:
    return {action for statement in policy["Statement"] for action in statement["Action"]}


def test_no_other_place_names_an_operation() -> None:
    known = {file for place in SENDERS for file in files(place)}
    others = {file for place in ("orchestrator/kinds", "orchestrator/adapters") for file in files(place)} - known
    assert {(file.name, name) for file in others for name in names(file)} == set()


def test_the_policies_grant_what_can_be_sent_and_nothing_else() -> None:
    assert set().union(*map(granted, policies())) == (sent() - UNGRANTED) | CHECKED_BY_AWS


def test_the_first_policy_only_reads() -> None:
    reads, changes, _ = policies()
    assert all(READS.fullmatch(action) for action in granted(reads))
    assert granted(reads) & granted(changes) <= CHECKED_BY_AWS


def test_every_action_is_explained_and_no_other_is_named() -> None:
    prose = re.sub(r"```json.*?```", "", PAGE, flags=re.DOTALL)
    assert set(re.findall(r"`([a-z0-9-]+:[A-Z]\w+\*?)`", prose)) == sent() | CHECKED_BY_AWS


def test_every_statement_can_be_copied() -> None:
    for policy in policies():
        assert policy["Version"] == "2012-10-17"
        for statement in policy["Statement"]:
            assert statement["Effect"] == "Allow"
            assert statement["Resource"]
            assert statement["Sid"].isalnum()
