"""Encryption at rest, in the plan's words: `aws_owned`, `aws_managed`, `{kms_key: …}` (`kinds/kms.py` compares keys)."""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.kinds import kms
from orchestrator.kinds.comparison import plain
from orchestrator.kinds.contract import About, Move, Setting
from orchestrator.kinds.table import lanes
from orchestrator.kinds.table.lanes import Place
from orchestrator.kinds.table.live import TableLive
from orchestrator.kinds.table.spec import TableSpec
from orchestrator.kinds.table.subjects import Table
from orchestrator.model import Change, Finding, Text

FIELD = "encryption"
AWS_OWNED, AWS_MANAGED = "aws_owned", "aws_managed"
MANAGED_KEY = "alias/aws/dynamodb"
"""The key of `aws_managed`: one per account and region."""


def wanted(spec: TableSpec) -> Any:
    if spec.encryption is None:
        return None
    return {"kms_key": spec.encryption.kms_key} if spec.encryption.kind == "kms" else spec.encryption.kind


def live(table: TableLive) -> kms.LiveKey:
    return kms.LiveKey.of(table.encryption.key, table.kms_keys)


def same(seen: kms.LiveKey, wanted: Any) -> bool:
    return seen.key is None if wanted == AWS_OWNED else seen.means(_name(wanted))


def part(seen: kms.LiveKey, wanted: Any) -> tuple[Any, Any]:
    return (AWS_OWNED if seen.key is None else {"kms_key": seen.key}), wanted


def create(wanted: Any) -> Mapping[str, Any]:
    """The AWS-owned key is what a table has when nothing is said."""
    return {} if wanted == AWS_OWNED else {"SSESpecification": _specification(wanted)}


def moves(before: Any, after: Any, subject: Table) -> Sequence[Move]:
    call = lanes.call(subject.name, "UpdateTable", SSESpecification=_specification(after))
    return [Move(f"encrypt with {_title(after)}", call, before, after, deadline=lanes.ENCRYPT)]


def reads(spec: TableSpec, _: str = "") -> frozenset[str]:
    if spec.encryption is None or spec.encryption.kind == AWS_OWNED:
        return frozenset()
    name = MANAGED_KEY if spec.encryption.kind == AWS_MANAGED else spec.encryption.kms_key
    return kms.reads(name)


def hazards(change: Change, subject: Table) -> Sequence[Finding]:
    """The AWS-owned key is told by itself: from that any other differs."""
    if change.after == AWS_OWNED or subject.seen.encryption.key is None:
        return ()
    return kms.unresolved(subject.ref, _name(change.after), _title(change.after), subject.seen.kms_keys)


def _specification(wanted: Any) -> Mapping[str, Any]:
    if wanted == AWS_OWNED:
        return {"Enabled": False}
    key = {} if wanted == AWS_MANAGED else {"KMSMasterKeyId": wanted["kms_key"]}
    return {"Enabled": True, "SSEType": "KMS", **key}


def _name(wanted: Any) -> str | Text:
    name: str | Text = MANAGED_KEY if wanted == AWS_MANAGED else plain(wanted["kms_key"])
    return name


def _title(wanted: Any) -> str:
    if isinstance(wanted, str):
        return {AWS_OWNED: "the AWS-owned key", AWS_MANAGED: "the AWS-managed key"}[wanted]
    return kms.title(wanted["kms_key"])


ROW: Setting[TableSpec, TableLive] = Setting(
    FIELD,
    Place.ENCRYPTION,
    wanted,
    live,
    moves,
    create,
    kept=lambda _, table: {"kms_key": table.encryption.key} if table.encryption.key else None,
    equal=same,
    part=part,
    reads=reads,
    hazards=hazards,
    about=About(
        ("dynamodb:CreateTable", "dynamodb:UpdateTable"),
        "SSEDescription tells the key and ENABLED, or is gone for the AWS-owned key.",
        "A key that can't be told from the live one; more than four changes in 24 hours, by AWS: it is left to a later run.",
    ),
)
