"""Whatever a file, a variable file or a variable holds: a plan, or InvalidPlan with problems that a person can use.

A right plan has a value of another sort at every path in turn; the rest is drawn by chance.
What the fuzzers found, and what was hard to get right, is kept in corpus/ and read on every run.
"""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.errors import InvalidPlan, Problem
from orchestrator.kinds.fields import Node
from orchestrator.planning.document import Document
from orchestrator.planning.load import Inputs, load, read
from orchestrator.planning.nodes import plain
from orchestrator.planning.yaml_nodes import LOADER, compose

HERE = Path(__file__).parent
CORPUS = sorted((HERE / "corpus").iterdir())
SEEDS = [path.read_text(encoding="utf-8") for path in sorted((HERE.parent.parent / "plans").glob("*.yaml"))]
JARGON = re.compile(
    r"Input should|pydantic|\b(dict|tuple|int|str|NoneType|Decimal)\b|literal\[|function-|is-instance|«|»|Traceback|\bMark\."
    "|validation"
)
EVERYTHING = ("everything", "in-tasks", "in-stages")
WRONG: tuple[Any, ...] = (True, -1, "?", "absent", "${", [[]], {"?": {}})
FUZZ = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def problems_of(file: Path, inputs: Inputs | None = None) -> Sequence[Problem]:
    """What is wrong with a plan file; nothing else than InvalidPlan may come out of loading."""
    try:
        load(read([file]), inputs)
    except InvalidPlan as error:
        return error.problems
    return ()


def check(data: bytes, folder: Path, inputs: Inputs | None = None, name: str = "plan.yaml") -> Sequence[Problem]:
    """Load `data`; problems must be presentable."""
    file = folder / name
    file.write_bytes(data)
    lines = data.count(b"\n") + data.count(b"\r") + 1
    found = problems_of(file, inputs)
    for problem in found:
        assert problem.code
        assert problem.message.rstrip().endswith((".", "?"))
        assert problem.action
        said = f"{problem.message} {problem.action}"
        assert said.isprintable()
        ours = re.sub("`[^`]*`", "", said.replace(problem.subject or "\0", ""))  # a path is the plan's own words
        assert not JARGON.search(ours), problem
        assert problem.file is None or (problem.line is not None and 1 <= problem.line <= lines + 1)
        assert problem.file is None or problem.column
    return found


# ------------------------------------------------------------------------------------------------------------ the corpus


@pytest.mark.parametrize("case", CORPUS, ids=lambda path: path.stem)
def test_a_kept_finding_is_refused_in_words(case: Path, tmp_path: Path) -> None:
    check(case.read_bytes(), tmp_path)
    with pytest.raises(InvalidPlan):
        load(read([case]))


@pytest.mark.parametrize("loader", [LOADER, yaml.SafeLoader], ids=["libyaml", "pure"])
@pytest.mark.parametrize("case", CORPUS, ids=lambda path: path.stem)
def test_both_parsers_survive_a_kept_finding(case: Path, loader: Any) -> None:
    compose(case.read_bytes(), case.name, loader)


# ------------------------------------------------------------------------------------------------------ at every path


def whole(name: str) -> Any:
    """One of the plans that have every key of the language together."""
    root, problems = compose((HERE / f"{name}.yaml").read_bytes(), f"{name}.yaml")
    assert root is not None
    assert not problems
    return plain(root)


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every path below `value`."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield (*path, key)
        yield from paths(inner, (*path, key))


PATHS = [(name, path) for name in EVERYTHING for path in paths(whole(name))]


def changed(name: str, path: tuple[str | int, ...], value: Any) -> bytes:
    found = whole(name)
    holder = found
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return json.dumps(found, default=float).encode()


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_any_sort_of_value_at_every_path(wrong: Any, tmp_path: Path) -> None:
    for name, path in PATHS:
        assert all(problem.file for problem in check(changed(name, path, wrong), tmp_path)), path


@pytest.mark.parametrize(
    ("name", "path"), PATHS, ids=lambda each: each if isinstance(each, str) else ".".join(map(str, each))
)
def test_null_at_every_path_is_told_for_that_path(name: str, path: tuple[str | int, ...], tmp_path: Path) -> None:
    """Free-form data (items, payloads, policies) may hold null, settings may not."""
    free = {"item", "items", "payload", "key", "set", "values", "resource_policy", "filter", "add"}
    found = check(changed(name, path, None), tmp_path)
    if not free & set(path[:-1]):
        told = [problem for problem in found if "null" in problem.message or "missing" in problem.message]
        assert told or path[-1] == "plan"


# ------------------------------------------------------------------------------------------------------------ raw bytes


@FUZZ
@given(data=st.binary(max_size=300))
def test_any_bytes(data: bytes, tmp_path: Path) -> None:
    check(data, tmp_path)


@FUZZ
@given(data=st.text(alphabet="abS: \n\t-[]{},&*!|>'\"%@`#?$.0123=~<\\", max_size=200))
def test_any_text_of_yaml_characters(data: str, tmp_path: Path) -> None:
    check(b"plan: x\n" + data.encode(), tmp_path)


@FUZZ
@given(data=st.text(alphabet="abS: \n\t-[]{},&*!|>'\"%@`#?$.0123=~<\\", max_size=200))
def test_any_text_with_the_pure_parser(data: str) -> None:
    compose(data.encode(), "plan.yaml", yaml.SafeLoader)


TOKENS = (
    *(
        "\t",
        "${",
        "}",
        "$${",
        "${var.stage}",
        "${tables.orders.name}",
        "${tables.orders.arn}",
        "~",
        "null",
        "absent",
        "off",
    ),
    *(
        "&a ",
        "*a",
        "!!str ",
        "!!binary ",
        "<<: *a",
        "---\n",
        "...\n",
        "%YAML 1.1\n",
        "{",
        "[",
        "- ",
        ": ",
        '"',
        "'",
        "|",
        ">",
    ),
    *("\x00", "\u2028", "\ufeff", "999999999999999999999", ".inf", "1e99999", "true", "\r", "ensure: absent", "\n  "),
)


@FUZZ
@given(data=st.data())
def test_a_plan_with_something_put_in_or_cut_out(data: st.DataObject, tmp_path: Path) -> None:
    text = data.draw(st.sampled_from(SEEDS))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 12)))
        text = text[:start] + data.draw(st.sampled_from(TOKENS) | st.just("")) + text[end:]
    check(text.encode("utf-8", "surrogatepass"), tmp_path)


# ------------------------------------------------------------------------------------------------------- shapes and types


def _keys(model: type[Node]) -> Iterator[str]:
    """Every key of the language, found below the document."""
    seen: set[str] = set()
    for definition in model.model_json_schema()["$defs"].values():
        for form in [definition, *definition.get("anyOf", ())]:
            seen |= form.get("properties", {}).keys()
    yield from sorted(seen)


KEYS = st.sampled_from([*Document.known_keys(), *_keys(Document), "orders", "by_x", "f", "a b", "", "é", "12", "${x}"])
WORDS = st.sampled_from(
    (
        *(
            "absent",
            "on_demand",
            "all",
            "off",
            "published",
            "$LATEST",
            "S",
            "N",
            "allow",
            "5s",
            "x" * 300,
            "",
            "a\x00b",
        ),
        *("${", "${var.v}", "${var.w}", "${account}", "${region}-x", "build", "tables.orders", "\U0001f600"),
        *("${tables.orders.name}", "${tables.orders.arn}", "${tables.orders.indexes.by_x.arn}"),
        *("${functions.f.version}", "pre-${functions.f.name}"),
    )
)
SCALARS = st.none() | st.booleans() | st.integers(-3, 400) | st.floats(allow_nan=False, allow_infinity=False) | WORDS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=30
)
BODIES = st.dictionaries(KEYS, VALUES, max_size=6) | VALUES
SECTIONS = st.dictionaries(st.sampled_from(["orders", "f", "t-2", "bad id"]), BODIES, max_size=3)
DOCUMENTS = st.fixed_dictionaries(
    {"plan": st.just("x") | SCALARS},
    optional={
        "tables": SECTIONS | VALUES,
        "functions": SECTIONS | VALUES,
        "variables": st.just({"v": {"default": "a"}, "w": {"type": "map", "default": {"a": 1}}}) | SECTIONS | VALUES,
        "stages": st.lists(st.fixed_dictionaries({"stage": SCALARS, "tables": SECTIONS}), max_size=2) | VALUES,
        "policy": VALUES,
        "account": SCALARS,
        "region": SCALARS,
        "tasks": SECTIONS,
    },
)


@settings(FUZZ, max_examples=250)
@given(document=DOCUMENTS)
def test_any_shape_under_any_key(document: dict[str, Any], tmp_path: Path) -> None:
    check(json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass"), tmp_path)


# ------------------------------------------------------------------------------------------------------------- variables

PLAN = b"""plan: x
variables:
  s: {default: a}
  i: {type: integer, default: 1}
  n: {type: number, default: 1.5, allowed: [1.5, 2]}
  b: {type: boolean, default: true}
  l: {type: list, default: []}
  m: {type: map, default: {}}
  secret: {type: map, sensitive: true, default: {}}
tables:
  t: {name: "${var.s}-x", partition_key: {id: S}, tags: "${var.m}", prune: "${var.l}", deletion_protection: "${var.b}"}
functions:
  f: {memory: "${var.i}", environment: "${var.secret}", layers: "${var.l}", description: "${var.n} ${var.i} ${var.b}"}
"""


@FUZZ
@given(values=st.dictionaries(st.sampled_from(["s", "i", "n", "b", "l", "m", "secret", "other"]), VALUES, max_size=4))
def test_any_value_from_the_library(values: dict[str, Any], tmp_path: Path) -> None:
    check(PLAN, tmp_path, Inputs(values))


@FUZZ
@given(
    texts=st.dictionaries(st.sampled_from(["s", "i", "n", "b", "l", "m", "secret"]), st.text(max_size=40), max_size=4)
)
def test_any_value_from_the_command_line_and_the_environment(texts: dict[str, str], tmp_path: Path) -> None:
    environ = {f"ORCHESTRATOR_VAR_{name.upper()}": text for name, text in texts.items()}
    check(PLAN, tmp_path, Inputs(texts))
    check(PLAN, tmp_path, Inputs(environ=environ))


@FUZZ
@given(data=st.binary(max_size=100) | VALUES.map(lambda value: json.dumps(value).encode()))
@pytest.mark.parametrize("name", ["vars.yaml", "vars.json"])
def test_any_variable_file(data: bytes, name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(data)
    assert all(problem.message and problem.action for problem in problems_of(_written(tmp_path), Inputs(files=[file])))


def _written(folder: Path) -> Path:
    file = folder / "fixed.yaml"
    file.write_bytes(PLAN)
    return file


# --------------------------------------------------------------------------------------------------------------- secrets


@FUZZ
@given(document=DOCUMENTS)
def test_a_sensitive_value_is_in_no_problem_and_no_repr(document: dict[str, Any], tmp_path: Path) -> None:
    document |= {"variables": {"v": {"sensitive": True}, "w": {"type": "map", "sensitive": True}}}
    file = tmp_path / "plan.yaml"
    file.write_text(json.dumps(document), encoding="utf-8", errors="surrogatepass")
    inputs = Inputs({"v": "s3cr3t", "w": {"PASSWORD": "s3cr3t", "s3cr3t": "x"}})
    shown = repr(inputs)
    try:
        shown += repr(
            [(found.name, found.ref, found.needs) for plan in load(read([file]), inputs) for found in plan.resources]
        )
    except InvalidPlan as error:
        shown += str(error) + repr(error)
    assert "s3cr3t" not in shown
