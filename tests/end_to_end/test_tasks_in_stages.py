"""Tasks of plans in stages, where a later stage changes, takes away or makes anew what they work on or speak of."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.end_to_end.staged import FUNCTION, Shop, steps_of

pytestmark = pytest.mark.virtual

TABLE = "{partition_key: {id: S}, billing: on_demand}"
HEAD = "plan: shop\npolicy: {destructive: allow, backup_before_delete: false}\nstages:\n"


@pytest.fixture
async def shop(tmp_path: Path) -> Shop:
    found = Shop(tmp_path)
    await found.begins()
    return found


def operations(shop: Shop) -> Sequence[str]:
    return [call.operation for call in shop.sent]


DEPLOYED_TWICE = f"""{HEAD}
  - stage: first
    functions: {{order-api: {{code: {{directory: two}}, {FUNCTION}}}}}
    tasks: {{warm: {{invoke: {{function: order-api, alias: live, payload: {{v: "${{functions.order-api.version}}"}}}}}}}}
  - stage: second
    functions: {{order-api: {{code: {{directory: one}}}}}}
"""


async def test_a_task_that_speaks_of_what_a_later_stage_changes_is_done_once(shop: Shop) -> None:
    assert (await shop.apply(DEPLOYED_TWICE)).exit_code == 0
    assert (await shop.apply(DEPLOYED_TWICE)).outcome == "nothing_to_do"
    assert operations(shop).count("Invoke") == 1


MIGRATED_BY_A_FUNCTION = f"""{HEAD}
  - stage: migrate
    tables: {{orders: {TABLE}}}
    functions: {{mig: {{code: {{directory: one}}, {FUNCTION}}}}}
    tasks: {{go: {{invoke: {{function: mig, payload: {{a: 1}}}}}}}}
  - stage: tidy
    tables: {{orders: {{tags: {{team: shop}}}}}}
    functions: {{mig: absent}}
"""


async def test_a_task_is_due_although_a_later_stage_takes_away_what_does_it(shop: Shop) -> None:
    """All the rest is there already: the merge holds, and the task has never been done."""
    foretold = await shop.preview(MIGRATED_BY_A_FUNCTION)
    report = await shop.apply(MIGRATED_BY_A_FUNCTION)
    assert (report.exit_code, steps_of(report)) == (0, {step.id: "done" for step in foretold.graph})
    assert operations(shop).count("Invoke") == 1
    assert (await shop.apply(MIGRATED_BY_A_FUNCTION)).outcome == "nothing_to_do"


REMADE = f"""{HEAD}
  - stage: first
    tables: {{orders: {TABLE}}}
    tasks: {{add: {{transact: [{{put: {{table: orders, item: {{id: total, line: 1}}}}}}]}}}}
  - stage: second
    tables: {{orders: {{partition_key: {{id: S}}, sort_key: {{line: N}}, replace: recreate}}}}
"""


async def test_a_table_that_a_later_stage_makes_anew_makes_it_due_again_in_that_run(shop: Shop) -> None:
    foretold = [step.id for step in (await shop.preview(REMADE)).graph]
    report = await shop.apply(REMADE)
    assert (report.exit_code, sorted(steps_of(report))) == (0, sorted(foretold))
    assert operations(shop).count("TransactWriteItems") == 2
    assert list(shop.items()) == ["total"], "it stands in the new table"
    assert (await shop.apply(REMADE)).outcome == "nothing_to_do"


SPOKEN_OF = f"""
plan: shop
tables: {{orders: {TABLE}}}
functions: {{order-api: {{code: {{directory: one}}, {FUNCTION}}}}}
tasks:
  count:
    run: on_change
    transact: [{{update: {{table: orders, key: {{id: total}}, add: {{n: 1}}, set: {{by: "${{functions.order-api.arn}}"}}}}}}]
"""


async def test_what_turns_out_to_say_the_same_is_not_done_again(shop: Shop) -> None:
    """Before the function is there once more nobody knows its ARN: only while running it is seen that it's the same."""
    assert (await shop.apply(SPOKEN_OF)).exit_code == 0
    shop.send("lambda", "DeleteFunction", FunctionName="order-api")
    await shop.clock.sleep(600)
    (step,) = [step for step in (await shop.preview(SPOKEN_OF)).graph if step.task]
    assert "only while it runs will be seen whether it says something else" in str(step)
    report = await shop.apply(SPOKEN_OF)
    assert (report.exit_code, steps_of(report)["tasks.count:run"], shop.counted()) == (0, "already_in_place", 1)
