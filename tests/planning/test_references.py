"""`${…}`: what it may name, what comes of it, and who waits for whom because of it."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator.kinds.task.complaints import Gathered
from orchestrator.kinds.task.templates import literal, pieces
from orchestrator.model import FromLive, Position, Ref, Text, hide
from orchestrator.model.work import Taken
from orchestrator.planning.fill import Filled, Scope, fill_rest
from orchestrator.planning.load import Inputs
from orchestrator.planning.nodes import Entry, Mapping, Scalar
from orchestrator.planning.references import BadReference, Reference, parse, parse_path
from tests.planning.plans import loaded, places, refused, resource

BASE = """
plan: p
variables: {stage: {default: dev}, n: {type: integer, default: 0x10}, yes: {type: boolean, default: true}}
tables:
  orders:
    name: orders-${var.stage}
    indexes: {by.x: {partition_key: {x: S}}, gone: absent}
    stream: new_image
  still: {name: "s-${tables.orders.name}", stream: off}
  old: absent
functions:
  fn: {aliases: {live: published}, url: off}
"""


def ref(*path: str) -> Ref:
    return Ref("p", path)


def environment(folder: Path, value: str) -> object:
    """What a function's environment variable reads with this value."""
    plan = loaded(
        folder, BASE + f"  reader: {{environment: {{VALUE: {value!r}}}}}\n", account="1" * 12, region="eu-west-1"
    )
    return resource(plan, "functions.reader").spec.environment["VALUE"]


# ------------------------------------------------------------------------------------------------------------ the grammar


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("plain", ("plain",)),
        ("", ()),
        ("$${x}", ("${x}",)),
        ("a$b{c}", ("a$b{c}",)),
        ("${var.a}", (Reference(("var", "a"), "${var.a}"),)),
        ("x-${plan}-y", ("x-", Reference(("plan",), "${plan}"), "-y")),
        ("$${a}${plan}", ("${a}", Reference(("plan",), "${plan}"))),
        (
            '${tables.t.indexes["by.x"].arn}',
            (Reference(("tables", "t", "indexes", "by.x", "arn"), '${tables.t.indexes["by.x"].arn}'),),
        ),
    ],
)
def test_a_string_is_taken_apart(text: str, pieces: tuple[object, ...]) -> None:
    assert parse(text) == pieces


@pytest.mark.parametrize(
    ("text", "message", "action"),
    [
        ("${var.a", "A `${` is never closed by `}`.", "Write `$${` where a literal `${` is meant."),
        ("${ var.a }", "`${ var.a }` has spaces in it.", "Write `${var.a}`."),
        (
            "${aws:username}",
            "`${aws:username}` is no reference of the plan language.",
            "Write `$${` where a literal `${` is meant: `$${aws:username}`.",
        ),
        ("${}", "`${}` is no reference of the plan language.", "Write `$${` where a literal `${` is meant: `$${}`."),
    ],
)
def test_what_is_no_reference_says_what_to_write(text: str, message: str, action: str) -> None:
    with pytest.raises(BadReference) as caught:
        parse(text)
    assert (caught.value.message, caught.value.action) == (message, action)


@pytest.mark.parametrize("text", ["", "a.", ".a", "a..b", "a b", "a[b]", 'a[""]', "a.b[0]", "é"])
def test_what_is_no_path(text: str) -> None:
    assert parse_path(text) is None


# ------------------------------------------------------------------------------------------------------- what comes of it


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("${var.stage}", "dev"),
        ("${plan} ${account} ${region}", "p 111111111111 eu-west-1"),
        ("${var.n}", "0x10"),
        ("${var.n}/${var.yes}", "0x10/true"),
        ("$${var.stage}", "${var.stage}"),
        ("${tables.orders.name}", "orders-dev"),
        ("${tables.still.name}", "s-orders-dev"),
        ("${functions.fn.name}", "fn"),
        ('${tables.orders.indexes["by.x"].name}', "by.x"),
        ("${tables.orders.arn}", Text((FromLive(ref("tables", "orders"), "arn"),))),
        ("${tables.orders.stream_arn}", Text((FromLive(ref("tables", "orders"), "stream_arn"),))),
        (
            'a ${tables.orders.indexes["by.x"].arn} ${var.stage}',
            Text(("a ", FromLive(ref("tables", "orders", "indexes", "by.x"), "arn"), " dev")),
        ),
        ("${functions.fn.version}", Text((FromLive(ref("functions", "fn"), "version"),))),
        ("${functions.fn.aliases.live.arn}", Text((FromLive(ref("functions", "fn", "aliases", "live"), "arn"),))),
    ],
)
def test_a_reference_becomes_its_value(value: str, expected: object, tmp_path: Path) -> None:
    assert environment(tmp_path, value) == expected


def test_a_whole_reference_keeps_its_type(tmp_path: Path) -> None:
    text = """
    plan: p
    variables:
      memory: {type: integer, default: 256}
      protect: {type: boolean, default: true}
      layers: {type: list, default: ["arn:aws:lambda:x-1:123456789012:layer:a:1", "arn:aws:lambda:x-1:123456789012:layer:b:2"]}
      tags: {type: map, default: {team: orders}}
    tables:
      orders: {deletion_protection: "${var.protect}", tags: "${var.tags}"}
    functions:
      fn: {memory: "${var.memory}", layers: "${var.layers}"}
    """
    plan = loaded(tmp_path, text)
    assert resource(plan, "tables.orders").spec.deletion_protection is True
    assert resource(plan, "tables.orders").spec.tags == {"team": "orders"}
    assert resource(plan, "functions.fn").spec.memory == 256
    assert resource(plan, "functions.fn").spec.layers == tuple(
        f"arn:aws:lambda:x-1:123456789012:layer:{layer}" for layer in ("a:1", "b:2")
    )


def test_values_of_variables_are_taken_verbatim(tmp_path: Path) -> None:
    plan = loaded(tmp_path, "plan: p\nvariables: {v: {}}\ntables: {abc: {tags: {a: '${var.v}'}}}\n", {"v": "${plan}"})
    assert resource(plan, "tables.abc").spec.tags == {"a": "${plan}"}


def test_an_unknown_account_and_region_do_not_stop_an_offline_check(tmp_path: Path) -> None:
    plan = loaded(tmp_path, "plan: p\ntables: {t: {name: 'x-${account}-${region}'}}\n")
    assert plan.account is None
    assert plan.resources[0].name.startswith("x-")


def test_the_plans_own_account_and_region_serve_offline_and_the_target_wins(tmp_path: Path) -> None:
    text = 'plan: p\naccount: "222222222222"\nregion: ${var.r}\nvariables: {r: {default: eu-west-1}}\n'
    text += "tables: {t: {name: 'x-${account}-${region}'}}\n"
    assert loaded(tmp_path, text).resources[0].name == "x-222222222222-eu-west-1"
    assert loaded(tmp_path, text, region="us-east-1").resources[0].name == "x-222222222222-us-east-1"


# ----------------------------------------------------------------------------------------------------------- who waits


def test_a_reference_is_a_dependency(tmp_path: Path) -> None:
    text = BASE + '  reader: {environment: {AA: "${tables.orders.name}", BB: "${functions.fn.aliases.live.arn}"}}\n'
    needs = resource(loaded(tmp_path, text), "functions.reader").needs
    assert needs == {ref("tables", "orders"), ref("functions", "fn", "aliases", "live")}


def test_after_is_a_dependency_on_roots_and_parts(tmp_path: Path) -> None:
    text = BASE + "  reader: {after: [tables.old, 'tables.orders.indexes[\"by.x\"]', functions.fn.aliases.live]}\n"
    needs = resource(loaded(tmp_path, text), "functions.reader").needs
    assert needs == {
        ref("tables", "old"),
        ref("tables", "orders", "indexes", "by.x"),
        ref("functions", "fn", "aliases", "live"),
    }


def test_its_own_name_is_no_dependency(tmp_path: Path) -> None:
    text = BASE + '  reader: {environment: {SELF: "${functions.reader.name}"}}\n'
    assert resource(loaded(tmp_path, text), "functions.reader").needs == frozenset()


def test_a_name_made_of_another_waits_for_it(tmp_path: Path) -> None:
    assert resource(loaded(tmp_path, BASE), "tables.still").needs == {ref("tables", "orders")}


# ------------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("value", "message", "action"),
    [
        (
            "${tables.ordrs.arn}",
            "`${tables.ordrs.arn}` names tables.ordrs, which this plan does not declare.",
            "`tables.orders`",
        ),
        (
            "${tables.orders.indexes.by_y.arn}",
            "tables.orders.indexes.by_y, which this plan does not declare",
            "by.x, gone",
        ),
        ("${functions.fn.aliases.beta.arn}", "functions.fn.aliases.beta, which this plan does not declare", "has live"),
        ("${tables.orders.anr}", "`${tables.orders.anr}` has no attribute that a reference can name.", "`arn`"),
        ("${tables.orders}", "`${tables.orders}` lacks the attribute that is meant.", ".name, .arn, .stream_arn"),
        ("${tables}", "`${tables}` names no resource.", "`${tables.ID.name}`"),
        ("${functions.fn.aliases.live.name}", "has no attribute that a reference can name", ".arn"),
        ("${tables.old.name}", "names tables.old, which this plan declares absent", "Remove one"),
        (
            "${tables.orders.indexes.gone.arn}",
            "names tables.orders.indexes.gone, which this plan declares absent",
            "Remove",
        ),
        ("${tables.still.stream_arn}", "names what this plan turns off: `stream` of tables.still", "Remove one"),
        ("${functions.fn.url}", "names what this plan turns off: `url` of functions.fn", "Remove one"),
        ("${functions.reader.arn}", "is known only once functions.reader itself is done", "`.name`"),
        ("${var.stge}", "`${var.stge}` names a variable that is not declared.", "`stage`"),
        ("${var.stage.x}", "`${var.stage.x}` is no variable.", "${var.NAME}"),
        ("${var}", "`${var}` is no variable.", "${var.NAME}"),
        ("${stage}", "`${stage}` lacks `var.`.", "`${var.stage}`"),
        ("${tabels.orders.arn}", "names nothing that a plan knows", "`tables`"),
        ("${item.x}", "there is none in this place", "$${"),
        ("${plan.name}", "goes on after `plan`", "`${plan}`"),
        ("${aws:username}", "is no reference of the plan language", "$${aws:username}"),
    ],
)
def test_a_dangling_reference_says_what_was_meant(value: str, message: str, action: str, tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, BASE + f"  reader: {{environment: {{VALUE: {value!r}}}}}\n")
    assert message in problem.message
    assert action in problem.action
    assert problem.message.startswith("functions.reader.environment.VALUE: ")
    assert (problem.line, problem.subject) == (13, "functions.reader.environment.VALUE")


@pytest.mark.parametrize(
    ("entry", "message", "action"),
    [
        ("tables.ordrs", "names tables.ordrs, which this plan does not declare", "`tables.orders`"),
        ("tabels.orders", "`tabels.orders` names no resource and no task.", "`tables.orders`"),
        ("tables.orders.index.x", "`tables.orders.index.x` names no resource and no task.", "`indexes`"),
        ("orders", "`orders` names no resource and no task.", "Write tables.ID"),
        ("tables.orders.indexes.by_y", "names tables.orders.indexes.by_y, which this plan does not declare", "by.x"),
        ("functions.reader", "is this resource itself", "Leave it out"),
        ("tasks.seed", "names tasks.seed, which this plan does not declare", "Declare it under tasks"),
    ],
)
def test_a_dangling_after_says_what_was_meant(entry: str, message: str, action: str, tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, BASE + f"  reader:\n    after: [tables.orders, {entry!r}]\n")
    assert message in problem.message
    assert action in problem.action
    assert (problem.line, problem.column, problem.subject) == (14, 28, "functions.reader.after[1]")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("plan: ${var.a}\n", "reference"),
        ("plan: p\nversion: ${var.a}\n", "reference"),
        ("plan: p\nvariables: {a: {default: '${plan}'}}\n", "reference"),
        ("plan: p\ntables: {'t-${plan}': {}}\n", "reference-in-key"),
        ("plan: p\ntables: {abc: {partition_key: {'${plan}': S}}}\n", "reference-in-key"),
        ("plan: p\naccount: ${account}\n", "reference"),
        ("plan: p\nregion: ${tables.abc.name}\ntables: {abc: {}}\n", "reference"),
        ("plan: p\ntables: {abc: {name: 'x-${tables.abc.arn}'}}\n", "dangling-reference"),
        ("plan: p\ntables: {abc: {}, xyz: {name: 'x-${tables.abc.arn}'}}\n", "wrong-value"),
        ("plan: p\nvariables: {l: {type: list, default: []}}\ntables: {abc: {name: 'x-${var.l}'}}\n", "reference"),
    ],
)
def test_places_without_references(text: str, code: str, tmp_path: Path) -> None:
    assert code in {problem.code for problem in refused(tmp_path, text)}


def test_names_made_of_each_other_are_a_cycle_with_arrows(tmp_path: Path) -> None:
    text = "plan: p\ntables:\n  a1b: {name: 'x${tables.c1d.name}'}\n  c1d: {name: 'y${functions.e.name}'}\n"
    text += "functions: {e: {name: '${tables.a1b.name}'}}\n"
    (problem,) = refused(tmp_path, text)
    assert problem.code == "reference-cycle"
    assert "tables.a1b → tables.c1d → functions.e → tables.a1b" in problem.message


def test_resources_that_wait_for_each_other_are_a_cycle_with_arrows(tmp_path: Path) -> None:
    text = """
    plan: p
    tables:
      ttt: {after: [functions.b]}
    functions:
      a: {environment: {TT: "${tables.ttt.name}"}}
      b: {environment: {AA: "${functions.a.arn}"}}
      c: {environment: {DD: "${functions.d.name}"}}
      d: {after: [functions.c]}
    """
    problems = refused(tmp_path, text)
    assert [problem.message for problem in problems] == [
        "These resources wait for each other: tables.ttt → functions.b → functions.a → tables.ttt.",
        "These resources wait for each other: functions.c → functions.d → functions.c.",
    ]
    assert places(problems) == [(4, 3, "cycle"), (8, 3, "cycle")]


def test_what_is_wrong_elsewhere_is_not_said_twice(tmp_path: Path) -> None:
    """A missing variable is one problem, however often it is used."""
    text = "plan: p\nvariables: {v: {}, w: {type: integer}}\n"
    text += "tables: {abc: {name: '${var.v}-x', tags: {a: '${tables.abc.name}'}, stream: '${var.v}'}}\n"
    text += "functions: {f: {memory: '${var.w}', after: ['${var.v}']}}\n"
    assert [problem.code for problem in refused(tmp_path, text, Inputs())] == ["missing-variable", "missing-variable"]


def test_a_circle_is_told_beside_what_else_is_wrong_with_its_members(tmp_path: Path) -> None:
    text = """
    plan: p
    tables:
      aaa: {after: [tables.bbb], nonsense: 1}
      bbb: {after: [functions.f], stream: 5}
    functions:
      f: {environment: {AA: "${tables.aaa.arn}"}, memory: [1]}
    """
    problems = refused(tmp_path, text)
    assert [problem.code for problem in problems] == ["cycle", "unknown-key", "wrong-value", "wrong-value"]
    assert "tables.aaa → tables.bbb → functions.f → tables.aaa" in problems[0].message


@pytest.mark.parametrize(
    ("settings", "meant"),
    [
        ("tags: {x: '${tables.orderz.name}'}", "tables.orders"),
        ("after: [tables.orderz]", "tables.orders"),
        ("after: [tables.orders.indexes.by_day]", "tables.orders.indexes.by_days"),
    ],
)
def test_what_a_reference_may_have_meant_is_a_whole_path(tmp_path: Path, settings: str, meant: str) -> None:
    text = f"plan: p\ntables:\n  orders: {{indexes: {{by_days: {{}}}}}}\n  other: {{{settings}}}\n"
    (problem,) = refused(tmp_path, text)
    assert problem.action == f"Did you mean `{meant}`?"


def test_a_policy_that_names_its_own_table_is_told_how(tmp_path: Path) -> None:
    """Its ARN is known only later; what that is made of is known beforehand, and what the error says to write works."""
    policy = "{Statement: [{Effect: Allow, Principal: '*', Action: 'dynamodb:GetItem', Resource: RESOURCE}]}"
    text = f"plan: p\ntables:\n  own: {{name: orders, resource_policy: {policy}}}\n"
    (problem,) = refused(tmp_path, text.replace("RESOURCE", '"${tables.own.arn}"'))
    written = problem.action.split("`")[1]
    plan = loaded(tmp_path, text.replace("RESOURCE", f'"{written}"'), account="1" * 12, region="eu-west-1")
    (statement,) = resource(plan, "tables.own").spec.resource_policy["Statement"]
    assert statement["Resource"] == f"arn:aws:dynamodb:eu-west-1:{'1' * 12}:table/orders"


# ------------------------------------------------------------------------------------------------- a backfill's own items


def kept(text: str, *path: str) -> tuple[Any, list[str]]:
    """What a value under `tasks.t` reads once all that is known is put in, and what is wrong with it."""
    position = Position("plan.yaml", 1, 1)
    node: Mapping | Scalar = Scalar(text, text, False, position)
    for key in reversed(("tasks", "t", *path)):
        node = Mapping((Entry(key, position, node),), position, 2, 2)
    assert isinstance(node, Mapping)
    filled = Filled()
    scope = Scope({"v": "${item.b}", "s": hide("${item.b}")}, frozenset({"s"}), {"plan": "p"})
    fill_rest(node, filled, scope, scope)
    value: Any = filled.values
    for key in ("tasks", "t", *path):
        value = value[key]
    return value, [problem.code for problem in filled.problems]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("${item.a}", (Taken("a"),)),
        ('${plan}-${item["a b"]}', ("p-", Taken("a b"))),
        ("$${item.a}", ("${item.a}",)),
        ("${item.a}$${item.a}", (Taken("a"), "${item.a}")),
        ("${var.v}", ("${item.b}",)),
        ("${var.v}-${item.a}", ("${item.b}-", Taken("a"))),
    ],
)
def test_what_a_backfill_takes_of_an_item_is_told_from_what_only_looks_so(text: str, found: tuple[Any, ...]) -> None:
    value, problems = kept(text, "backfill", "set", "x")
    assert problems == []
    assert pieces(value) == found


def test_a_hidden_value_is_no_reference_however_it_looks() -> None:
    value, problems = kept("${var.s}", "backfill", "set", "x")
    gathered = Gathered()
    assert literal(value, (), gathered) == hide("${item.b}")
    assert not problems
    assert not gathered.found


def test_a_hidden_value_stands_beside_no_reference() -> None:
    value, _ = kept("${var.s}-${item.a}", "backfill", "set", "x")
    gathered = Gathered()
    literal(value, (), gathered)
    assert [complaint.code for complaint in gathered.found] == ["item-reference"]


@pytest.mark.parametrize("path", [("backfill", "where"), ("backfill", "values", ":v"), ("invoke", "payload")])
def test_an_item_is_known_where_a_backfill_sets_something_only(path: tuple[str, ...]) -> None:
    assert kept("${item.a}", *path)[1] == ["reference"]
    assert kept("$${item.a}", *path) == ("${item.a}", [])
