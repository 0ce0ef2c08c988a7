"""Looking at a table: which reads a declaration needs, and the reads themselves, in other Regions too."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from orchestrator.errors import Fault
from orchestrator.kinds import settings
from orchestrator.kinds.kms import KMS
from orchestrator.kinds.observation import Abroad, read, split
from orchestrator.kinds.table import deletion, global_scaling, indexes, inheritance, replicas
from orchestrator.kinds.table.aspects import (
    ABROAD,
    ABSENT_CODES,
    ASPECTS,
    BACKUPS,
    DORMANT,
    EARLIER,
    ELSEWHERE,
    FOLLOWED,
    INHERITED,
    LEFT,
    LEFTOVERS,
    READERS,
    TARGETS,
    UNREADABLE_CODES,
)
from orchestrator.kinds.table.live import ReplicaLive, Reply, ScalableTarget, TableLive, billed_on_demand, parsed
from orchestrator.kinds.table.seen import Elsewhere, Seen
from orchestrator.kinds.table.settings import ROWS
from orchestrator.kinds.table.spec import AbsentTable, TableSpec
from orchestrator.model import UNREAD, Call, Unread
from orchestrator.ports import Cloud, Together, in_turn


def reads(spec: TableSpec | AbsentTable) -> frozenset[str]:
    """The aspects that `spec` states."""
    if isinstance(spec, AbsentTable):
        return deletion.READS | replicas.reads(spec) | {LEFT}
    if spec.replace == "recreate":
        return settings.all_reads(ROWS, spec) | _of_parts(spec) | deletion.READS
    readers = frozenset({f"{READERS}:{spec.stream}"} if spec.stream else ())
    return settings.reads(ROWS, spec) | _of_parts(spec) | readers


def _of_parts(spec: TableSpec) -> frozenset[str]:
    return indexes.reads(spec) | replicas.reads(spec) | global_scaling.reads(spec) | inheritance.reads(spec)


async def observe(cloud: Cloud, name: str, reads: frozenset[str], together: Together = in_turn) -> Seen:
    """DescribeTable and the aspects in `reads`; None where the table is absent. Raises Fault.

    Each replica is described in its own Region too, with what is FOLLOWED there, and so is what stands under this name in the
    Regions that `reads` names.
    """
    there = _by_region(reads)
    followed = {name for name in reads if split(name)[0] in FOLLOWED}
    try:
        table = await _described(cloud, name)
    except Fault as fault:
        if fault.code not in ABSENT_CODES:
            raise
        asked = there if ELSEWHERE in reads else ()
        found = await together({region: partial(_abroad, cloud, region, name, ()) for region in asked})
        seen = {region: one for region, one in found.items() if one is not None}
        left = await _left(cloud, {"TableName": name}, reads)
        return Elsewhere(seen, left) if seen or left else None
    names = {name for name in reads if split(name)[0] not in (ABROAD, ELSEWHERE, LEFT, INHERITED, *FOLLOWED)}
    live = await _with_aspects(cloud, table, names)
    regions = [*live.replicas, *(region for region in there if region not in live.replicas)]
    asked_there = {
        region: {*there.get(region, ()), *(followed if region in live.replicas else ())} for region in regions
    }
    found = await together({region: partial(_abroad, cloud, region, name, asked_there[region]) for region in regions})
    scaled = [region for region, aspects in there.items() if LEFTOVERS in aspects]
    return replace(
        live,
        replicas={region: _with_own(replica, found[region]) for region, replica in live.replicas.items()},
        elsewhere={region: one for region, one in found.items() if region not in live.replicas},
        leftovers=await together({region: partial(_leftovers, Abroad(cloud, region), table) for region in scaled}),
        left=await _left(cloud, table, reads),
    )


async def _described(cloud: Cloud, name: str) -> Reply:
    table: Reply = (await cloud.send(Call("dynamodb", "DescribeTable", {"TableName": name})))["Table"]
    return table


async def _left(cloud: Cloud, table: Reply, reads: frozenset[str]) -> Mapping[tuple[str, str], ScalableTarget]:
    """The targets of what is not there, or goes: of the named indexes, and of the table, which where it is absent has no
    description but its name.
    """
    sorts = {LEFT, INHERITED} if INHERITED in reads else {LEFT}
    named = {argument for sort, argument in map(split, reads) if sort in sorts and argument}
    gone = named - {index["IndexName"] for index in table.get("GlobalSecondaryIndexes", ())}
    absent = not sorts.isdisjoint(reads) and table.get("TableStatus", "DELETING") == "DELETING"
    if not (gone or absent):
        return {}
    asked = {"TableName": table["TableName"], "GlobalSecondaryIndexes": [{"IndexName": name} for name in sorted(gone)]}
    found = await _leftovers(cloud, asked)
    return {} if found is UNREAD else {key: one for key, one in found.items() if absent or key[0] in gone}


async def _with_aspects(cloud: Cloud, table: Reply, names: Iterable[str]) -> TableLive:
    """Of a table being deleted nothing more is read, and a KMS key is resolved only where the table has another one than the
    AWS-owned key: from that any differs.
    """
    asked = {name for name in names if _worth_reading(name, table)}
    asked -= {LEFTOVERS, DORMANT} if TARGETS in asked else set()
    asked -= {DORMANT} if LEFTOVERS in asked else set()
    asked -= {EARLIER} if BACKUPS in asked else set()
    aspects = await read(cloud, ASPECTS, table, asked)
    return parsed(table, aspects.fields(ASPECTS))


def _worth_reading(name: str, table: Reply) -> bool:
    if table.get("TableStatus") == "DELETING":
        return False
    sort, argument = split(name)
    if sort == READERS:
        stream = table.get("StreamSpecification", {})
        ends = bool(stream.get("StreamEnabled")) and stream.get("StreamViewType", "").lower() != argument
        return ends and "LatestStreamArn" in table
    if sort == DORMANT:
        return not billed_on_demand(table)
    return not name.startswith(f"{KMS}:") or "KMSMasterKeyArn" in table.get("SSEDescription", {})


# -------------------------------------------------------------------------------------------------------- other Regions


def _by_region(reads: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """The aspects to read in each Region that is named."""
    found: dict[str, tuple[str, ...]] = {}
    for name in sorted(reads):
        sort, argument = split(name)
        if sort == ABROAD:
            region, aspect = split(argument)
            found[region] = (*found.get(region, ()), *filter(None, (aspect,)))
    return found


async def _abroad(cloud: Cloud, region: str, name: str, aspects: Iterable[str]) -> TableLive | Unread | None:
    """The table of this name in another Region; None where it has none, UNREAD where nobody may look."""
    there = Abroad(cloud, region)
    try:
        table = await _described(there, name)
    except Fault as fault:
        if fault.code in UNREADABLE_CODES:
            return UNREAD
        if fault.code in ABSENT_CODES:
            return None
        raise
    return await _with_aspects(there, table, (aspect for aspect in aspects if aspect != LEFTOVERS))


def _with_own(replica: ReplicaLive, own: TableLive | Unread | None) -> ReplicaLive:
    return replace(replica, own=own)


async def _leftovers(cloud: Cloud, table: Reply) -> Any:
    """The scalable targets of a table, or of its copy in another Region: they are named after it, and outlive it."""
    return (await read(cloud, ASPECTS, table, [LEFTOVERS])).of(LEFTOVERS)[""]
