"""Which table a request is about: by name or by ARN, and whether that is a legal name."""

import re
from collections.abc import Mapping
from typing import Any

from orchestrator.sandbox.rules.dynamodb import refusals
from orchestrator.sandbox.rules.dynamodb.records import Record, Records
from orchestrator.sandbox.rules.ground import Ground
from orchestrator.sandbox.rules.refusal import Refusal

_PATTERN = "[a-zA-Z0-9_.-]+"
_ONLY_TABLES = "Invalid resource arn provided, only table or stream is accepted. Provided resource arn: {}"


def check_name(name: str, member: str) -> None:
    """3 to 255 of letters, digits, `_`, `-`, `.` (fact sheet 4.2); `member` is how AWS calls the parameter."""
    head = f"1 validation error detected: Value '{name}' at '{member}' failed to satisfy constraint: Member must "
    if not re.fullmatch(_PATTERN, name):
        raise refusals.invalid(f"{head}satisfy regular expression pattern: {_PATTERN}")
    if len(name) < 3:
        raise refusals.invalid(f"{head}have length greater than or equal to 3")
    if len(name) > 255:
        raise refusals.invalid(f"{head}have length less than or equal to 255")


def table_name(ground: Ground, parameters: Mapping[str, Any]) -> str:
    """`TableName`, which may be an ARN (fact sheet 4.2), as a checked name."""
    given = str(parameters.get("TableName", ""))
    name = named_by_arn(ground, given) if given.startswith("arn:") else given
    check_name(name, "tableName")
    return name


def existing(records: Records, parameters: Mapping[str, Any], now: float) -> Record:
    """The table that `TableName` names, as the control plane knows it. Raises where there is none."""
    name = table_name(records.ground, parameters)
    record = records.get(name, now)
    if record is None:
        raise refusals.table_missing(name)
    return record


def named_by_arn(ground: Ground, arn: str) -> str:
    """The table that an ARN names; it must be of this account and region, and the table's own."""
    table, below = _parts(ground, arn)
    if below is not None:
        raise refusals.invalid_values(_ONLY_TABLES.format(arn))
    return table


def of_table_or_stream(ground: Ground, arn: str) -> tuple[str, str | None]:
    """The table that an ARN names, and the label where it is that of a stream; it must be of this account and region."""
    table, below = _parts(ground, arn)
    if below is None:
        return table, None
    if not below.startswith("/stream/"):
        raise refusals.invalid_values(_ONLY_TABLES.format(arn))
    return table, below.removeprefix("/stream/")


def _parts(ground: Ground, arn: str) -> tuple[str, str | None]:
    """The table's name, and what the ARN has below it."""
    if not arn.startswith("arn:"):
        raise refusals.invalid_values(f"ARNs must start with 'arn:': {arn}")
    named = re.fullmatch(r"arn:[a-z-]+:dynamodb:([a-z0-9-]+):([0-9]{12}):table/([^/]+)(/.+)?", arn)
    if named is None:
        raise refusals.invalid_values(f"Provided Arn is not a DynamoDB resource arn: {arn}")
    region, account, table, below = named.groups()
    if region != ground.region:
        raise refusals.invalid(f"Invalid TableArn: Invalid ResourceArn provided as input {arn}")
    if account != ground.account:
        raise Refusal("AccessDeniedException", "Access is denied")
    return table, below
