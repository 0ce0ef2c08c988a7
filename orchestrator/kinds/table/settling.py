"""Whether a table is settled: a total function of what was observed (fact sheet 14.1).

Warm throughput, time to live, point-in-time recovery, contributor insights and Kinesis destinations do not count: they move
beside everything else. A status that is not known is taken as one in transition and shown.
"""

from collections.abc import Iterator, Mapping, Sequence

from orchestrator.kinds.table.live import IndexLive, ReplicaLive, TableLive
from orchestrator.kinds.table.spec import INDEXES, REPLICAS
from orchestrator.model import Broken, Pending, Scope, Settled, Verdict

STUCK = {
    "INACCESSIBLE_ENCRYPTION_CREDENTIALS": "its KMS key can't be used",
    "ARCHIVING": "it is being archived, because its KMS key could not be used for seven days",
    "ARCHIVED": "it was archived, because its KMS key could not be used for seven days",
    "REPLICATION_NOT_AUTHORIZED": "its replication is not authorized",
}
ARCHIVES = ("ARCHIVING", "ARCHIVED")
"""What nothing brings back: AWS keeps a backup of it (fact sheet 1.2)."""
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
    return broken or _together([one for one in verdicts if isinstance(one, Pending)])


def _together(pending: Sequence[Pending]) -> Verdict:
    """All that moves, as far as what is least far."""
    if not pending:
        return Settled()
    told = [one.progress for one in pending if one.progress is not None]
    return Pending("; ".join(one.status for one in pending), min(told, default=None))


def parts(table: TableLive | None) -> Mapping[tuple[str, str], Verdict]:
    """The verdict of each index and of each replica."""
    if table is None:
        return {}
    indexes = {(INDEXES, name): of_index(index) for name, index in table.indexes.items()}
    return indexes | {(REPLICAS, region): of_replica(replica, table) for region, replica in table.replicas.items()}


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
    yield from (of_replica(replica, table) for replica in table.replicas.values())
    yield from (
        Pending(f"table in {region} DELETING")
        for region, other in table.elsewhere.items()
        if isinstance(other, TableLive) and other.status == "DELETING"
    )
    yield from (Pending(f"{what} {status}") for what, status in table.others if status != "ACTIVE")
    if table.encryption.status not in SSE_SETTLED:
        yield Pending(f"encryption {table.encryption.status}")
    if table.restoring:  # a restore is over once the table is ACTIVE and says so (fact sheet 3)
        yield Pending("restore in progress")


def of_replica(replica: ReplicaLive, table: TableLive) -> Verdict:
    """ACTIVE as this Region lists it and in its own Region, with all indexes (fact sheet 8.1, 8.2)."""
    listed = _listed(replica)
    return _abroad(replica.seen, replica.region, table) if replica.seen and listed == Settled() else listed


def of_its_table(replica: ReplicaLive) -> Verdict:
    """The same by the table there alone, whatever its indexes do: what calls of other operations than UpdateTable wait for."""
    listed = _listed(replica)
    if replica.seen is None or listed != Settled():
        return listed
    own = _of_table(replica.seen)
    return Pending(f"in {replica.region}: {own.status}") if isinstance(own, Pending) else own


def _listed(replica: ReplicaLive) -> Verdict:
    """As this Region lists it, and known there; where its own Region may not be read only the list counts."""
    if replica.status in REPLICA_STUCK:
        reason = replica.description or REPLICA_STUCK[replica.status]
        return Broken(f"the replica in {replica.region} is {replica.status}: {reason}", replica.status)
    if replica.status != "ACTIVE":
        return Pending(f"replica in {replica.region} {replica.status}", replica.progress)
    return Pending(f"replica in {replica.region} not known there yet") if replica.own is None else Settled()


def _abroad(own: TableLive, region: str, table: TableLive) -> Verdict:
    """An index that one Region has and the other has not is on its way (fact sheet 8.2)."""
    if own.status in STUCK:
        return Broken(f"the replica in {region} is {own.status}: {STUCK[own.status]}", own.status)
    moving = [] if own.status == "ACTIVE" else [Pending(f"table {own.status}")]
    moving += [one for one in map(of_index, own.indexes.values()) if isinstance(one, Pending)]
    if own.encryption.status not in SSE_SETTLED:
        moving.append(Pending(f"encryption {own.encryption.status}"))
    if not moving and table.status == own.status:
        unlike = sorted(own.indexes.keys() ^ table.indexes.keys())
        moving += [Pending(f"index {name} not the same everywhere yet") for name in unlike]
    return _together([Pending(f"in {region}: {one.status}", one.progress) for one in moving])
