"""`read` and `load`: files and folders, what a Plan holds, and that everything wrong is reported at once."""

import hashlib
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestrator.errors import InvalidPlan, Problem
from orchestrator.kinds.function.spec import FunctionSpec
from orchestrator.kinds.table import TableSpec
from orchestrator.kinds.table.spec import AbsentTable
from orchestrator.model import Policy
from orchestrator.planning.load import Inputs, Sources, load, read
from tests.planning.plans import loaded, places, refused, resource, write

PLAN = """\
version: 1
plan: orders
description: Orders by ${var.by}
account: "123456789012"
region: eu-west-1
variables:
  by: {default: customer}
policy:
  destructive: allow
  backup_before_delete: false
  deadline: 2h
functions:
  order-events:
    code: {directory: src}
    environment: {DEBUG: off, LEVEL: 0x1F, ON: true}
tables:
  orders:
    name: orders-dev
    partition_key: {order_id: S}
    indexes:
      by.customer:
        partition_key: {customer_id: S}
        projection: [total]
  old: absent
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text("def handler(event, context): return event\n", encoding="utf-8")
    return tmp_path


def problems_of(sources: Sources, inputs: Inputs | None = None) -> list[Problem]:
    with pytest.raises(InvalidPlan) as caught:
        load(sources, inputs)
    return list(caught.value.problems)


# ------------------------------------------------------------------------------------------------------ what a Plan holds


def test_a_plan_holds_what_the_file_says(folder: Path) -> None:
    plan = loaded(folder, PLAN)
    assert (plan.name, plan.description, plan.account, plan.region) == (
        "orders",
        "Orders by customer",
        "123456789012",
        "eu-west-1",
    )
    assert plan.policy == Policy(destructive=True, backup_before_delete=False, deadline=7200)
    assert plan.file == str(folder / "plan.yaml")
    assert plan.digest == f"sha256:{hashlib.sha256((folder / 'plan.yaml').read_bytes()).hexdigest()}"


def test_resources_are_tables_then_functions_each_in_the_order_written(folder: Path) -> None:
    plan = loaded(folder, PLAN)
    assert [(str(found.ref), found.name, type(found.spec)) for found in plan.resources] == [
        ("tables.orders", "orders-dev", TableSpec),
        ("tables.old", "old", AbsentTable),
        ("functions.order-events", "order-events", FunctionSpec),
    ]


def test_every_path_of_the_plan_has_its_place(folder: Path) -> None:
    plan = loaded(folder, PLAN)

    def place(*path: str | int) -> tuple[int, int]:
        found = plan.positions[path]
        return found.line, found.column

    assert place() == (1, 1)
    assert place("policy", "deadline") == (11, 3)
    assert place("tables", "orders") == (17, 3)
    assert place("tables", "orders", "indexes", "by.customer") == (21, 7)
    assert place("tables", "orders", "indexes", "by.customer", "partition_key", "customer_id") == (22, 25)
    assert place("tables", "orders", "indexes", "by.customer", "projection", 0) == (23, 22)
    assert (
        plan.where(("tables", "orders", "indexes", "by.customer", "projection", "kind"))
        == plan.positions[("tables", "orders", "indexes", "by.customer", "projection")]
    )


def test_environment_and_tags_take_every_scalar_as_it_is_written(folder: Path) -> None:
    plan = loaded(folder, PLAN.replace("ON: true", "ON1: true"))
    assert resource(plan, "functions.order-events").spec.environment == {"DEBUG": "off", "LEVEL": "0x1F", "ON1": "true"}


def test_only_what_the_plan_states_is_stated(folder: Path) -> None:
    spec = resource(loaded(folder, PLAN), "tables.orders").spec
    assert spec.model_fields_set == {"name", "partition_key", "indexes"}


def test_code_is_packaged_relative_to_the_plan_file_and_only_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(folder, PLAN)
    monkeypatch.chdir("/")
    sources = read([file])
    (first,) = load(sources)
    (folder / "src" / "app.py").write_text("changed meanwhile", encoding="utf-8")
    (second,) = load(sources, account="123456789012", region="eu-west-1")
    blob = resource(first, "functions.order-events").blobs["code"]
    assert b"app.py" in blob.data
    assert resource(second, "functions.order-events").blobs["code"] is blob
    assert resource(first, "tables.orders").blobs == {}


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("none.zip", "none.zip"),
        ("src", "is a directory"),
        ("{directory: none}", "none"),
        ('"a\\0b"', ""),
        ("{directory: ../../../../../../../../../proc/self/mem}", ""),
    ],
)
def test_code_that_is_not_there_is_a_problem_at_its_place(code: str, message: str, folder: Path) -> None:
    (problem,) = refused(folder, f"plan: p\nfunctions:\n  f:\n    code: {code}\n")
    assert message in problem.message
    assert problem.action
    assert (problem.line, problem.column, problem.subject) == (4, 5, "functions.f.code")


def test_a_plan_without_resources_is_a_plan(folder: Path) -> None:
    assert loaded(folder, "plan: p\n").resources == ()


@pytest.mark.parametrize("body", ["{}", "{tags: {}}", "{indexes: {}, tags: {}}"])
def test_a_table_may_say_nothing(body: str, folder: Path) -> None:
    assert resource(loaded(folder, f"plan: p\ntables: {{abc: {body}}}\n"), "tables.abc").name == "abc"


def test_anchors_share_parts_of_a_plan(folder: Path) -> None:
    text = (
        "plan: p\ntables:\n  abc: &t {partition_key: {id: S}, tags: &tags {team: x}}\n  xyz: *t\n  uvw: {tags: *tags}\n"
    )
    plan = loaded(folder, text)
    assert resource(plan, "tables.abc").spec == resource(plan, "tables.xyz").spec
    assert plan.positions[("tables", "xyz", "tags", "team")].line == 3
    wrong = refused(folder, text.replace("team: x", "team: null"))
    assert {problem.subject for problem in wrong} == {f"tables.{name}.tags.team" for name in ("abc", "xyz", "uvw")}


@pytest.mark.parametrize("word", ["off", "'off'", "false"])
def test_off_clears_a_setting_and_so_does_false(word: str, folder: Path) -> None:
    """Quoted or not: YAML 1.2 has no other `off`."""
    spec = resource(loaded(folder, f"plan: p\ntables: {{abc: {{stream: {word}, ttl: {word}}}}}\n"), "tables.abc").spec
    assert (spec.stream, spec.ttl) == ("off", "off")


def test_an_attribute_may_be_named_like_a_word(folder: Path) -> None:
    assert resource(loaded(folder, "plan: p\ntables: {abc: {ttl: no}}\n"), "tables.abc").spec.ttl == "no"


def test_the_same_files_give_the_same_plans(folder: Path) -> None:
    file = write(folder, PLAN)
    assert load(read([file])) == load(read([file]))


# ------------------------------------------------------------------------------------------------------ files and folders


def test_paths_may_be_strings_and_one_file_counts_once(folder: Path) -> None:
    file = write(folder, "plan: p\n")
    (folder / "link.yaml").symlink_to(file)
    assert len(load(read([str(file), file, folder]))) == 1


@contextmanager
def piped(data: bytes) -> Iterator[str]:
    """The path that a shell gives in place of `<(command)`."""
    reading, writing = os.pipe()
    os.write(writing, data)
    os.close(writing)
    try:
        yield f"/dev/fd/{reading}"
    finally:
        os.close(reading)


def test_a_pipe_can_be_read() -> None:
    with piped(b"plan: piped\n") as path:
        assert load(read([path]))[0].name == "piped"


def test_paths_in_a_piped_plan_are_relative_to_the_working_directory(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    with piped(b"plan: piped\nfunctions: {f: {code: {directory: src}}}\n") as path:
        (plan,) = load(read([path]))
    assert b"app.py" in resource(plan, "functions.f").blobs["code"].data


@pytest.mark.parametrize("sort", ["fifo", "device", "socket"])
def test_what_may_never_end_is_no_file(sort: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody writes to the pipe: reading it would wait for ever."""
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        os.mkfifo("fifo")
        name = "/dev/zero" if sort == "device" else sort
        found = [*problems_of(read([name])), *problems_of(read([]), Inputs(files=[Path(name)]))]
    for problem in found:
        assert (problem.where, problem.code, problem.message) == (
            name,
            "unreadable-file",
            "This is not a regular file.",
        )
        assert "<(command)" in problem.action
    assert len(found) == 2


def test_a_pipe_of_variables_is_read_once_for_all_loading(folder: Path) -> None:
    """A preview loads its plans again once it knows the account."""
    with piped(b"team: shop\n") as path:
        sources, inputs = read([write(folder, "plan: p\nvariables: {team: {}}\n")]), Inputs(files=[Path(path)])
        assert load(sources, inputs) == load(sources, inputs)


@pytest.mark.parametrize(
    ("name", "code", "action"),
    [
        ("order.yaml", "no-plan", "Did you mean `orders.yaml`?"),
        ("nothing-like-it", "no-plan", "Check the path; it is relative to the working directory."),
        ("empty", "no-plan", "Name the plan file, or another folder."),
        ("orders.yaml/x", "unreadable-file", "Name another file."),
        ("a\0b", "unreadable-file", "Name another file."),
    ],
)
def test_a_path_that_is_no_plan(name: str, code: str, action: str, folder: Path) -> None:
    write(folder, "plan: p\n", "orders.yaml")
    (folder / "empty").mkdir()
    (problem,) = problems_of(read([folder / name]))
    assert (problem.where, problem.code, problem.action) == (str(folder / name), code, action)


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "empty-plan"), ("# only this\n", "empty-plan"), ("- a\n", "wrong-value"), ("plan\n", "wrong-value")],
)
def test_a_file_that_is_no_mapping(text: str, code: str, folder: Path) -> None:
    (problem,) = refused(folder, text)
    assert problem.code == code
    assert "plan: NAME" in problem.action


# ------------------------------------------------------------------------------------------------------- all at once


def test_every_problem_of_every_file_is_reported_in_order(folder: Path) -> None:
    """A syntax error stops its own file only."""
    write(folder, "plan: a\ntables:\n  abc: {streem: x}\n  xyz: {ttl: 5}\n  xyz: absent\n", "a.yaml")
    write(folder, "plan: [\n", "b.yaml")
    write(
        folder,
        "plan: c\nvariables: {v: {}}\nfunctions: {f: {memory: 5, role: '${tables.t.arn}'}}\n",
        "c.yaml",
    )
    problems = problems_of(read([folder, folder / "d.yaml"]), Inputs({"w": "1"}))
    assert [(Path(problem.file).name, problem.line, problem.code) for problem in problems if problem.file] == [
        ("a.yaml", 3, "unknown-key"),
        ("a.yaml", 4, "wrong-value"),
        ("a.yaml", 5, "duplicate-key"),
        ("b.yaml", 2, "yaml-syntax"),
        ("c.yaml", 2, "missing-variable"),
        ("c.yaml", 3, "wrong-value"),
        ("c.yaml", 3, "dangling-reference"),
        ("d.yaml", None, "no-plan"),
    ]


def test_a_wrong_table_hides_nothing_of_the_others(folder: Path) -> None:
    text = "plan: p\ntables:\n  abc: {partition_key: 5, prune: [tags]}\n  cd: {}\n  efg: {name: cd!, prune: [tags]}\n"
    assert places(refused(folder, text)) == [
        (3, 24, "wrong-value"),
        (3, 35, "prune-unstated"),
        (4, 3, "bad-name"),
        (5, 9, "bad-name"),
        (5, 28, "prune-unstated"),
    ]


def test_a_file_with_very_many_problems_says_so(folder: Path) -> None:
    text = "plan: p\ntables:\n" + "".join(f"  t{number}: {{x: 1}}\n" for number in range(5000))
    problems = refused(folder, text)
    assert len(problems) == 1001
    assert problems[0].code == "too-many"


# ------------------------------------------------------------------------------------------------ several plans at once


def test_one_real_resource_that_is_declared_twice_names_both_places(folder: Path) -> None:
    one = write(folder, "plan: a\ntables:\n  x-1: {name: same}\n  x-2: {name: same}\n", "a.yaml")
    other = write(folder, "plan: b\ntables: {same: absent}\nfunctions: {same: {}}\n", "b.yaml")
    first, second = problems_of(read([one, other]))
    assert first.message == f"tables.x-2 is the same real resource as tables.x-1 at {one}:3:3: `same`."
    assert (second.file, second.line, second.code) == (str(other), 2, "same-resource")


def test_two_plans_of_one_name_say_which_file_has_it_too(folder: Path) -> None:
    one, other = (write(folder, "plan: a\n", name) for name in ("a.yaml", "b.yaml"))
    (problem,) = problems_of(read([one, other]))
    assert problem.message == f"The plan's name `a` is also that of {one}."
