"""What holds for all kinds: how they are listed, and that they only ever return data."""

import ast
import inspect
from pathlib import Path

import pytest
from pydantic import BaseModel

import orchestrator.kinds
from orchestrator.kinds import KINDS, ROOTS
from orchestrator.kinds.fields import NotYet
from orchestrator.kinds.table.settings import ROWS
from orchestrator.kinds.table.spec import IndexSpec, TableSpec

FOLDER = Path(orchestrator.kinds.__file__).parent
MODULES = sorted(FOLDER.rglob("*.py"))


def test_the_list_of_kinds() -> None:
    assert list(KINDS) == ["tables", "indexes", "functions", "aliases"]
    assert list(ROOTS) == ["tables", "functions"]
    assert all(KINDS[section] is root for section, root in ROOTS.items())
    for section, kind in KINDS.items():
        assert section == kind.SECTION
        assert "name" in kind.ATTRIBUTES or section == "aliases"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_only_observing_is_async(module: Path) -> None:
    """Mutation is data: nothing in a kind can wait, but `observe` and what it awaits beside itself (architecture, rule 1)."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    found = {node.name for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)}
    assert {name for name in found if not name.startswith("_")} <= {"observe"}
    if found:
        assert module.name in ("observation.py", "contract.py")


def test_every_root_observes() -> None:
    assert all(inspect.iscoroutinefunction(root.observe) for root in ROOTS.values())


STRUCTURE = {
    "name",
    "partition_key",
    "sort_key",
    "indexes",
    "local_indexes",
    "prune",
    "replace",
    "timeouts",
    "gate",
    "after",
}
"""Fields of a table that are not settings: what it is called, what can't change, its parts, and how changes are made."""


def test_every_setting_of_a_table_has_its_row() -> None:
    """A new field is a new row, or a later release's (architecture, rule 10)."""
    assert set(TableSpec.model_fields) - {row.name for row in ROWS} - STRUCTURE - later(TableSpec) == set()


def test_every_setting_of_an_index_is_known() -> None:
    structure = {"partition_key", "sort_key", "projection", "billing", "replace", "gate"}
    assert set(IndexSpec.model_fields) - structure - later(IndexSpec) == set()


def later(model: type[BaseModel]) -> set[str]:
    """The fields that are refused as not supported yet, whatever their value."""
    always = NotYet().when
    return {
        name
        for name, field in model.model_fields.items()
        if any(isinstance(mark, NotYet) and mark.when is always for mark in field.metadata)
    }


def test_later_finds_the_marks() -> None:
    assert {"autoscaling", "replicas", "warm_throughput"} <= later(TableSpec)
    assert not later(TableSpec) & {row.name for row in ROWS}


def test_rows_stand_in_the_order_of_the_lane() -> None:
    """Fact sheet 14.3."""
    assert [row.order for row in ROWS] == sorted(row.order for row in ROWS)
