"""How long the control planes take, and how far their reads lag behind."""

from dataclasses import dataclass, fields, replace
from typing import Self


@dataclass(frozen=True, slots=True)
class Durations:
    """Seconds from the accepted call (or from the phase before) until what it started has settled.

    The defaults are the fact sheet's typical figures (section 9).
    """

    # DynamoDB: the table
    table_create: float = 10
    table_create_with_indexes: float = 30
    table_delete: float = 15
    throughput: float = 15
    flip_to_provisioned: float = 60
    flip_to_on_demand: float = 720  # 10 to 18 minutes, even for an empty table
    flip_indexes: float = 10  # how much later than the table its indexes come back
    stream: float = 15
    table_class: float = 90
    encryption: float = 120  # SSEDescription; the table is ACTIVE again after half of it
    protection: float = 1
    protection_lock: float = 15  # between two changes of deletion protection
    on_demand_limits: float = 5
    warm_throughput: float = 100  # out of band: statuses stay ACTIVE
    # DynamoDB: an index added to a live table; the three phases follow each other
    index_start: float = 5  # TableStatus UPDATING
    index_allocate: float = 120  # CREATING, not backfilling (includes index_start)
    index_backfill: float = 300  # CREATING, backfilling
    index_delete: float = 90
    index_throughput: float = 15
    index_elsewhere: float = 30  # how much later than at home an index is ACTIVE in the other Regions of a global table
    # DynamoDB: replicas; each from the accepted call
    replica_listed: float = 6  # until the other Regions list a new one
    replica_described: float = 10  # until its own Region knows it
    replica_create: float = 180
    replica_update: float = 35  # of a replica's own settings, and of a setting of one Region of a global table
    replica_delete: float = 120  # until the other Regions list it no more
    replica_deleting: float = 35  # until it is DELETING, and the other Regions are ACTIVE again
    replica_gone: float = 20  # how much longer its own Region still knows it
    # DynamoDB: settings with their own API
    ttl: float = 10
    ttl_lock: float = 3600  # between two changes of TTL
    recovery_unavailable: float = 60  # after a table is ACTIVE for the first time; up to ten minutes were seen
    recovery_enabling: float = 20  # "Backups are being enabled" after point-in-time recovery was switched
    backup: float = 3
    # What AWS does to these was measured by ack-api-quirks (DDB-TABLE-090, 206, 299, 300, 304, 347).
    insights_enable: float = 16
    insights_disable: float = 2
    destination_enable: float = 6  # of a Kinesis data stream
    destination_disable: float = 2
    destination_update: float = 130
    policy: float = 2  # a change of a resource policy is pending
    policy_lock: float = 15  # between two changes of a resource policy
    auto_scaling: float = (
        300  # between two moves of a table's throughput, where it has scalable targets; 0: it never moves
    )
    # Lambda
    function_create: float = 3
    function_update: float = 4
    function_delete: float = 3  # State Deleting: most functions are gone at once, some drain first
    image_optimize: float = 8  # added to create and update where the code is an image
    vpc_attach: float = 90  # added to create and update where a VPC is attached; letting go of one takes no longer
    file_system_attach: float = 240  # added to create and update where a file system is attached
    version_publish: float = 2
    snap_start: float = 120  # added to publishing where SnapStart is on
    iam_lag: float = 8  # how long a new role cannot be assumed
    iam_rights_lag: float = 12  # how long what a new role may do is not seen
    provisioned_concurrency: float = 90
    event_source_create: float = 10  # event source mappings: 5 to 60 s
    event_source_update: float = 10
    event_source_delete: float = 10
    # CloudTrail: until a call can be looked up; five minutes on average, fifteen at most
    trail: float = 300

    @classmethod
    def realistic(cls) -> Self:
        return cls()

    @classmethod
    def fast(cls) -> Self:
        """One to three seconds for what takes seconds to minutes: every phase can be watched, none is waited for."""
        fast = {f.name: min(2.0, getattr(cls(), f.name)) for f in fields(cls)}
        fast |= {"index_start": 0.5, "index_allocate": 1.0, "index_backfill": 2.0, "index_delete": 1.0}
        fast |= {"table_create_with_indexes": 3.0, "flip_to_on_demand": 3.0, "flip_indexes": 0.5, "ttl_lock": 20.0}
        fast |= {"replica_listed": 0.5, "replica_described": 1.0, "replica_create": 3.0, "replica_deleting": 1.0}
        fast |= {"replica_gone": 0.5, "index_elsewhere": 0.5}
        fast["auto_scaling"] = 10.0
        return cls(**fast)

    @classmethod
    def instant(cls) -> Self:
        """Every accepted call has settled at once; only the lock between two changes of TTL remains, being a limit.

        Nothing scales by itself: that would never end.
        """
        return replace(cls(**{f.name: 0.0 for f in fields(cls)}), ttl_lock=cls().ttl_lock)


@dataclass(frozen=True, slots=True)
class Staleness:
    """How far reads lag behind writes (fact sheet section 7).

    The first `reads` describes at most (how many is drawn from the seed), and none later than `seconds` after the accepted
    call, still tell the state before it: the old values and ACTIVE, or no such resource after a create. Changed tags,
    resource policies, scalable targets and scaling policies show within `tags` seconds (when is drawn from the seed).
    """

    reads: int = 2
    seconds: float = 4
    tags: float = 3

    @classmethod
    def off(cls) -> Self:
        return cls(0, 0, 0)
