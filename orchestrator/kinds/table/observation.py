"""Looking at a table: which reads a declaration needs, and the reads themselves."""

from collections.abc import Mapping
from typing import Any

from orchestrator.errors import Fault
from orchestrator.kinds import settings
from orchestrator.kinds.fields import Absent
from orchestrator.kinds.table.aspects import ABSENT_CODES, ASPECTS, KMS
from orchestrator.kinds.table.live import Reply, TableLive, parsed
from orchestrator.kinds.table.settings import ROWS
from orchestrator.kinds.table.spec import TableSpec
from orchestrator.model import Call
from orchestrator.ports import Cloud


def reads(spec: TableSpec | Absent) -> frozenset[str]:
    """The aspects that `spec` states."""
    if isinstance(spec, Absent):
        return frozenset()
    return settings.reads(ROWS, spec)


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
    values: dict[str, Any] = {}
    for read in sorted(filter(lambda read: _worth_reading(read, table), reads)):
        sort, _, argument = read.partition(":")
        aspect, replies = ASPECTS[sort], list[Reply]()
        request: Mapping[str, Any] | None = aspect.request(table, argument)
        try:
            while request is not None:
                replies.append(await cloud.send(Call(aspect.service, aspect.operation, request)))
                request = aspect.following(request, replies[-1])
            values[read] = aspect.value(replies)
        except Fault as fault:
            if fault.code not in aspect.excused:
                raise
            values[read] = aspect.excused[fault.code]
    keys = {read.removeprefix(f"{KMS}:"): value for read, value in values.items() if read.startswith(f"{KMS}:")}
    return parsed(table, {read: value for read, value in values.items() if read in ASPECTS}, keys)


def _worth_reading(read: str, table: Reply) -> bool:
    if table.get("TableStatus") == "DELETING":
        return False
    return not read.startswith(f"{KMS}:") or "KMSMasterKeyArn" in table.get("SSEDescription", {})
