"""What `status` says of a resource and of its parts: each change once, in the line of what it changes (requirement A10)."""

from pathlib import Path

import pytest

from orchestrator.errors import InvalidPlan
from orchestrator.pipeline import status_on
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

ORDERS = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    billing: on_demand
    indexes:
      by_a: {partition_key: {a: S}}
"""


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return VirtualAws(tmp_path)


async def lines(aws: VirtualAws, plan: str) -> dict[str, str]:
    """The detail of every line by its path."""
    found = await status_on(aws.opened(plan))
    return {str(line.ref): line.detail for root in found.lines for line in (root, *root.parts)}


async def test_the_change_of_a_part_is_told_in_its_own_line_and_counted_in_its_table(aws: VirtualAws) -> None:
    await aws.apply(ORDERS)
    more = ORDERS + "      by_b: {partition_key: {b: S}}\n"
    assert await lines(aws, more) == {
        "tables.orders": "1 part pending",
        "tables.orders.indexes.by_a": "",
        "tables.orders.indexes.by_b": "create index by_b",
    }
    more = more.replace("by_a: {partition_key: {a: S}}", "by_a: absent") + "    ttl: at\n"
    assert await lines(aws, more) == {
        "tables.orders": "turn time to live on (at); 2 parts pending",
        "tables.orders.indexes.by_a": "delete index by_a",
        "tables.orders.indexes.by_b": "create index by_b",
    }


async def test_a_call_that_changes_a_table_and_its_indexes_is_shared_out(aws: VirtualAws) -> None:
    await aws.apply(ORDERS)
    provisioned = ORDERS.replace("on_demand", "{provisioned: {read: 5, write: 6}}")
    assert await lines(aws, provisioned) == {
        "tables.orders": "switch billing to provisioned, 5 read and 6 write units; 1 part pending",
        "tables.orders.indexes.by_a": "set throughput of index by_a to 5 read and 6 write units",
    }


async def test_a_table_that_is_made_anew_is_told_in_a_few_words(aws: VirtualAws) -> None:
    await aws.apply(ORDERS)
    anew = ORDERS.replace("{id: S}", "{other: S}") + "    replace: recreate\npolicy: {destructive: allow}\n"
    shown = await aws.preview(anew)
    assert len(shown.graph) > 2
    told = (await lines(aws, anew))["tables.orders"]
    assert told == f"made anew, in {len(shown.graph)} steps that the preview shows"


async def test_of_many_changes_the_first_are_told_and_the_others_counted(aws: VirtualAws) -> None:
    await aws.apply(ORDERS)
    three = ORDERS + "    stream: new_image\n    ttl: at\n    tags: {team: orders}\n"
    assert (await lines(aws, three))["tables.orders"].count(";") == 2
    four = three + "    point_in_time_recovery: true\n"
    assert (await lines(aws, four))["tables.orders"].count(";") == 3
    five = four + "    deletion_protection: true\n"
    told = (await lines(aws, five))["tables.orders"]
    assert told.startswith("turn a new_image stream on; ")
    assert told.endswith("; and 2 more, which the preview shows")


async def test_a_mistake_of_the_plan_breaks_nothing_that_is_live(aws: VirtualAws) -> None:
    await aws.apply(ORDERS)
    mistaken = ORDERS.replace("{id: S}", "{other: S}")
    (line,) = (await status_on(aws.opened(mistaken))).lines
    assert (line.state, line.gate) == ("pending_change", "start")
    assert line.detail.startswith("The plan can't be carried out: ")
    # `status` has looked, which is all that it promises; who waits would wait for ever.
    with pytest.raises(InvalidPlan) as caught:
        await aws.wait(mistaken)
    assert caught.value.exit_code == 3


async def test_parts_that_come_with_their_table_are_no_changes_beside_it(aws: VirtualAws) -> None:
    found = await lines(aws, ORDERS)
    assert found["tables.orders"].startswith("create table orders")
    assert "pending" not in found["tables.orders"]
    assert found["tables.orders.indexes.by_a"] == found["tables.orders"]


async def test_a_live_index_that_the_plan_does_not_name_says_so(aws: VirtualAws) -> None:
    await aws.apply(ORDERS + "      by_b: {partition_key: {b: S}}\n")
    assert await lines(aws, ORDERS) == {
        "tables.orders": "",
        "tables.orders.indexes.by_a": "",
        "tables.orders.indexes.by_b": "not in the plan",
    }
    pruned = await lines(aws, ORDERS + "    prune: [indexes]\n")
    assert pruned["tables.orders.indexes.by_b"] == "delete index by_b"
