"""All errors of a file are reported at once: one mistake hides no other, and makes no second problem out of what is right."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.model import dotted
from orchestrator.planning.nodes import plain
from orchestrator.planning.yaml_nodes import compose
from tests.planning.marks import marked
from tests.planning.plans import places, refused, write


def table(settings: str) -> str:
    return f"plan: shop\ntables: {{bills: {{{settings}}}}}\n"


def told(folder: Path, text: str) -> None:
    """The problems of a plan stand at its marks, one at each."""
    unmarked, marks = marked(text)
    assert [place[:2] for place in places(refused(folder, unmarked))] == marks


def test_all_problems_of_a_resource_are_told_at_once(tmp_path: Path) -> None:
    """A wrong type hides neither rules, names, `after`, later settings, code nor what stands beside it in a part."""
    text, marks = marked(
        """\
plan: shop
tables:
  orders:
    §name: a
    partition_key: {id: S}
    ttl: §5
    tags: {§'aws:x': a, b: §null}
    after: [§tables.nope, §7]
    indexes:
      §ab: {partition_key: {§id: N}}
      by_x: {partition_key: {x: §X}}
      by_y: {gate: §later, partition_key: {y: S}}
functions:
  f:
    memory: §5
    gate: §later
    §code: {directory: nowhere}
    environment: {§1A: x, BB: §null}
    aliases: {§'5': published, live: published}
§unknown: 1
"""
    )
    assert [place[:2] for place in places(refused(tmp_path, text))] == marks


def test_what_is_wrong_itself_is_not_missed_elsewhere(tmp_path: Path) -> None:
    """A wrong key makes no second problem out of what would be right beside a right one."""
    settings = "partition_key: {a: §X}, sort_key: {b: S}, tags: §5, prune: [tags]"
    text, marks = marked(table(settings))
    assert [place[:2] for place in places(refused(tmp_path, text))] == marks
    text, marks = marked("plan: shop\ntables: {a: {name: §5, partition_key: {a: S}, sort_key: {b: §X}, "
                         "local_indexes: {by_c: {sort_key: {c: S}}}}}\n")  # fmt: skip
    assert [place[:2] for place in places(refused(tmp_path, text))] == marks


def test_a_wrong_variable_hides_nothing(tmp_path: Path) -> None:
    text, marks = marked(
        "plan: shop\nvariables: {§a: {}, b: {type: §int}}\ntables: {orders: {name: '${var.a}', ttl: '${var.b}', §ttll: x}}\n"
    )
    assert [place[:2] for place in places(refused(tmp_path, text))] == marks


RELATIONS = (
    "ttl: §5, indexes: {by_a: {partition_key: {a: S}, §sort_key: {a: S}}, by_b: {§projction: all}}",
    "indexes: {by_a: {§sort_key: {a: S}}, by_b: {partition_key: {b: §X}}}",
    "autoscaling: {§read: {min: 5, max: 1, target: 70}}, billing: {provisioned: {read: 1, write: 1}}, "
    "replicas: {us-west-2: {point_in_time_recovery: §7, tags: {§'aws:a': b}}, §us_west: {}}",
    "partition_key: {a: S}, indexes: {by_a: {partition_key: {§a: N}, gate: §later}}, prune: [§functions]",
    "tags: {§'aws:a': x, b: §'${var.nope}'}, local_indexes: {§l1: {sort_key: {c: S}}, by_b: {sort_key: {c: §X}}}",
)


@pytest.mark.parametrize("settings", RELATIONS)
def test_a_mistake_in_a_part_hides_nothing_of_the_others(tmp_path: Path, settings: str) -> None:
    told(tmp_path, table(settings))


def test_what_functions_hold_is_related_to_each_other_beside_a_mistake(tmp_path: Path) -> None:
    text = """\
plan: shop
functions:
  f:
    memory: §'12'
    environment: {§AWS_REGION: x, GOOD: §'${tables.nope.name}'}
    vpc: {subnets: [§5], security_groups: [sg-1]}
    logging: {format: text, §level: INFO}
    aliases: {§'1': published, beta: absent}
    event_sources:
      a: {source: 'arn:aws:sqs:eu-west-1:123456789012:q', §starting_position: latest, batch_size: §0}
      b: {source: 'arn:aws:kinesis:eu-west-1:123456789012:stream/s', §alias: beta, starting_position: {at: §later}}
    after: [§functions.f]
"""
    told(tmp_path, text)


@pytest.mark.parametrize(
    "settings",
    [
        "resource_policy: {Statement: §'${var.nope}'}",
        "resource_policy: {file: §'${var.nope}'}",
        "resource_policy: {Statement: [{Effect: Allow, Action: §'${var.nope}'}]}",
    ],
)
def test_a_value_that_could_not_be_put_in_is_not_looked_at(tmp_path: Path, settings: str) -> None:
    told(tmp_path, table(settings))


def test_one_real_table_twice_is_told_beside_mistakes_of_both(tmp_path: Path) -> None:
    told(tmp_path, "plan: shop\ntables:\n  a: {name: bills, ttl: §5}\n  §bills: {ttl: §6}\n§regoin: x\n")


def test_a_reference_to_what_has_a_mistake_is_none_itself(tmp_path: Path) -> None:
    told(
        tmp_path,
        """\
plan: shop
tables:
  orders: {stream: §all, indexes: {by_a: {partition_key: {a: §X}}}}
functions:
  f:
    environment: {AB: '${tables.orders.name}', AC: '${tables.orders.indexes.by_a.arn}', AD: '${functions.g.arn}'}
    event_sources: {s: {source: '${tables.orders.stream_arn}', starting_position: latest}}
    after: [functions.g]
  g: {memory: §lots}
""",
    )


# ---------------------------------------------------------------------------------- one mistake anywhere, one problem

EVERYTHING = (Path(__file__).parent / "everything.yaml").read_text(encoding="utf-8")
POLICY = '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "dynamodb:GetItem", "Resource": "*"}]}'


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Of everything in the tables and functions of a plan; a filter's pattern takes any value."""
    inside: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        inside = value.items()
    elif isinstance(value, list):
        inside = enumerate(value)
    for key, inner in inside:
        if (path or key in ("tables", "functions")) and key != "pattern":
            yield from ([(*path, key)] if path else [])
            yield from _places(inner, (*path, key))


@pytest.mark.parametrize("wrong", [None, "${var.nope}"])
def test_one_mistake_anywhere_is_one_problem(tmp_path: Path, wrong: str | None) -> None:
    """Whatever value of a plan that has every key is wrong, that is told and nothing else, at its place."""
    write(tmp_path, POLICY, "policy.json")
    root, _ = compose(EVERYTHING.encode(), "everything.yaml")
    assert root is not None
    found: dict[str, list[str]] = {}
    for path in _places(plain(root)):
        plan = plain(root)
        del plan["requires"]
        holder = plan
        for element in path[:-1]:
            holder = holder[element]
        holder[path[-1]] = wrong
        problems = refused(tmp_path, json.dumps(plan, default=float))
        # A policy is told of as a whole, also where its file can't be one.
        places = {dotted(path), dotted(path).removesuffix(".file")}
        if len(problems) != 1 or problems[0].subject not in places:
            found[dotted(path)] = [problem.message for problem in problems]
    assert found == {}
