"""Tasks: what they name is there, what they wait for, and that everything wrong is told at its place."""

from pathlib import Path

import pytest

from orchestrator.model import FromLive, Plan, Ref, Text
from orchestrator.model.work import Backfill, Invocation, Seed, Taken, Task, Transaction
from orchestrator.planning.load import Inputs, load, read
from tests.planning.marks import marked
from tests.planning.mistakes import one
from tests.planning.plans import loaded, places, refused, resource, write

BASE = """\
plan: shop
variables: {v: {default: x}, secret: {sensitive: true, default: hush}}
tables:
  orders:
    {name: shop-orders, partition_key: {id: S}, sort_key: {line: N}, stream: new_image, indexes: {by_a: {partition_key: {a: S}}}}
  users: {}
  slow: {gate: background}
  old: absent
functions:
  api: {name: shop-api, runtime: python3.13, aliases: {live: published, gone: absent}}
tasks:
"""


def tasks(lines: str) -> str:
    """A plan with these tasks, each on a line."""
    return BASE + "".join(f"  {line}\n" for line in lines.splitlines())


def task(plan: Plan, name: str = "t") -> Task:
    return next(found for found in plan.tasks if found.ref.name == name)


def only(folder: Path, body: str) -> Task:
    return task(loaded(folder, tasks(f"t: {{{body}}}")))


def needs(found: Task) -> set[str]:
    return {str(ref) for ref in found.needs}


# ------------------------------------------------------------------------------------------------------ what they become


def test_a_seed_waits_for_its_table_and_acts_on_it(tmp_path: Path) -> None:
    found = only(tmp_path, "seed: {table: orders, items: [{id: a, line: 1.50}], if_exists: fail}, run: on_change")
    assert found.ref == Ref("shop", ("tasks", "t"))
    assert isinstance(found.work, Seed)
    assert (found.work.table, found.work.if_exists, found.run, found.timeout) == (
        "shop-orders",
        "fail",
        "on_change",
        1800.0,
    )
    assert list(found.work.items) == [{"id": {"S": "a"}, "line": {"N": "1.5"}}]
    assert needs(found) == {"tables.orders"}
    assert found.acts_on == {Ref("shop", ("tables", "orders")): "shop-orders"}


def test_a_transaction_acts_on_each_of_its_tables(tmp_path: Path) -> None:
    actions = "[{put: {table: orders, item: {id: a, line: 1}}}, {delete: {table: users, key: {id: b}}}]"
    found = only(tmp_path, f"transact: {actions}, marker: false")
    assert isinstance(found.work, Transaction)
    assert found.work.marker is False
    assert needs(found) == {"tables.orders", "tables.users"}
    assert sorted(found.acts_on.values()) == ["shop-orders", "users"]


@pytest.mark.parametrize(
    ("alias", "needed"),
    [
        ("", {"functions.api"}),
        (", alias: live", {"functions.api", "functions.api.aliases.live"}),
        (", alias: other", {"functions.api"}),
        (", alias: '3'", {"functions.api"}),
        (", alias: $LATEST", {"functions.api"}),
    ],
)
def test_an_invocation_waits_for_its_function_and_the_alias_that_the_plan_declares(
    alias: str, needed: set[str], tmp_path: Path
) -> None:
    found = only(tmp_path, f"invoke: {{function: api{alias}}}, timeout: 5m")
    assert isinstance(found.work, Invocation)
    assert found.work.call.parameters["FunctionName"] == "shop-api"
    assert needs(found) == needed
    assert found.acts_on == {Ref("shop", ("functions", "api")): "shop-api"}
    assert found.timeout == 300.0


def test_a_backfill_takes_of_the_item_and_of_the_plan(tmp_path: Path) -> None:
    found = only(
        tmp_path,
        "backfill: {table: orders, set: {a: '${var.v}-${item.b}', c: '${item.d}', e: '$${item.f}', g: '${tables.users.name}'}}",
    )
    assert isinstance(found.work, Backfill)
    assert found.work.set == {
        "a": ("x-", Taken("b")),
        "c": (Taken("d"),),
        "e": {"S": "${item.f}"},
        "g": {"S": "users"},
    }
    assert needs(found) == {"tables.orders", "tables.users"}


def test_references_in_a_task_s_values_are_dependencies_and_may_be_known_later(tmp_path: Path) -> None:
    found = only(tmp_path, "invoke: {function: api, payload: {stream: '${tables.orders.stream_arn}'}}")
    stream = FromLive(Ref("shop", ("tables", "orders")), "stream_arn")
    assert found.late == {stream: ("tasks", "t", "invoke", "payload", "stream")}
    assert isinstance(found.work, Invocation)
    assert isinstance(found.work.call.parameters["Payload"], Text)
    assert stream in found.work.call.parameters["Payload"].parts
    assert needs(found) == {"functions.api", "tables.orders"}


def test_a_task_waits_for_what_its_after_names(tmp_path: Path) -> None:
    plan = loaded(
        tmp_path,
        tasks(
            "first: {seed: {table: orders, items: []}, after: [tables.orders.indexes.by_a, functions.api]}\n"
            "t: {seed: {table: users, items: []}, after: [tasks.first, tables.old]}"
        ),
    )
    assert needs(task(plan, "first")) == {"tables.orders", "tables.orders.indexes.by_a", "functions.api"}
    assert needs(task(plan)) == {"tables.users", "tasks.first", "tables.old"}


def test_a_table_or_function_may_wait_for_a_task(tmp_path: Path) -> None:
    text = tasks("t: {seed: {table: orders, items: []}}").replace("users: {}", "users: {after: [tasks.t]}")
    text = text.replace("old: absent", "old: {ensure: absent, after: [tasks.t]}")
    plan = loaded(tmp_path, text)
    wanted = frozenset({Ref("shop", ("tasks", "t"))})
    assert resource(plan, "tables.users").needs == wanted
    assert resource(plan, "tables.old").needs == wanted


def test_sensitive_values_are_hidden_in_items_payloads_and_values(tmp_path: Path) -> None:
    seed = only(tmp_path, "seed: {table: orders, items: [{id: a, line: 1, pin: '${var.secret}'}]}")
    assert isinstance(seed.work, Seed)
    (item,) = seed.work.items
    assert item["pin"] == {"S": Text(("hush",), hidden=True)}
    invoke = only(tmp_path, "invoke: {function: api, payload: '${var.secret}'}")
    assert "hush" not in repr(invoke)
    check = only(
        tmp_path, "transact: [{check: {table: users, key: {id: a}, if: 'a = :v', values: {':v': '${var.secret}'}}}]"
    )
    assert "hush" not in repr(check)


# ------------------------------------------------------------------------------------------------------ what goes wrong

WRONG = [
    ("seed: {§table: ordrs, items: []}", "dangling-reference", "Did you mean `tables.orders`?"),
    ("seed: {§table: old, items: []}", "dangling-reference", "declares absent"),
    ("seed: {§table: slow, items: []}", "waits-for-background", "`gate: background`"),
    ("backfill: {§table: shop-orders, set: {a: 1}}", "dangling-reference", "which this plan does not declare"),
    ("transact: [{check: {§table: user, key: {id: a}, if: 'a = b'}}]", "dangling-reference", "`tables.users`"),
    ("invoke: {§function: ape}", "dangling-reference", "`functions.api`"),
    ("invoke: {function: api, §alias: gone}", "dangling-reference", "declares absent"),
    ("seed: {table: orders, items: []}, after: [§tasks.t]", "dangling-reference", "is this task itself"),
    ("seed: {table: orders, items: []}, after: [§tasks.u]", "dangling-reference", "does not declare"),
    ("seed: {table: orders, items: []}, after: [§tasks.t.x.y]", "dangling-reference", "no task"),
    ("seed: {table: orders, items: []}, after: [§tables.slow]", "waits-for-background", "tables.slow"),
    ("invoke: {function: api, payload: §'${tables.slow.arn}'}", "waits-for-background", "tables.slow"),
    ("invoke: {function: api, payload: §'${tables.nope.arn}'}", "dangling-reference", "tables.nope"),
    ("invoke: {function: api, payload: §'${item.a}'}", "", "there is none in this place"),
    ("backfill: {table: orders, set: {a: §'${itm.b}'}}", "", "Did you mean `item`?"),
    ("backfill: {table: orders, set: {a: §'x-${itm.b}'}}", "", "Did you mean `item`?"),
    ("backfill: {table: orders, remove: [a], where: §'a = ${item.b}'}", "", "there is none in this place"),
    ("seed: {table: orders, items: [{id: §'${item.a}', line: 1}]}", "", "there is none in this place"),
    ("seed: {table: orders, items: [{§id: '${var.secret}', line: 1}]}", "sensitive-value", "part of a key"),
    ("transact: [{delete: {table: users, key: {§id: '${var.secret}'}}}]", "sensitive-value", "part of a key"),
    ("seed: {table: §'${var.secret}', items: []}", "sensitive-value", "sensitive"),
    ("seed: {table: orders, items: [{id: a, §line: b}]}", "", "line"),
    ("seed: {table: orders, §file: nope.csv}", "seed-file", "nope.csv"),
    ("seed: {table: orders, §itms: []}", "unknown-key", "`items`"),
    ("seed: {table: §5, items: []}", "wrong-value", "a string"),
]


@pytest.mark.parametrize(("body", "code", "said"), WRONG, ids=lambda text: text[:60])
def test_what_is_wrong_with_a_task_is_told_at_its_place(body: str, code: str, said: str, tmp_path: Path) -> None:
    text, places_ = marked(tasks(f"t: {{{body}}}"))
    problems = refused(tmp_path, text)
    found = next(problem for problem in problems if (problem.line, problem.column) == places_[0])
    assert said in f"{found.message} {found.action}"
    assert code in ("", found.code)


def test_what_is_wrong_with_several_tasks_is_told_all_at_once(tmp_path: Path) -> None:
    text, wanted = marked(
        tasks(
            "a: {seed: {§table: nope, items: []}, §runs: once}\n"
            "b: {invoke: {function: api}, after: [§tables.nope]}\n"
            "c: {seed: {table: orders, items: [{§id: 1, line: 2}]}}"
        )
    )
    assert [place[:2] for place in places(refused(tmp_path, text))] == wanted


def test_a_circle_through_a_task_is_found(tmp_path: Path) -> None:
    text = tasks("t: {seed: {table: users, items: []}}").replace("  users: {}", "  §users: {after: [tasks.t]}")
    problem = one(tmp_path, text)
    assert problem.code == "cycle"
    assert "tables.users → tasks.t → tables.users" in problem.message


# ---------------------------------------------------------------------------------------------------------------- files


def test_a_seed_s_file_is_beside_the_plan_and_is_checked_when_it_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("id,line:N\na,1\nb,2\n", encoding="utf-8")
    found = only(tmp_path, "seed: {table: orders, file: items.csv}")
    assert isinstance(found.work, Seed)
    assert [item["id"] for item in found.work.items] == [{"S": "a"}, {"S": "b"}]


def test_what_is_wrong_in_a_seed_s_file_is_told_at_its_place_there(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("id,line:N\na,1\nb,x\n", encoding="utf-8")
    (problem,) = refused(tmp_path, tasks("t: {seed: {table: orders, file: items.csv}}"))
    assert problem.file == str(tmp_path / "items.csv")
    assert problem.line == 3


INDEXED = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    sort_key: {at: N}
    indexes:
      by_customer: {partition_key: {customer: S}, sort_key: {rank: N}}
      old: absent
    local_indexes: {by_total: {sort_key: {total: N}}}
tasks:
"""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("seed: {table: orders, items: [{id: x, at: 1, customer: 5}]}", "an index of the table has a string (S) here"),
        ("seed: {table: orders, items: [{id: x, at: 1, customer: ''}]}", "what is part of a key can't be empty"),
        ("seed: {table: orders, items: [{id: x, at: 1, customer: null}]}", "has a string (S) here, found null"),
        ("seed: {table: orders, items: [{id: x, at: 1, rank: a}]}", "an index of the table has a number (N) here"),
        ("seed: {table: orders, items: [{id: x, at: 1, total: a}]}", "an index of the table has a number (N) here"),
        ("transact: [{put: {table: orders, item: {id: x, at: 1, rank: a}}}]", "has a number (N) here"),
        ("transact: [{update: {table: orders, key: {id: x, at: 1}, set: {rank: a}}}]", "has a number (N) here"),
        ("backfill: {table: orders, set: {customer: 5}}", "has a string (S) here"),
        ('backfill: {table: orders, set: {rank: "r${item.rank_text}"}}', "has N here, and this is a string"),
        ("seed: {table: orders, file: items.csv}", "an index of the table has a number (N) here"),
    ],
)
def test_what_an_index_would_refuse_is_told(tmp_path: Path, body: str, said: str) -> None:
    (tmp_path / "items.csv").write_text("id,at:N,rank\na,1,b\n", encoding="utf-8")
    (problem,) = refused(tmp_path, f"{INDEXED}  t: {{{body}}}\n")
    assert said in problem.message
    assert problem.line


@pytest.mark.parametrize(
    "body",
    [
        "seed: {table: orders, items: [{id: x, at: 1}, {id: y, at: 1, customer: c, rank: 5, total: 2}]}",
        'backfill: {table: orders, set: {rank: "${item.rank_text}", customer: "c${item.user}"}}',
    ],
)
def test_an_item_may_lack_the_key_of_an_index(tmp_path: Path, body: str) -> None:
    assert loaded(tmp_path, f"{INDEXED}  t: {{{body}}}\n").tasks


def test_a_seed_s_file_is_read_once_however_often_a_plan_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    file.write_text("id,line:N\na,1\n", encoding="utf-8")
    sources = read([write(tmp_path, tasks("t: {seed: {table: orders, file: items.csv}}"))])
    load(sources)
    file.write_text("id,line:N\na,x\n", encoding="utf-8")
    (plan,) = load(sources, Inputs(), account="123456789012")
    assert plan.tasks
