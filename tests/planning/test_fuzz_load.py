"""A right plan with one value of another sort at every path in turn: only InvalidPlan, at the right place, in words."""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from orchestrator.errors import InvalidPlan
from orchestrator.planning.load import load, read
from orchestrator.planning.nodes import plain
from orchestrator.planning.schema import schema
from orchestrator.planning.yaml_nodes import compose

EVERYTHING = (Path(__file__).parent / "everything.yaml").read_text(encoding="utf-8")
JARGON = re.compile(r"pydantic|Input should|\bdict\b|\btuple\b|\bint\b|\bstr\b|NoneType|Decimal|«|Traceback|validation")
WRONG: tuple[Any, ...] = (True, -1, "?", "absent", "${", [[]], {"?": {}})


def document() -> Any:
    root, problems = compose(EVERYTHING.encode(), "everything.yaml")
    assert root is not None
    assert not problems
    return plain(root)


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every path below `value`."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield (*path, key)
        yield from paths(inner, (*path, key))


PATHS = list(paths(document()))


def changed(path: tuple[str | int, ...], value: Any) -> Any:
    found = copy.deepcopy(document())
    holder = found
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return found


def test_everything_fits_the_json_schema() -> None:
    whole = json.loads(json.dumps(document(), default=float))
    assert [error.message for error in jsonschema.Draft202012Validator(schema()).iter_errors(whole)] == []


def test_everything_is_known_and_only_later_parts_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(EVERYTHING, encoding="utf-8")
    with pytest.raises(InvalidPlan) as caught:
        load(read([file]))
    assert {problem.code for problem in caught.value.problems} == {"not-supported-yet"}


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_any_sort_of_value_at_every_path(wrong: Any, tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    for path in PATHS:
        file.write_text(json.dumps(changed(path, wrong), default=float), encoding="utf-8")
        try:
            load(read([file]))
        except InvalidPlan as error:
            for problem in error.problems:
                said = f"{problem.message} {problem.action}"
                assert problem.line, (path, problem)
                assert problem.column, (path, problem)
                assert problem.action, (path, problem)
                assert not JARGON.search(re.sub("`[^`]*`", "", said)), (path, problem)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: ".".join(map(str, path)))
def test_null_at_every_path_is_told_for_that_path(path: tuple[str | int, ...], tmp_path: Path) -> None:
    """Free-form data (items, payloads, policies) may hold null, settings may not."""
    file = tmp_path / "plan.yaml"
    file.write_text(json.dumps(changed(path, None), default=float), encoding="utf-8")
    with pytest.raises(InvalidPlan) as caught:
        load(read([file]))
    free = {"item", "items", "payload", "key", "set", "values", "resource_policy", "filter", "add"}
    if not free & set(path[:-1]):
        told = [
            problem for problem in caught.value.problems if "null" in problem.message or "missing" in problem.message
        ]
        assert told or path[-1] == "plan"
