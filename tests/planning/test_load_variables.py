"""Variables: where their values come from, what fits their types, and that sensitive ones are never shown."""

import json
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import pytest

import orchestrator
from orchestrator.errors import InvalidPlan, Problem
from orchestrator.model import Text
from orchestrator.planning.load import Inputs, Said, load, read
from tests.planning.marks import marked
from tests.planning.plans import loaded, places, refused, resource, write

SECRET = "hush-4711"
LAYERS = tuple(f"arn:aws:lambda:eu-west-1:123456789012:layer:{name}:1" for name in ("tools", "more"))


def plan(declaration: str) -> str:
    """A plan with the variable `v`, whose value is a tag."""
    return f"plan: shop\nvariables:\n  v: {{{declaration}}}\ntables: {{orders: {{tags: {{a: '${{var.v}}'}}}}}}\n"


def value(folder: Path, declaration: str, inputs: Inputs) -> object:
    """What `v` becomes as a tag."""
    (found,) = load(read([write(folder, plan(declaration))]), inputs)
    return resource(found, "tables.orders").spec.tags["a"]


def wrong(folder: Path, declaration: str, inputs: Inputs) -> Problem:
    (problem,) = refused(folder, plan(declaration), inputs)
    return problem


# ---------------------------------------------------------------------------------------------------------- where from


@pytest.mark.parametrize("sources", range(5))
def test_the_first_source_that_has_a_value_wins(sources: int, tmp_path: Path) -> None:
    """--var, then the last file, then an earlier one, the environment, the default."""
    first, last = tmp_path / "first.yaml", tmp_path / "last.json"
    first.write_text("v: earlier\n", encoding="utf-8")
    last.write_text('{"v": "later"}', encoding="utf-8")
    inputs = Inputs(
        variables={"v": "given"} if sources > 3 else {},
        files=[first, last][: sources - 1] if sources > 1 else (),
        environ={"ORCHESTRATOR_VAR_V": "environment"} if sources > 0 else {},
    )
    expected = ["default", "environment", "earlier", "later", "given"][sources]
    assert value(tmp_path, "default: default", inputs) == expected


def test_a_default_is_checked_even_if_another_value_is_given(tmp_path: Path) -> None:
    problem = wrong(tmp_path, "type: integer, default: x", Inputs({"v": "5"}))
    assert (problem.line, problem.code) == (3, "bad-variable")
    assert "its default" in problem.message


def test_a_missing_variable_is_told_with_all_ways_to_give_it(tmp_path: Path) -> None:
    problem = wrong(tmp_path, "description: which", Inputs(said="--var"))
    assert (problem.line, problem.column, problem.code) == (3, 3, "missing-variable")
    assert problem.action == (
        "Give it with --var v=…, in a --var-file, or as ORCHESTRATOR_VAR_V; or declare a default."
    )
    assert wrong(tmp_path, "", Inputs()).action == (
        "Give it in `variables=`, or as ORCHESTRATOR_VAR_V; or declare a default."
    )


def test_a_secret_is_not_asked_for_on_the_command_line_nor_in_the_plan(tmp_path: Path) -> None:
    """Other users of a machine can read the arguments of a command."""
    assert wrong(tmp_path, "sensitive: true", Inputs(said="--var")).action == (
        "Set ORCHESTRATOR_VAR_V, or give it in a --var-file; a --var could be read by other users of this machine."
    )
    assert wrong(tmp_path, "sensitive: true", Inputs()).action == "Give it in `variables=`, or as ORCHESTRATOR_VAR_V."


def test_a_missing_variable_is_told_even_if_nothing_uses_it(tmp_path: Path) -> None:
    found = refused(tmp_path, "plan: shop\nvariables: {a: {}, b: {sensitive: true}}\n")
    assert [problem.subject for problem in found] == ["variables.a", "variables.b"]


def test_unknown_values_are_errors_but_not_those_of_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_text("v: a\nother: b\n", encoding="utf-8")
    inputs = Inputs({"vv": "x"}, [file], {"ORCHESTRATOR_VAR_UNKNOWN": "x"})
    found = {problem.message: problem for problem in refused(tmp_path, plan(""), inputs)}
    assert {problem.code for problem in found.values()} == {"unknown-variable"}
    assert len(found) == 2
    given = found["No plan declares the variable `vv`, which `variables=` gives."]
    assert given.action == "Did you mean `v`?"
    (listed,) = [problem for problem in found.values() if problem.file]
    assert (listed.file, listed.line, listed.column) == (str(file), 2, 1)


def test_who_calls_the_library_is_told_of_its_argument(tmp_path: Path) -> None:
    with pytest.raises(InvalidPlan) as caught:
        orchestrator.load(write(tmp_path, plan("type: integer")), variables={"v": "big", "w": 1})
    unknown, wrong_value = sorted(problem.message for problem in caught.value.problems)
    assert unknown == "No plan declares the variable `w`, which `variables=` gives."
    assert wrong_value.startswith("The value of the variable `v` from `variables=` is wrong: ")
    assert "--var" not in str(caught.value)


def test_one_of_several_plans_that_declares_a_variable_is_enough(tmp_path: Path) -> None:
    write(tmp_path, "plan: one\nvariables: {v: {}}\n", "a.yaml")
    write(tmp_path, "plan: two\n", "b.yaml")
    assert len(load(read([tmp_path]), Inputs({"v": "x"}))) == 2


# ---------------------------------------------------------------------------------------------------------------- types


@pytest.mark.parametrize(
    ("type_", "given", "text"),
    [
        ("string", "5", "5"),
        ("string", "null", "null"),
        ("string", "[a", "[a"),
        ("string", "", ""),
        ("integer", "5", "5"),
        ("integer", "0x1F", "0x1F"),
        ("integer", 7, "7"),
        ("number", "1.50", "1.50"),
        ("number", 2.5, "2.5"),
        ("boolean", "true", "true"),
        ("boolean", False, "false"),
    ],
)
def test_a_value_fits_its_type(type_: str, given: object, text: str, tmp_path: Path) -> None:
    assert value(tmp_path, f"type: {type_}", Inputs({"v": given})) == text


@pytest.mark.parametrize(
    ("type_", "given", "expected"),
    [
        ("string", 5, "expected a string, found a number"),
        ("string", None, "expected a string, found null"),
        ("integer", "1_000", "expected an integer, found a string"),
        ("integer", "1.5", "expected an integer, found a number"),
        ("integer", True, "expected an integer, found true or false"),
        ("integer", "", "expected an integer, written as YAML"),
        ("integer", "true", "expected an integer, found true or false"),
        ("number", ".nan", "expected a number, written as YAML"),
        ("number", float("inf"), "expected a finite number"),
        ("boolean", "yes", "expected true or false, found a string"),
        ("boolean", "1", "expected true or false, found a number"),
        ("list", "a, b", "expected a list, found a string"),
        ("list", "[a", "expected a list, written as YAML"),
        ("map", "[a]", "expected a map, found a list"),
        ("map", {5: "x"}, "expected maps whose keys are strings"),
        ("map", object(), "expected strings, numbers, booleans, lists and maps only"),
    ],
)
def test_a_value_that_does_not_fit(type_: str, given: object, expected: str, tmp_path: Path) -> None:
    for said in get_args(Said):
        problem = wrong(tmp_path, f"type: {type_}", Inputs({"v": given}, said=said))
        assert (problem.line, problem.column, problem.code) == (3, 3, "bad-variable")
        assert problem.message == f"The value of the variable `v` from `{said}` is wrong: {expected}."


def test_allowed_values_hold_for_every_source(tmp_path: Path) -> None:
    assert value(tmp_path, "allowed: [dev, prod], default: dev", Inputs({"v": "prod"})) == "prod"
    assert value(tmp_path, "type: integer, allowed: [1, 5]", Inputs({"v": "5"})) == "5"
    for inputs in (Inputs({"v": "prd"}), Inputs(environ={"ORCHESTRATOR_VAR_V": "prd"})):
        problem = wrong(tmp_path, "allowed: [dev, prod], default: dev", inputs)
        assert "expected one of dev, prod" in problem.message
        assert problem.action == "Did you mean `prod`?"
    assert "its default" in wrong(tmp_path, "allowed: [dev], default: x", Inputs()).message
    assert wrong(tmp_path, "type: boolean, allowed: [true]", Inputs({"v": "false"})).code == "bad-variable"


@pytest.mark.parametrize(
    ("declaration", "expected"),
    [
        ("allowed: [dev, §null], default: dev", "a string, as the variable's type is, found null."),
        ("allowed: [dev, §~], sensitive: true, default: dev", "found null."),
        ("allowed: [§1]", "a string, as the variable's type is, found a number."),
        ("type: integer, allowed: [1, §1.5, 2], default: 2", "an integer, as the variable's type is, found a number."),
        ("type: boolean, allowed: [true, §yes], default: true", "true or false, as the variable's type is"),
    ],
)
def test_what_the_type_excludes_cannot_be_allowed(declaration: str, expected: str, tmp_path: Path) -> None:
    text, (place,) = marked(plan(declaration))
    (problem,) = refused(tmp_path, text, Inputs({} if "default" in declaration else {"v": "x"}))
    assert (problem.line, problem.column, problem.code) == (*place, "wrong-value")
    assert expected in problem.message
    assert problem.message.startswith("variables.v.allowed[")


@pytest.mark.parametrize("sort", ["list", "map"])
def test_lists_and_maps_are_whole_values(sort: str, tmp_path: Path) -> None:
    given = {"list": f"['{LAYERS[0]}', '{LAYERS[1]}']", "map": "{team: a}"}[sort]
    field = {"list": "layers", "map": "tags"}[sort]
    text = f"plan: shop\nvariables: {{v: {{type: {sort}}}}}\nfunctions: {{f: {{{field}: '${{var.v}}'}}}}\n"
    found = getattr(resource(loaded(tmp_path, text, {"v": given}), "functions.f").spec, field)
    assert found == {"list": LAYERS, "map": {"team": "a"}}[sort]
    inside = text.replace("'${var.v}'", "['x-${var.v}']" if sort == "list" else "{a: 'x-${var.v}'}")
    (problem,) = refused(tmp_path, inside, Inputs({"v": given}))
    assert problem.code == "reference"
    assert problem.action == "A list or a map can only be a whole value."


# ---------------------------------------------------------------------------------------------------------------- files


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("v.yaml", "v: [", "yaml-syntax"),
        ("v.yaml", "v: a\nv: b\n", "duplicate-key"),
        ("v.yaml", "- v\n", "wrong-value"),
        ("v.yaml", "", "wrong-value"),
        ("v.yaml", "v: .nan\n", "yaml-number"),
        ("v.json", '{"v": ', "json-syntax"),
        ("v.json", '{"v": "a", "v": "b"}', "json-value"),
        ("v.json", '{"v": NaN}', "json-value"),
        ("v.json", '["v"]', "wrong-value"),
        ("v.json", "[" * 100_000, "yaml-depth"),
        ("v.json", '{"v": ' + "1" * 5000 + "}", "json-value"),
    ],
)
def test_a_variable_file_that_is_wrong(name: str, content: str, code: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text(content, encoding="utf-8")
    found = refused(tmp_path, plan("default: a"), Inputs(files=[file]))
    assert code in [problem.code for problem in found]
    assert {problem.file for problem in found} == {str(file)}


def test_a_variable_file_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "value.yaml").touch()
    missing, folder = refused(tmp_path, plan("default: a"), Inputs(files=[tmp_path / "values.yaml", tmp_path]))[::-1]
    assert (missing.where, missing.code) == (str(tmp_path / "values.yaml"), "unreadable-file")
    assert (missing.message, missing.action) == ("There is no such file.", "Did you mean `value.yaml`?")
    assert (folder.where, folder.message) == (str(tmp_path), "This is a folder, not a file.")


def test_a_wrong_value_of_a_file_is_told_at_its_place_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_text("# values\nv: five\n", encoding="utf-8")
    (problem,) = refused(tmp_path, plan("type: integer"), Inputs(files=[file]))
    assert (problem.file, problem.line, problem.column) == (str(file), 2, 1)


def test_json_and_yaml_files_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "v.json").write_text(json.dumps({"v": "😀 a"}), encoding="utf-8")
    (tmp_path / "v.yaml").write_text("v: 😀 a\n", encoding="utf-8")
    found = {value(tmp_path, "", Inputs(files=[tmp_path / name])) for name in ("v.json", "v.yaml")}
    assert found == {"😀 a"}


# ------------------------------------------------------------------------------------------------------------ sensitive

HIDDEN = (
    "variables:\n  s: {sensitive: true}\n  i: {type: integer, sensitive: true}\n  m: {type: map, sensitive: true}\n"
)
PLACES = [
    "description: '${var.s}'",
    "region: '${var.s}'",
    "account: '${var.s}'",
    "policy: {deadline: '${var.s}'}",
    "tables: {orders: {name: 'x-${var.s}'}}",
    "tables: {orders: {ensure: absent, name: '${var.s}'}}",
    "tables: {orders: {ttl: '${var.s}'}}",
    "tables: {orders: {stream: '${var.s}'}}",
    "tables: {orders: {partition_key: {id: '${var.s}'}}}",
    "tables: {orders: {partition_key: '${var.m}'}}",
    "tables: {orders: {indexes: '${var.m}'}}",
    "tables: {orders: {indexes: {by_x: {projection: ['${var.s}']}}}}",
    "tables: {orders: {indexes: {by_x: '${var.s}'}}}",
    "tables: {orders: {timeouts: {create: '${var.s}'}}}",
    "tables: {orders: {prune: ['${var.s}']}}",
    "tables: {orders: {after: ['${var.s}']}}",
    "tables: {orders: {billing: '${var.s}'}}",
    "tables: {orders: {billing: {provisioned: {read: '${var.i}', write: 1}}}}",
    "tables: '${var.m}'",
    "functions: {f: {name: '${var.s}'}}",
    "functions: {f: {runtime: '${var.s}'}}",
    "functions: {f: {memory: '${var.i}'}}",
    "functions: {f: {code: {directory: '${var.s}'}}}",
    "functions: {f: {aliases: {live: '${var.s}'}}}",
    "functions: {f: '${var.s}'}",
    "functions: {f: {environment: {AA: '${var.s}', BB: '${var.nope}'}}}",
    "functions: {f: {environment: {AA: '${var.s}${tables.nope.arn}'}}}",
    "functions: {f: {tags: {a: 'p${var.s}', b: 5, c: ['${var.s}']}}}",
]


@pytest.mark.parametrize("body", PLACES)
def test_a_sensitive_value_is_in_no_message(body: str, tmp_path: Path) -> None:
    inputs = Inputs({"s": SECRET, "i": 98_765_432_123, "m": {SECRET: SECRET}})
    with pytest.raises(InvalidPlan) as caught:
        load(read([write(tmp_path, f"plan: shop\n{HIDDEN}{body}\n")]), inputs)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value.problems) + repr(inputs)
    assert SECRET not in shown
    assert "98765432123" not in shown
    assert all(problem.line and problem.column for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("declaration", "given"),
    [
        ("type: integer, sensitive: true", SECRET),
        ("type: integer, sensitive: true", f"[{SECRET}"),
        ("type: integer, sensitive: true", f"&{SECRET} *{SECRET}x"),
        ("type: map, sensitive: true", f"{{{SECRET}: 1, {SECRET}: 2}}"),
        ("type: list, sensitive: true", f"!{SECRET} x"),
        ("allowed: [a, b], sensitive: true", SECRET),
        ("sensitive: true", {SECRET: SECRET}),
        ("type: list, sensitive: true", f"[!!binary aHVzaA==, {SECRET}]"),
    ],
)
@pytest.mark.parametrize("source", ["variables", "environ", "file"])
def test_a_sensitive_value_that_is_wrong_is_not_quoted(
    declaration: str, given: object, source: str, tmp_path: Path
) -> None:
    file = tmp_path / "values.json"
    file.write_text(json.dumps({"v": given}), encoding="utf-8")
    by_source: Mapping[str, Inputs] = {
        "variables": Inputs({"v": given}),
        "environ": Inputs(environ={"ORCHESTRATOR_VAR_V": str(given)}),
        "file": Inputs(files=[file]),
    }
    with pytest.raises(InvalidPlan) as caught:
        load(read([write(tmp_path, plan(declaration) + "unknown: x\n")]), by_source[source])
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_sensitive_default_or_allowed_value_is_not_quoted(tmp_path: Path) -> None:
    for declaration in (
        f"sensitive: true, allowed: [{SECRET}], default: x",
        f"sensitive: true, type: integer, default: {SECRET}",
        f"sensitive: true, allowed: [a], default: {SECRET}",
        f"sensitive: true, type: map, default: {{a: [{SECRET}, !!binary aGk=]}}",
    ):
        assert SECRET not in str(wrong(tmp_path, declaration, Inputs()))


def test_sensitive_values_are_hidden_texts_and_in_no_repr(tmp_path: Path) -> None:
    text = (
        f"plan: shop\n{HIDDEN}functions:\n  f:\n    description: 'pre ${{var.s}}'\n"
        "    environment: {AA: '${var.s}', BB: 'x${var.i}', CC: '${functions.g.arn}/${var.s}'}\n"
        "    tags: '${var.m}'\n  g: {}\n"
    )
    inputs = {"s": SECRET, "i": 4711, "m": {"team": SECRET}}
    found = loaded(tmp_path, text, inputs)
    spec = resource(found, "functions.f").spec
    environment = spec.environment
    assert all(isinstance(each, Text) and each.hidden for each in (*environment.values(), *spec.tags.values()))
    assert environment["AA"].reveal() == SECRET
    assert environment["BB"].reveal() == "x4711"
    assert spec.tags["team"].reveal() == SECRET
    assert SECRET not in repr(found)
    assert "4711" not in repr(spec)


def test_a_long_sensitive_value_is_told_by_its_length_alone(tmp_path: Path) -> None:
    text = f"plan: shop\n{HIDDEN}tables: {{orders: {{tags: {{a: '${{var.s}}'}}}}}}\n"
    inputs = Inputs({"s": SECRET * 40, "i": 1, "m": {}})
    (problem,) = refused(tmp_path, text, inputs)
    assert problem.code == "bad-tag"
    assert SECRET not in str(problem)


# --------------------------------------------------------------------------------------------------------- declarations


def test_declarations_are_checked_with_all_their_keys(tmp_path: Path) -> None:
    found = refused(
        tmp_path,
        """
        plan: shop
        variables:
          Stage: {default: a}
          a: {type: int, default: 1}
          b: {default: null}
          c: {allowed: [], default: x}
          d: {sensitive: yes, default: x}
          e: {description: 5, default: x, defalt: y}
          f: 5
        """,
    )
    assert [place[0] for place in places(found)] == [4, 5, 6, 7, 8, 9, 9, 10]


def test_a_list_that_holds_itself_is_refused(tmp_path: Path) -> None:
    endless: list[object] = []
    endless.append(endless)
    assert wrong(tmp_path, "type: list", Inputs({"v": endless})).code == "bad-variable"


def test_json_keeps_the_text_of_numbers(tmp_path: Path) -> None:
    file = tmp_path / "values.json"
    file.write_text('{"v": 1.50}', encoding="utf-8")
    assert value(tmp_path, "type: number", Inputs(files=[file])) == "1.50"


def test_nothing_is_unknown_while_a_plan_could_not_be_read(tmp_path: Path) -> None:
    """The plan that can't be read may be the one that declares it."""
    write(tmp_path, "plan: [\n", "a.yaml")
    write(tmp_path, "plan: two\n", "b.yaml")
    with pytest.raises(InvalidPlan) as caught:
        load(read([tmp_path]), Inputs({"v": "x"}))
    assert [problem.code for problem in caught.value.problems] == ["yaml-syntax"]
