"""Large and hostile plans: loaded, or refused, in seconds.

Each case was slow, or without an end, before a bound was put there. The limit is many times what they take, so that a
busy machine does not fail it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestrator.errors import InvalidPlan
from orchestrator.planning.cycles import MAX_CYCLES, arrows, order
from orchestrator.planning.load import load, read
from tests.planning.plans import write

SECONDS = 30
TABLE = """\
  t{n}:
    name: t{n}-${{var.stage}}
    partition_key: {{id: S}}
    sort_key: {{line: N}}
    billing: on_demand
    indexes:
      by_customer:
        partition_key: {{customer_id: S}}
        sort_key: {{created_at: N}}
        projection: all
      by_status: {{partition_key: {{status: S}}, projection: [a, b]}}
    stream: new_and_old_images
    tags: {{team: orders, peer: "${{tables.t{peer}.name}}"}}
    point_in_time_recovery: true
    {more}
"""


@contextmanager
def quickly() -> Iterator[None]:
    """CPU seconds of this process, so that what else runs on the machine does not count."""
    start = time.process_time()
    yield
    assert time.process_time() - start < SECONDS


def large(more: str) -> str:
    tables = "".join(TABLE.format(n=n, peer=min(n + 1, 999), more=more.format(n=n)) for n in range(1000))
    return f"plan: large\nvariables: {{stage: {{default: dev}}}}\ntables:\n{tables}"


def test_a_plan_of_a_thousand_tables(tmp_path: Path) -> None:
    file = write(tmp_path, large("ttl: at"))
    with quickly():
        (plan,) = load(read([file]))
    assert len(plan.resources) == 1000
    assert plan.resources[0].needs == {plan.resources[1].ref}


@pytest.mark.parametrize(
    "more",
    [
        "streem: x",
        "after: [tables.tx{n}]",
        'kinesis_stream: "${{tables.tq{n}.arn}}"',
        "autoscaling: {{read: {{min: 1, max: 5, target: 70}}}}",
    ],
)
def test_a_thousand_tables_each_with_a_mistake(more: str, tmp_path: Path) -> None:
    file = write(tmp_path, large(more))
    with quickly(), pytest.raises(InvalidPlan) as caught:
        load(read([file]))
    assert len(caught.value.problems) == 1001


HOSTILE = {
    "unknown keys": "tables: {abc: {" + ", ".join(f"k{n}: 1" for n in range(50_000)) + "}}",
    "dangling references": "tables: {abc: {tags: {"
    + ", ".join(f'k{n}: "${{tables.x{n}.name}}"' for n in range(30_000))
    + "}}}",
    "escapes": 'tables: {abc: {tags: {a: "' + "$${" * 1_000_000 + '"}}}',
    "references in one string": 'tables: {abc: {tags: {a: "' + "${tables.abc.name}" * 150_000 + '"}}}',
    "a long path": 'tables: {abc: {tags: {a: "${' + "a." * 1_000_000 + '}"}}}',
    "a long word": "tables: {abc: {stream: " + "x" * 3_000_000 + "}}",
    "a long name": "tables: {abc: {name: " + "a-" * 1_500_000 + "}}",
    "a list of nothing": "tables: {abc: {prune: [" + "1," * 100_000 + "]}}",
    "pairs that wait for each other": "tables: {"
    + ", ".join(f"ax{n}: {{after: [tables.bx{n}]}}, bx{n}: {{after: [tables.ax{n}]}}" for n in range(5_000))
    + "}",
    "one large circle": "tables: {"
    + ", ".join(f"tx{n}: {{after: [tables.tx{(n + 1) % 10_000}]}}" for n in range(10_000))
    + "}",
    "one name for all": "tables: {" + ", ".join(f"tx{n}: {{name: same}}" for n in range(10_000)) + "}",
    "names of each other": "tables: {"
    + ", ".join(f'tx{n}: {{name: "${{tables.tx{n * 7 % 10_000}.name}}"}}' for n in range(10_000))
    + "}",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_plan_is_refused_quickly_and_shortly(text: str, tmp_path: Path) -> None:
    file = write(tmp_path, f"plan: hostile\n{text}\n")
    with quickly(), pytest.raises(InvalidPlan) as caught:
        load(read([file]))
    assert len(caught.value.problems) <= 1001
    assert all(len(problem.message) + len(problem.action) < 2500 for problem in caught.value.problems)


def test_names_that_double_each_other_end(tmp_path: Path) -> None:
    lines = [f'  t{n}: {{name: "${{tables.t{n - 1}.name}}${{tables.t{n - 1}.name}}"}}' for n in range(1, 60)]
    file = write(tmp_path, "plan: p\ntables:\n  t0: {name: abcdefgh}\n" + "\n".join(lines) + "\n")
    with quickly(), pytest.raises(InvalidPlan) as caught:
        load(read([file]))
    assert {problem.code for problem in caught.value.problems} == {"bad-name"}


# ---------------------------------------------------------------------------------------------------------------- cycles


def test_the_order_has_each_thing_after_what_it_needs() -> None:
    assert order({"c": ["b"], "b": ["a"], "a": []}) == (["a", "b", "c"], [])


def test_a_cycle_begins_with_what_was_declared_first() -> None:
    needs = {"x": ["y"], "a": ["c"], "b": ["a"], "c": ["b", "x"], "y": []}
    assert order(needs) == (["y", "x"], [["a", "c", "b"]])


def test_after_very_many_cycles_no_more_are_looked_for() -> None:
    needs = {f"{side}{n}": [f"{'ab'[side == 'a']}{n}"] for n in range(MAX_CYCLES + 1) for side in "ab"}
    found, cycles = order(needs)
    assert (found, len(cycles)) == ([], MAX_CYCLES)


def test_a_cycle_is_shown_with_arrows_the_middle_of_a_long_one_left_out() -> None:
    assert arrows(["a", "b"]) == "a → b → a"
    shown = arrows(str(number) for number in range(1000))
    assert "→ … →" in shown
    assert len(shown) < 150
