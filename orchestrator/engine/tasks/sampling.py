"""What a backfill would do, before it does anything: some items are read, those that it is about are counted, and a few shown."""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.kinds.task.update import Skipped, made_of, scan, segments, update
from orchestrator.model import Backfill, Call, Sample, Text, hide, walk
from orchestrator.model.work import Item, Template
from orchestrator.ports import Cloud

SHOWN = 3


async def counted(cloud: Cloud, backfill: Backfill, keys: Sequence[str], limit: int = 1000) -> Sample:
    """Read up to `limit` items of a table whose key attributes are `keys`, one segment after the other. Raises Fault."""
    found = Sample()
    for segment in segments(backfill):
        start: Item | None = None
        while found.scanned < limit:
            request = scan(backfill, keys, segment, start) | {"Limit": limit - found.scanned}
            page = await cloud.send(Call("dynamodb", "Scan", request))
            found = _with(found, backfill, keys, page)
            start = page.get("LastEvaluatedKey")
            if not start:
                break
        else:
            return found
    return Sample(found.scanned, found.matching, found.changing, found.samples, all=True)


def _with(found: Sample, backfill: Backfill, keys: Sequence[str], page: Mapping[str, Any]) -> Sample:
    items: Sequence[Item] = page.get("Items", [])
    changing = [item for item in items if not isinstance(update(backfill, keys, item), Skipped)]
    shown = changing[: SHOWN - len(found.samples)]
    return Sample(
        found.scanned + page.get("ScannedCount", len(items)),
        found.matching + len(items),
        found.changing + len(changing),
        found.samples + tuple(_shown(backfill, keys, item) for item in shown),
    )


def _shown(backfill: Backfill, keys: Sequence[str], item: Item) -> tuple[Item, Item, Item]:
    """Its key, and what is changed of it, before and after; what replaces a hidden value may be one, too."""
    before = {name: item[name] for name in (*backfill.set, *backfill.remove) if name in item}
    hidden = {name for name, template in backfill.set.items() if _is_hidden(template)}
    before |= {name: {"S": hide("")} for name in hidden & before.keys()}
    made = {name: made_of(template, item) for name, template in backfill.set.items()}
    after = {name: value for name, value in made.items() if not isinstance(value, Skipped)}
    return {name: item[name] for name in keys}, before, after


def _is_hidden(template: Template) -> bool:
    return any(isinstance(leaf, Text) and leaf.hidden for leaf in walk(template))
