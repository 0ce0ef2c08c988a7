"""The tables that a request is about, and whether items of theirs can be reached now (fact sheet 6.1)."""

from dataclasses import dataclass

from orchestrator.sandbox.rules.dynamodb import names, refusals
from orchestrator.sandbox.rules.dynamodb.items.shelf import Shelf
from orchestrator.sandbox.rules.dynamodb.records import Records
from orchestrator.sandbox.rules.dynamodb.state import Table


@dataclass(frozen=True, slots=True)
class Shelved:
    """A table as it is now, with its items."""

    table: Table
    shelf: Shelf


def found(records: Records, name: str, now: float) -> Shelved:
    """CREATING is answered like absent; UPDATING works; DELETING may work until the table is gone."""
    record = records.get(names.table_name(records.ground, {"TableName": name}), now)
    if record is None or record.table.status == "CREATING":
        raise refusals.data_missing(in_transition=record is not None)
    return Shelved(record.table, record.items)
