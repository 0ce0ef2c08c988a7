"""Encryption at rest: which names of a KMS key mean the same key.

DescribeTable gives the key's ARN, the plan may hold an alias, a key id or `aws_managed`; only kms:DescribeKey tells that
they are the same (fact sheet 14.2, rule 12). In the plan's words: `aws_owned`, `aws_managed`, `{kms_key: …}`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.kinds.contract import About, Move, Setting, plain
from orchestrator.kinds.table import lanes
from orchestrator.kinds.table.aspects import KMS
from orchestrator.kinds.table.lanes import Place
from orchestrator.kinds.table.live import TableLive, Unresolved
from orchestrator.kinds.table.spec import TableSpec
from orchestrator.kinds.table.subjects import Table
from orchestrator.model import Change, Finding, Text

AWS_OWNED, AWS_MANAGED = "aws_owned", "aws_managed"
MANAGED_KEY = "alias/aws/dynamodb"
"""The key of `aws_managed`: one per account and region."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The live key's ARN (None: AWS-owned) and the other names that are known to mean it."""

    key: str | None
    names: frozenset[str] = frozenset()


def wanted(spec: TableSpec) -> Any:
    if spec.encryption is None:
        return None
    return {"kms_key": spec.encryption.kms_key} if spec.encryption.kind == "kms" else spec.encryption.kind


def live(table: TableLive) -> Seen:
    key = table.encryption.key
    return Seen(key, frozenset(name for name, arn in table.kms_keys.items() if key is not None and arn == key))


def same(seen: Seen, wanted: Any) -> bool:
    if wanted == AWS_OWNED:
        return seen.key is None
    return _name(wanted) in {seen.key, *seen.names}


def part(seen: Seen, wanted: Any) -> tuple[Any, Any]:
    return (AWS_OWNED if seen.key is None else {"kms_key": seen.key}), wanted


def create(wanted: Any) -> Mapping[str, Any]:
    """The AWS-owned key is what a table has when nothing is said."""
    return {} if wanted == AWS_OWNED else {"SSESpecification": _specification(wanted)}


def moves(before: Any, after: Any, subject: Table) -> Sequence[Move]:
    call = lanes.call(subject.name, "UpdateTable", SSESpecification=_specification(after))
    return [Move(f"encrypt with {_title(after)}", call, before, after, deadline=lanes.ENCRYPT)]


def reads(spec: TableSpec, _: str = "") -> frozenset[str]:
    """The key that kms:DescribeKey must tell about before it can be compared.

    A key's own ARN is compared as it stands. A hidden name is not asked for: what is read is shown.
    """
    if spec.encryption is None or spec.encryption.kind == AWS_OWNED:
        return frozenset()
    name = MANAGED_KEY if spec.encryption.kind == AWS_MANAGED else spec.encryption.kms_key
    return frozenset({f"{KMS}:{name}"} if isinstance(name, str) and not _is_key_arn(name) else ())


def hazards(change: Change, subject: Table) -> Sequence[Finding]:
    """An error where nobody can tell whether the live key is the one that the plan names."""
    table, stated = subject.seen, change.after
    if stated == AWS_OWNED or table.encryption.key is None:
        return []
    name = _name(stated)
    if isinstance(name, str) and (_is_key_arn(name) or isinstance(table.kms_keys.get(name), str)):
        return []
    answer = table.kms_keys.get(name) if isinstance(name, str) else None
    because = f": kms:DescribeKey answered {answer.code}" if isinstance(answer, Unresolved) else ""
    return [
        Finding(
            "error",
            "kms-key-unresolved",
            f"Whether {subject.ref} is already encrypted with {_title(stated)} can't be told{because}.",
            "Allow kms:DescribeKey on that key, or write the key's own ARN "
            "(`kms_key: arn:aws:kms:REGION:ACCOUNT:key/ID`).",
        )
    ]


def _specification(wanted: Any) -> Mapping[str, Any]:
    if wanted == AWS_OWNED:
        return {"Enabled": False}
    key = {} if wanted == AWS_MANAGED else {"KMSMasterKeyId": wanted["kms_key"]}
    return {"Enabled": True, "SSEType": "KMS", **key}


def _name(wanted: Any) -> str | Text:
    name: str | Text = MANAGED_KEY if wanted == AWS_MANAGED else plain(wanted["kms_key"])
    return name


def _is_key_arn(name: str) -> bool:
    return name.startswith("arn:") and ":key/" in name


def _title(wanted: Any) -> str:
    if isinstance(wanted, str):
        return {AWS_OWNED: "the AWS-owned key", AWS_MANAGED: "the AWS-managed key"}[wanted]
    key = wanted["kms_key"]
    return f"KMS key {key}" if isinstance(key, str) else "the stated KMS key"


ROW: Setting[TableSpec, TableLive] = Setting(
    "encryption",
    Place.ENCRYPTION,
    wanted,
    live,
    moves,
    create,
    kept=lambda table: {"kms_key": table.encryption.key} if table.encryption.key else None,
    same=same,
    part=part,
    reads=reads,
    hazards=hazards,
    about=About(
        ("dynamodb:CreateTable", "dynamodb:UpdateTable"),
        "SSEDescription tells the key and ENABLED, or is gone for the AWS-owned key.",
        "A key that can't be told from the live one; more than four changes in 24 hours, by AWS.",
    ),
)
