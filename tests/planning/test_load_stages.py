"""Stages: each is the plan of all that is said up to it, and nothing is told twice."""

from pathlib import Path
from typing import Any, get_args

import pytest

from orchestrator.kinds.fields import Absent, Node
from orchestrator.kinds.function.spec import FunctionSpec
from orchestrator.kinds.table.spec import TableSpec
from orchestrator.model import Plan
from orchestrator.planning.legal import members
from orchestrator.planning.stages import PIECEMEAL
from tests.planning.marks import marked
from tests.planning.mistakes import one
from tests.planning.plans import loaded, places, refused, resource


def staged(*bodies: str) -> str:
    """A plan with these stages, called s1, s2, …"""
    lines = "".join(f"  - {{stage: s{number}, {body}}}\n" for number, body in enumerate(bodies, 1))
    return f"plan: shop\nstages:\n{lines}"


def spec(plan: Plan, path: str = "tables.orders") -> Any:
    return resource(plan, path).spec


def names(plan: Plan) -> list[str]:
    return [str(found.ref) for found in plan.resources]


def test_each_stage_is_a_plan_with_all_that_was_said_before(tmp_path: Path) -> None:
    plan = loaded(
        tmp_path,
        staged(
            "tables: {orders: {indexes: {by_a: {partition_key: {a: S}}}}}",
            "functions: {api: {runtime: python3.13}}",
            "tables: {orders: {indexes: {by_b: absent}}}",
        ),
    )
    assert [stage.stage for stage in plan.stages] == ["s1", "s2", "s3"]
    assert [names(stage) for stage in plan.stages] == [
        ["tables.orders"],
        ["tables.orders", "functions.api"],
        ["tables.orders", "functions.api"],
    ]
    assert [list(spec(stage).indexes) for stage in plan.stages] == [["by_a"], ["by_a"], ["by_a", "by_b"]]
    assert (plan.stage, plan.resources) == (None, plan.stages[-1].resources)
    assert all(not stage.stages and stage.name == "shop" for stage in plan.stages)


def test_what_holds_for_the_plan_holds_for_each_stage(tmp_path: Path) -> None:
    text = "policy: {destructive: allow}\naccount: '123456789012'\nvariables: {v: {default: x}}\n" + staged(
        "tables: {orders: {name: 'orders-${var.v}'}}"
    )
    plan = loaded(tmp_path, text)
    (stage,) = plan.stages
    assert (stage.policy, stage.account, stage.digest) == (plan.policy, "123456789012", plan.digest)
    assert plan.policy.destructive
    assert resource(stage, "tables.orders").name == "orders-x"


def test_a_plan_has_no_stages_of_itself(tmp_path: Path) -> None:
    assert loaded(tmp_path, "plan: shop\nstages: []\ntables: {orders: {}}\n").stages == ()


# ------------------------------------------------------------------------------------------------------------- merging

MERGES = [
    ("tags: {a: '1', b: '2'}", "tags: {b: '3'}", "tags: {a: '1', b: '3'}"),
    ("ttl: at", "ttl: off", "ttl: off"),
    ("ttl: at, stream: new_image", "stream: off", "ttl: at, stream: off"),
    ("partition_key: {a: S}, sort_key: {b: S}", "partition_key: {c: S}", "partition_key: {c: S}"),
    ("warm_throughput: {read: 12000}", "warm_throughput: {write: 4000}", "warm_throughput: {read: 12000, write: 4000}"),
    (
        "billing: {on_demand: {max_read: 9}}",
        "billing: {on_demand: {max_write: 9}}",
        "billing: {on_demand: {max_write: 9}}",
    ),
    ("indexes: {by_a: {partition_key: {a: S}}}", "indexes: {by_a: absent}", "indexes: {by_a: absent}"),
    ("indexes: {by_a: absent}", "indexes: {by_a: {partition_key: {a: S}}}", "indexes: {by_a: {partition_key: {a: S}}}"),
    (
        "indexes: {by_a: {partition_key: {a: S}, projection: keys_only}}",
        "indexes: {by_a: {replace: recreate, projection: [x]}}",
        "indexes: {by_a: {partition_key: {a: S}, projection: [x], replace: recreate}}",
    ),
    (
        "indexes: {by_a: {partition_key: {a: S}, sort_key: {b: S}}}",
        "indexes: {by_a: {partition_key: {c: S}}}",
        "indexes: {by_a: {partition_key: {c: S}}}",
    ),
    (
        "replicas: {us-west-2: {tags: {a: '1'}, table_class: standard}}",
        "replicas: {us-west-2: {tags: {b: '2'}}}",
        "replicas: {us-west-2: {tags: {a: '1', b: '2'}, table_class: standard}}",
    ),
    ("resource_policy: {Statement: [], Id: x}", "resource_policy: off", "resource_policy: off"),
    ("autoscaling: off", "ttl: at", "autoscaling: off, ttl: at"),
]


@pytest.mark.parametrize(("first", "second", "merged"), MERGES, ids=lambda text: text[:50])
def test_what_a_later_stage_says_of_a_table(first: str, second: str, merged: str, tmp_path: Path) -> None:
    if first.startswith("resource_policy"):
        first = (
            "resource_policy: {Statement: [{Effect: Allow, Principal: '*', Action: 'dynamodb:GetItem', Resource: '*'}]}"
        )
    plan = loaded(tmp_path, staged(f"tables: {{orders: {{{first}}}}}", f"tables: {{orders: {{{second}}}}}"))
    plain = loaded(tmp_path, f"plan: shop\ntables: {{orders: {{{merged}}}}}\n")
    assert spec(plan) == spec(plain)
    assert spec(plan.stages[0]) != spec(plan)


FUNCTIONS = [
    ("environment: {AA: '1', BB: '2'}", "environment: {AA: '3'}", "environment: {AA: '3'}"),
    ("aliases: {live: published, beta: '1'}", "aliases: {live: '2'}", "aliases: {live: '2', beta: '1'}"),
    (
        "aliases: {live: {version: '1', weights: {'2': 0.1}}}",
        "aliases: {live: {version: '2'}}",
        "aliases: {live: {version: '2'}}",
    ),
    ("vpc: {subnets: [subnet-1], security_groups: [sg-1]}", "vpc: off", "vpc: off"),
    (
        "logging: {format: json, level: INFO}",
        "logging: {group: g}",
        "logging: {group: g}",
    ),
    (
        "url: {auth: aws_iam, cors: {allow_origins: ['*'], max_age: 5s}}",
        "url: {auth: none, cors: {allow_origins: ['*']}}",
        "url: {auth: none, cors: {allow_origins: ['*']}}",
    ),
    ("async_invoke: {retries: 1}", "async_invoke: {max_age: 1h}", "async_invoke: {retries: 1, max_age: 1h}"),
    (
        "permissions: {p: {principal: s3.amazonaws.com, source_account: '123456789012'}}",
        "permissions: {p: {principal: sns.amazonaws.com}}",
        "permissions: {p: {principal: sns.amazonaws.com}}",
    ),
    (
        "event_sources: {e: {source: 'arn:aws:sqs:eu-west-1:123456789012:q', batch_size: 5, filter: [{pattern: x}]}}",
        "event_sources: {e: {source: 'arn:aws:sqs:eu-west-1:123456789012:q', filter: [{pattern: y}]}}",
        "event_sources: {e: {source: 'arn:aws:sqs:eu-west-1:123456789012:q', batch_size: 5, filter: [{pattern: y}]}}",
    ),
]


@pytest.mark.parametrize(("first", "second", "merged"), FUNCTIONS, ids=lambda text: text[:50])
def test_what_a_later_stage_says_of_a_function(first: str, second: str, merged: str, tmp_path: Path) -> None:
    plan = loaded(tmp_path, staged(f"functions: {{api: {{{first}}}}}", f"functions: {{api: {{{second}}}}}"))
    plain = loaded(tmp_path, f"plan: shop\nfunctions: {{api: {{{merged}}}}}\n")
    assert spec(plan, "functions.api") == spec(plain, "functions.api")


def test_a_thing_that_goes_or_comes_back_is_still_the_one_that_was_named(tmp_path: Path) -> None:
    goes = loaded(tmp_path, staged("tables: {orders: {name: shop-orders, ttl: at}}", "tables: {orders: absent}"))
    assert resource(goes, "tables.orders").name == "shop-orders"
    assert isinstance(spec(goes), Absent)
    back = loaded(tmp_path, staged("tables: {orders: {ensure: absent, name: x-y}}", "tables: {orders: {ttl: at}}"))
    assert resource(back, "tables.orders").name == "x-y"
    assert spec(back).ttl == "at"
    source = "arn:aws:sqs:eu-west-1:123456789012:q"
    mapping = loaded(
        tmp_path,
        staged(
            f"functions: {{api: {{aliases: {{live: '1'}}, event_sources: {{e: {{source: '{source}', alias: live}}}}}}}}",
            "functions: {api: {event_sources: {e: absent}}}",
        ),
    )
    gone = spec(mapping, "functions.api").event_sources["e"]
    assert (gone.ensure, gone.source, gone.alias) == ("absent", source, "live")


WHOLE = {
    "tables.*.partition_key",
    "tables.*.sort_key",
    "tables.*.billing",
    "tables.*.autoscaling.*",
    "tables.*.point_in_time_recovery",
    "tables.*.encryption",
    "tables.*.resource_policy",
    "tables.*.indexes.*.partition_key",
    "tables.*.indexes.*.sort_key",
    "tables.*.indexes.*.projection",
    "tables.*.indexes.*.billing",
    "tables.*.indexes.*.autoscaling.*",
    "tables.*.local_indexes.*",
    "tables.*.replicas.*.point_in_time_recovery",
    "tables.*.replicas.*.encryption",
    "functions.*.code",
    "functions.*.environment",
    "functions.*.vpc",
    "functions.*.logging",
    "functions.*.image",
    "functions.*.aliases.*",
    "functions.*.permissions.*",
    "functions.*.url.*",
    "functions.*.event_sources.*.starting_position",
}
"""Mappings that are one value."""


def mappings(model: type[Node], path: tuple[str, ...]) -> set[tuple[str, ...]]:
    """Where a mapping may stand below a model, as deep as they are merged."""
    found: set[tuple[str, ...]] = set()
    for name, field in model.model_fields.items():
        key = field.alias or name if len(path) % 2 == 0 else "*"
        inner = (*path, key)
        found |= of_type(field.annotation, inner) if name not in model.INTERNAL else set()
    return found


def of_type(annotation: Any, path: tuple[str, ...]) -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    for member in members(annotation):
        is_node = isinstance(member, type) and issubclass(member, Node) and not issubclass(member, Absent)
        if is_node or getattr(member, "__origin__", None) is dict:
            found.add(path)
        if is_node and path in PIECEMEAL:
            found |= mappings(member, path)
        elif getattr(member, "__origin__", None) is dict and path in PIECEMEAL:
            found |= of_type(get_args(member)[1], (*path, "*"))
    return found


def test_of_every_mapping_of_the_language_it_is_known_whether_it_is_one_value() -> None:
    found = mappings(TableSpec, ("tables", "*")) | mappings(FunctionSpec, ("functions", "*"))
    roots = {("tables",), ("tables", "*"), ("functions",), ("functions", "*"), ("tasks",)}
    assert {".".join(path) for path in found - PIECEMEAL} == WHOLE
    assert found | roots >= PIECEMEAL


# ----------------------------------------------------------------------------------------------------- what goes wrong

WRONG = [
    ("plan: shop\nstages: [{§tables: {}}]\n".replace("{§", "§{"), "missing-key", "stages[0].stage is missing"),
    ("plan: shop\nstages: [{stage: §''}]\n", "wrong-value", "the name of a stage"),
    ('plan: shop\nstages: [{stage: §"a\\nb"}]\n', "wrong-value", "one line"),
    ("plan: shop\nstages: [{stage: §5}]\n", "wrong-value", "the name of a stage"),
    ("plan: shop\nstages: [{stage: a}, {§stage: a}]\n", "same-stage", "an earlier stage already"),
    ("plan: shop\nstages: [§a]\n", "wrong-value", "a mapping of stage"),
    ("plan: shop\n§stages: {a: {tables: {orders: {ttl: 5}}}}\n", "wrong-value", "expected a list"),
    (staged("§tables: []"), "wrong-value", "a mapping"),
    (staged("§tabels: {}"), "unknown-key", "no key `tabels`"),
    (staged("tables: {orders: {§tll: at}}", "tables: {orders: {stream: off}}"), "unknown-key", "tables.orders.tll"),
    (staged("tables: {orders: {ttl: §5}}", "tables: {orders: {ttl: off}}"), "wrong-value", "tables.orders.ttl"),
    (staged("tables: {orders: {indexes: {by_a: {§gate: background}}}}", ""), "waits-for-background", "by_a.gate"),
    (
        staged("tables: {orders: {§gate: background}}", "tables: {orders: {gate: start}}"),
        "waits-for-background",
        "gate",
    ),
    (staged("functions: {api: {§gate: background}}", ""), "waits-for-background", "functions.api.gate"),
    (
        staged("functions: {api: {environment: {TABLE: §'${tables.orders.name}'}}}", "tables: {orders: {}}"),
        "reference",
        "only a later stage declares: `s2`",
    ),
    (
        staged(
            "functions: {api: {after: [§tables.orders.indexes.by_b]}}, tables: {orders: {indexes: {by_a: {}}}}",
            "tables: {orders: {ttl: at}}",
            "tables: {orders: {indexes: {by_b: {}}}}",
        ),
        "dangling-reference",
        "tables.orders.indexes.by_b, which only a later stage declares: `s3`",
    ),
    (
        staged("functions: {api: {after: [§tables.orders]}}", "tables: {orders: {}}"),
        "dangling-reference",
        "only a later stage declares: `s2`",
    ),
    (
        staged(
            "functions: {api: {environment: {TABLE: §'${tables.orders.arn}'}}}, tables: {orders: {}}",
            "tables: {orders: absent}",
        ),
        "dangling-reference",
        "declares absent",
    ),
    (staged("tables: {abc: {name: x-y}}", "tables: {§bcd: {name: x-y}}"), "same-resource", "`x-y`"),
    ("plan: shop\nstages:\n" + "  - {stage: §'${tables.orders.name}', tables: {orders: {}}}\n", "", "tables.orders"),
]


@pytest.mark.parametrize(("text", "code", "said"), WRONG, ids=lambda text: text.replace("\n", " ")[-60:])
def test_what_is_wrong_in_a_stage_is_told_once(text: str, code: str, said: str, tmp_path: Path) -> None:
    problem = one(tmp_path, text)
    assert said in f"{problem.message} {problem.action}"
    assert code in ("", "reference", problem.code)


def test_what_is_wrong_in_several_stages_is_told_all_at_once(tmp_path: Path) -> None:
    text, wanted = marked(
        staged("tables: {orders: {ttl: §5}}", "functions: {api: {memory: §1}}", "tables: {orders: {stream: §x}}")
        + "§polcy: {}\n"
    )
    assert [place[:2] for place in places(refused(tmp_path, text))] == wanted


def test_a_thing_may_be_in_the_background_in_the_last_stage(tmp_path: Path) -> None:
    text = staged(
        "tables: {orders: {}}", "tables: {orders: {indexes: {by_a: {partition_key: {a: S}, gate: background}}}}"
    )
    assert loaded(tmp_path, text).stages[1].resources


def test_stages_beside_tables_are_told_and_nothing_else_is_wrong_for_that(tmp_path: Path) -> None:
    text = "plan: shop\ntables: {orders: {}}\n§stages: [{stage: a, functions: {api: {after: [tables.orders]}}}]\n"
    assert one(tmp_path, text).code == "stages-beside"


def test_a_plan_has_no_more_stages_than_can_be_looked_through(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, staged(*["tables: {}"] * 51))
    assert "at most 50" in problem.message
    tags = ", ".join(f"t{number}: x" for number in range(5000))
    problems = refused(tmp_path, staged(f"tables: {{orders: {{tags: {{{tags}}}}}}}", *["tables: {}"] * 45))
    assert "too-large" in {problem.code for problem in problems}


# --------------------------------------------------------------------------------------------------------------- tasks

FILL = "tasks: {fill: {backfill: {table: old, set: {a: '${tables.new.name}'}}}}"


def tasks(plan: Plan) -> list[str]:
    return [str(task.ref) for task in plan.tasks]


def test_a_task_is_part_of_every_stage_after_its_own(tmp_path: Path) -> None:
    plan = loaded(
        tmp_path, staged("tables: {old: {name: old-one}, new: {name: new-one}}", FILL, "tables: {new: {ttl: at}}")
    )
    assert [tasks(stage) for stage in plan.stages] == [[], ["tasks.fill"], ["tasks.fill"]]


@pytest.mark.parametrize("gone", ["tables: {old: absent}", "tables: {new: {ensure: absent, after: [tasks.fill]}}"])
def test_a_task_that_was_done_is_no_part_of_the_stage_that_takes_away_what_it_names(gone: str, tmp_path: Path) -> None:
    plan = loaded(tmp_path, staged("tables: {old: {name: old-one}, new: {name: new-one}}", FILL, gone))
    assert [tasks(stage) for stage in plan.stages] == [[], ["tasks.fill"], []]


@pytest.mark.parametrize("item", ["table: old", "function: api, alias: live", "after: [tables.old]"])
def test_what_an_item_says_names_nothing(item: str, tmp_path: Path) -> None:
    seed = f"tasks: {{fill: {{seed: {{table: new, items: [{{id: a, {item}}}]}}}}}}"
    there = "tables: {old: {name: old-one}, new: {name: new-one, partition_key: {id: S}}}"
    plan = loaded(tmp_path, staged(there, seed, "tables: {old: absent}, functions: {api: absent}"))
    assert [tasks(stage) for stage in plan.stages] == [[], ["tasks.fill"], ["tasks.fill"]]


def test_a_task_names_nothing_that_its_own_stage_takes_away(tmp_path: Path) -> None:
    fill = FILL.replace("table: old", "§table: old")
    text = staged("tables: {old: {name: old-one}, new: {name: new-one}}", f"{fill}, tables: {{old: absent}}")
    assert "declares absent" in one(tmp_path, text).message


def test_a_task_that_is_said_again_is_the_later_one(tmp_path: Path) -> None:
    seed = "tasks: {t: {seed: {table: old, items: [{id: a}]}, run: always}}"
    plan = loaded(
        tmp_path, staged("tables: {old: {name: old-one}}", seed, "tasks: {t: {seed: {table: old, items: []}}}")
    )
    assert [[task.run for task in stage.tasks] for stage in plan.stages] == [[], ["always"], ["once"]]


def test_only_the_last_stage_prunes(tmp_path: Path) -> None:
    tags = "tables: {orders: {tags: {a: b}, prune: [tags]}}"
    (problem,) = refused(tmp_path, staged(tags, "tables: {users: {}}"))
    assert "only the last stage may prune" in problem.message
    assert spec(loaded(tmp_path, staged("tables: {orders: {}}", tags))).prune == ("tags",)


def test_stages_are_about_the_same_real_things(tmp_path: Path) -> None:
    text = staged("tables: {orders: {name: orders-1}}", "tables: {orders: {name: orders-2}}")
    (problem,) = refused(tmp_path, text)
    assert "two real things" in problem.message
