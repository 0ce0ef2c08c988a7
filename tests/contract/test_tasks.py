"""Whole runs of tasks on items: a seed, a transaction with its marker, and a backfill come out alike in every world."""

import tempfile
from pathlib import Path

from orchestrator.adapters.stores import open_store
from orchestrator.engine.pacing import CHANCE
from tests.contract.worlds import World, contract
from tests.end_to_end.seeding import Endpoint, written

ITEMS = 120
PLAN = """
version: 1
plan: {name}
tables:
  {name}:
    partition_key: {{id: S}}
    sort_key: {{line: N}}
    billing: on_demand
tasks:
  fill:
    seed: {{table: {name}, file: items.jsonl, if_exists: overwrite}}
  count:
    transact:
      - put: {{table: {name}, item: {{id: total, line: 0, count: 1}}, if_absent: true}}
      - update: {{table: {name}, key: {{id: i000000, line: 0}}, add: {{count: 2}}}}
      - check: {{table: {name}, key: {{id: i000001, line: 1}}, if: attribute_exists(id)}}
    after: [tasks.fill]
  label:
    backfill:
      table: {name}
      set: {{label: "${{item.id}}: ${{item.text}}"}}
      where: attribute_not_exists(label)
      segments: 3
    after: [tasks.count]
"""


@contract
async def test_tasks_are_done_once_and_every_item_is_as_they_say(items: World) -> None:
    name = items.table("tasks")
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"dynamodb://{items.table('state')}", items.cloud, items.clock, CHANCE)
        assert store is not None
        at = Endpoint(items.cloud, Path(folder), store, items.clock)
        written(at.folder / "items.jsonl", ITEMS)
        report = await at.apply(PLAN.format(name=name))
        assert report.exit_code == 0, report
        again = await at.apply(PLAN.format(name=name))
        assert again.outcome == "nothing_to_do", again
    assert await at.count(name) == ITEMS + 1
    found = await at.items(name)
    assert found.pop("total") == {"id": {"S": "total"}, "line": {"N": "0"}, "count": {"N": "1"}}
    assert found["i000000"]["count"] == {"N": "2"}, "added once"
    assert {key: one["label"]["S"] for key, one in found.items()} == {
        key: f"{key}: {one['text']['S']}" for key, one in found.items()
    }
