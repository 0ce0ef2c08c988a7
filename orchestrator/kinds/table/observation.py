"""Looking at a table: which reads a declaration needs, and the reads themselves."""

from orchestrator.errors import Fault
from orchestrator.kinds import settings
from orchestrator.kinds.fields import Absent
from orchestrator.kinds.observation import read
from orchestrator.kinds.table import deletion, indexes
from orchestrator.kinds.table.aspects import (
    ABSENT_CODES,
    ASPECTS,
    INSIGHTS,
    KMS,
    LEFTOVERS,
    POLICIES,
    READERS,
    TARGETS,
)
from orchestrator.kinds.table.live import Reply, TableLive, parsed
from orchestrator.kinds.table.settings import ROWS
from orchestrator.kinds.table.spec import TableSpec
from orchestrator.model import Call
from orchestrator.ports import Cloud

FIELDS = {LEFTOVERS: TARGETS}
"""Where an aspect is kept, where that has another name."""


def reads(spec: TableSpec | Absent) -> frozenset[str]:
    """The aspects that `spec` states."""
    if isinstance(spec, Absent):
        return deletion.READS
    if spec.replace == "recreate":
        return settings.all_reads(ROWS, spec) | indexes.reads(spec) | deletion.READS
    return settings.reads(ROWS, spec) | indexes.reads(spec)


async def observe(cloud: Cloud, name: str, reads: frozenset[str]) -> TableLive | None:
    """DescribeTable and the aspects in `reads`; None where the table is absent. Raises Fault.

    Of a table being deleted nothing more is read, and a KMS key is resolved only where the table has another one than
    the AWS-owned key: from that any differs.
    """
    try:
        table = (await cloud.send(Call("dynamodb", "DescribeTable", {"TableName": name})))["Table"]
    except Fault as fault:
        if fault.code in ABSENT_CODES:
            return None
        raise
    names = reads - {LEFTOVERS} if TARGETS in reads else reads
    aspects = await read(cloud, ASPECTS, table, (name for name in names if _worth_reading(name, table)))
    plain = {FIELDS.get(name, name): value for name, value in aspects.plain().items() if name != POLICIES}
    return parsed(table, plain, aspects.of(KMS), aspects.of(POLICIES), aspects.of(INSIGHTS))


def _worth_reading(name: str, table: Reply) -> bool:
    if table.get("TableStatus") == "DELETING":
        return False
    if name == READERS:
        return bool(table.get("StreamSpecification", {}).get("StreamEnabled"))
    return not name.startswith(f"{KMS}:") or "KMSMasterKeyArn" in table.get("SSEDescription", {})
