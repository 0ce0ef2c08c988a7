"""What holds for all kinds: how they are listed, and that they only ever return data."""

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel

from orchestrator.kinds import KINDS, PARTS, ROOTS
from orchestrator.kinds.contract import Setting
from orchestrator.kinds.function import settings as function
from orchestrator.kinds.function.event_sources import settings as event_sources
from orchestrator.kinds.function.spec import EventSourceSpec, FunctionSpec
from orchestrator.kinds.table import indexes, replica_settings
from orchestrator.kinds.table import settings as table
from orchestrator.kinds.table.spec import IndexSpec, ReplicaSpec, TableSpec


def test_the_list_of_kinds() -> None:
    assert {section: list(parts) for section, parts in PARTS.items()} == {
        "tables": ["indexes", "replicas"],
        "functions": ["aliases", "permissions", "event_sources"],
    }
    assert set(KINDS) == {*ROOTS, *(part for parts in PARTS.values() for part in parts)}
    assert list(ROOTS) == ["tables", "functions"]
    assert all(KINDS[section] is root for section, root in ROOTS.items())
    for section, kind in KINDS.items():
        assert section == kind.SECTION
        assert "name" in kind.ATTRIBUTES or section in (*PARTS["functions"], "replicas")


def test_every_root_observes() -> None:
    assert all(inspect.iscoroutinefunction(root.observe) for root in ROOTS.values())


@dataclass(frozen=True)
class Rows:
    """The rows of a kind, and the fields of its spec that are none.

    `structure`: what the thing is called, what can't change, its parts, and how changes are made.
    """

    spec: type[BaseModel]
    by_name: Mapping[str, Setting[Any, Any]]
    structure: frozenset[str]

    @property
    def names(self) -> set[str]:
        return set(self.by_name)

    @property
    def rows(self) -> list[Setting[Any, Any]]:
        return [*self.by_name.values()]


HOW = frozenset({"prune", "timeouts", "gate", "after"})
KEYS = frozenset({"partition_key", "sort_key"})

SETTINGS = {
    "table": Rows(TableSpec, table.ROWS, HOW | KEYS | {"name", "indexes", "local_indexes", "replicas", "replace"}),
    "index": Rows(IndexSpec, indexes.ROWS, KEYS | {"projection", "replace", "gate"}),
    "replica": Rows(ReplicaSpec, replica_settings.ROWS, frozenset()),
    "function": Rows(FunctionSpec, function.ROWS, HOW | {"name", "publish", *PARTS["functions"]}),
    "event source": Rows(EventSourceSpec, event_sources.ROWS, frozenset({"source", "starting_position", "replace"})),
}
each = pytest.mark.parametrize("kind", SETTINGS.values(), ids=SETTINGS)


@each
def test_every_setting_has_its_row(kind: Rows) -> None:
    """A new field is a new row (architecture, rule 10)."""
    assert set(kind.spec.model_fields) == kind.names | kind.structure


@each
def test_no_field_is_two_of_these(kind: Rows) -> None:
    assert not kind.names & kind.structure


@each
def test_rows_stand_in_the_order_of_the_lane(kind: Rows) -> None:
    """Fact sheet 14.3."""
    assert [row.order for row in kind.rows] == sorted(row.order for row in kind.rows)


def durations(model: type[BaseModel]) -> set[str]:
    """The paths of all fields that are lengths of time, as the language's JSON Schema tells them."""
    schema = model.model_json_schema()

    def below(node: Any, path: tuple[str, ...]) -> Iterator[str]:
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rpartition("/")[2]]
        if str(node.get("pattern", "")).endswith("[smhd]$"):
            yield ".".join(path)
        for form in node.get("anyOf", ()):
            yield from below(form, path)
        for name, inner in node.get("properties", {}).items():
            yield from below(inner, (*path, name))

    return set(below(schema, ()))


@each
def test_rows_say_which_of_their_values_are_lengths_of_time(kind: Rows) -> None:
    """A preview shows them with their units. How long changes may take is no setting."""
    stated = {path for path in durations(kind.spec) if path.partition(".")[0] in kind.names}
    assert stated == {".".join(filter(None, (row.name, path))) for row in kind.rows for path in row.seconds}


def test_durations_are_found() -> None:
    assert {"timeout", "url.cors.max_age", "timeouts.create"} <= durations(FunctionSpec)


def test_an_environment_is_the_secret_of_a_function() -> None:
    assert {row.name: row.secret for kind in SETTINGS.values() for row in kind.rows if row.secret} == {
        "environment": {("lambda", "Environment")}
    }


def test_these_are_the_rows_of_all_kinds() -> None:
    listed = [row for kind in SETTINGS.values() for row in kind.rows]
    assert sorted(map(id, listed)) == sorted(id(row) for kind in KINDS.values() for row in kind.ROWS.values())
