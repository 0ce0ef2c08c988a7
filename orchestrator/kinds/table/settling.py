"""Whether a table is settled: a total function of what was observed (fact sheet 14.1).

Warm throughput, time to live and point-in-time recovery do not count: they move beside everything else. A status that is
not known is taken as one in transition and shown.
"""

from collections.abc import Iterator, Mapping

from orchestrator.kinds.table.live import IndexLive, ReplicaLive, TableLive
from orchestrator.model import Broken, Pending, Scope, Settled, Verdict

STUCK = {
    "INACCESSIBLE_ENCRYPTION_CREDENTIALS": "its KMS key can't be used",
    "ARCHIVING": "it is being archived, because its KMS key could not be used for seven days",
    "ARCHIVED": "it was archived, because its KMS key could not be used for seven days",
    "REPLICATION_NOT_AUTHORIZED": "its replication is not authorized",
}
REPLICA_STUCK = {
    **STUCK,
    "CREATION_FAILED": "it could not be created",
    "REGION_DISABLED": "its Region is disabled",
}
SSE_SETTLED = (None, "ENABLED", "DISABLED")


def verdict(table: TableLive | None, scope: Scope) -> Verdict:
    """SELF: TableStatus alone. WHOLE: with every index, replica and the encryption. An absent table is settled."""
    if table is None:
        return Settled()
    verdicts = [_of_table(table), *(_around(table) if scope is Scope.WHOLE else ())]
    broken = next((one for one in verdicts if isinstance(one, Broken)), None)
    pending = [one.status for one in verdicts if isinstance(one, Pending)]
    return broken or (Pending("; ".join(pending)) if pending else Settled())


def parts(table: TableLive | None) -> Mapping[tuple[str, str], Verdict]:
    """The verdict of each index."""
    return {("indexes", name): of_index(index) for name, index in (table.indexes if table else {}).items()}


def of_index(index: IndexLive) -> Verdict:
    if index.backfilling:
        return Pending(f"index {index.name} {index.status}, backfilling")
    return Settled() if index.status == "ACTIVE" else Pending(f"index {index.name} {index.status}")


def _of_table(table: TableLive) -> Verdict:
    if table.status in STUCK:
        kept = f"; its backup is {table.archive}" if table.archive else ""
        return Broken(f"table {table.name} is {table.status}: {STUCK[table.status]}{kept}", table.status)
    return Settled() if table.status == "ACTIVE" else Pending(f"table {table.status}")


def _around(table: TableLive) -> Iterator[Verdict]:
    yield from map(of_index, table.indexes.values())
    yield from map(_of_replica, table.replicas)
    yield from (Pending(f"{what} {status}") for what, status in table.others if status != "ACTIVE")
    if table.encryption.status not in SSE_SETTLED:
        yield Pending(f"encryption {table.encryption.status}")
    if table.restoring:  # a restore is over once the table is ACTIVE and says so (fact sheet 3)
        yield Pending("restore in progress")


def _of_replica(replica: ReplicaLive) -> Verdict:
    if replica.status in REPLICA_STUCK:
        reason = replica.description or REPLICA_STUCK[replica.status]
        return Broken(f"the replica in {replica.region} is {replica.status}: {reason}", replica.status)
    return Settled() if replica.status == "ACTIVE" else Pending(f"replica in {replica.region} {replica.status}")
