"""TagResource, UntagResource, ListTagsOfResource: what holds shows only after a while (fact sheet, section 3 and 15.14)."""

from collections.abc import Iterable, Mapping
from typing import Any

from orchestrator.sandbox.rules.dynamodb import names, refusals
from orchestrator.sandbox.rules.dynamodb.records import Record, Records

MOST = 50


def checked(given: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Tags as a mapping; raises where a key is AWS's own, or there are too many (length limits are the model's)."""
    wanted = {tag["Key"]: tag["Value"] for tag in given}
    _check_keys(wanted)
    _check_count(wanted)
    return wanted


def tag(records: Records, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    record = _record(records, parameters, now)
    _check_free(record)
    added = checked(parameters["Tags"])
    wanted = {**record.tags.holds, **added}
    _check_count(wanted)
    record.retag(wanted, records.ground, now)
    return {}


def untag(records: Records, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    record = _record(records, parameters, now)
    _check_free(record)
    gone = set(parameters["TagKeys"])
    _check_keys(gone)
    left = {key: value for key, value in record.tags.holds.items() if key not in gone}
    record.retag(left, records.ground, now)
    return {}


def listed(records: Records, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    record = _record(records, parameters, now)
    return {"Tags": [{"Key": key, "Value": value} for key, value in sorted(record.tags.seen(now).items())]}


def _record(records: Records, parameters: Mapping[str, Any], now: float) -> Record:
    arn = str(parameters["ResourceArn"])
    record = records.get(names.named_by_arn(records.ground, arn), now)
    if record is None:
        raise refusals.resource_missing(arn)
    return record


def _check_free(record: Record) -> None:
    """While the table moves AWS accepts mostly, refuses sometimes (fact sheet 1.4): the rules refuse."""
    if record.table.status != "ACTIVE":
        raise refusals.table_moving(record.table.name, record.table.status)


def _check_keys(keys: Iterable[str]) -> None:
    for key in keys:
        if key.lower().startswith("aws:"):
            raise refusals.invalid(f"Tag Key cannot be prefixed with aws:, Key: {key}")


def _check_count(wanted: Mapping[str, str]) -> None:
    if len(wanted) > MOST:
        raise refusals.invalid("Number of Tags exceed the current limit for the provided ResourceArn")
