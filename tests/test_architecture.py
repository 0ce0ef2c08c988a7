"""What docs/architecture.md says of the code as a whole and what no other tool checks."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "orchestrator"
NAMELESS = {"utils", "util", "common", "helpers", "helper", "base", "manager", "types", "misc"}
"""Names that say nothing of what a module is for."""


def _asks(file: Path) -> bool:
    """Whether anything in the file waits."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return any(
        isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith) for node in ast.walk(tree)
    )


def test_in_a_kind_only_observing_is_async() -> None:
    """Rule 1: whatever else a kind does is a pure function of what was seen."""
    found = {
        file.relative_to(PACKAGE / "kinds").as_posix() for file in (PACKAGE / "kinds").rglob("*.py") if _asks(file)
    }
    assert found == {"contract.py", "observation.py", "function/observation.py", "table/observation.py"}


def test_every_module_is_named_after_what_it_is_for() -> None:
    places = {part for file in PACKAGE.rglob("*.py") for part in file.relative_to(PACKAGE).with_suffix("").parts}
    assert places & NAMELESS == set()


@pytest.mark.parametrize("root", ["table", "function"])
def test_the_map_of_a_root_names_each_of_its_modules(root: str) -> None:
    """In the docstring of its package, at the beginning of a line or column, or quoted."""
    folder = PACKAGE / "kinds" / root
    page = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) or ""
    modules = {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    named = set(re.findall(r"(?:^|  |`|, )(\w+)", page, re.MULTILINE))
    assert modules - named == {"__init__"}
