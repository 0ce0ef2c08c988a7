"""The settings of a replica: those rows of the table that hold in each Region by themselves, asked and called there.

What AWS keeps equal in all Regions (billing, time to live, indexes, the stream, the type of key, warm throughput) is stated
of the table alone (fact sheet 8.2).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from orchestrator.kinds.contract import About, Move, Setting, Subject
from orchestrator.kinds.settings import Rows, by_name
from orchestrator.kinds.table import encryption, insights, lanes, protection, recovery, settling, table_class, tagging
from orchestrator.kinds.table.aspects import abroad
from orchestrator.kinds.table.lanes import Place
from orchestrator.kinds.table.live import ReplicaLive, TableLive
from orchestrator.kinds.table.spec import ReplicaSpec, TableSpec
from orchestrator.kinds.table.subjects import Table
from orchestrator.model import UNREAD, Call, Change, Finding, Settled, Verdict

Replica = Subject[ReplicaSpec, ReplicaLive]
"""`name` is the table's name, `ref.name` the Region."""


def updates(table: str, action: str, region: str, **parameters: Any) -> Call:
    """One action on one replica, which UpdateTable takes alone (fact sheet 8.1)."""
    return lanes.call(table, "UpdateTable", ReplicaUpdates=[{action: {"RegionName": region, **parameters}}])


def _as_table(spec: ReplicaSpec) -> TableSpec:
    """What is stated of the replica, as its table's rows read it."""
    return TableSpec.model_construct(**{name: getattr(spec, name) for name in type(spec).model_fields})


def of_table(subject: Replica) -> Table:
    """The replica as a table of its Region."""
    own = subject.live.seen if subject.live else None
    return Subject(subject.ref, subject.name, subject.arn, _as_table(subject.declared), own)


def _there(
    row: Setting[TableSpec, TableLive], fresh: Any, settles: str, refused: str = ""
) -> Setting[ReplicaSpec, ReplicaLive]:
    """The table's row in the Region of the replica; `fresh` is what a new replica has by itself, the rest is About's.

    A step's scope looks at the table here, so that whether the one there takes a call is seen to by `motion`.
    """

    def live(replica: ReplicaLive) -> Any:
        return UNREAD if replica.seen is None else row.live(replica.seen)

    def moves(before: Any, after: Any, subject: Replica) -> Sequence[Move]:
        return [_abroad(move, subject.ref.name) for move in row.moves(before, after, of_table(subject))]

    def kept(spec: ReplicaSpec, replica: ReplicaLive) -> Any:
        if replica.seen is None:
            return None
        return row.kept(_as_table(spec), replica.seen) if row.kept else row.live(replica.seen)

    def hazards(change: Change, subject: Replica) -> Sequence[Finding]:
        return row.hazards(change, of_table(subject)) if of_table(subject).live else ()

    def motion(change: Change, replica: ReplicaLive) -> Verdict:
        settled = settling.of_its_table(replica)
        return row.motion(change, replica.seen) if replica.seen and settled == Settled() else settled

    return replace(
        cast("Setting[Any, Any]", row),
        wanted=lambda spec: row.wanted(_as_table(spec)),
        live=live,
        moves=moves,
        create=None,
        fresh=fresh,
        kept=kept,
        reads=lambda spec, region: frozenset(abroad(region, read) for read in row.reads(_as_table(spec), "")),
        hazards=hazards,
        motion=motion,
        about=About(_operations(row), settles, refused),
    )


def _operations(row: Setting[TableSpec, TableLive]) -> tuple[str, ...]:
    """Those of the table's row; no replica comes by CreateTable."""
    stated = row.about.operations if row.about else ()
    return tuple(operation for operation in stated if operation != "dynamodb:CreateTable")


def _abroad(move: Move, region: str) -> Move:
    call = replace(move.call, region=region) if move.call else None
    return replace(move, summary=f"{move.summary} in {region}", call=call)


# ---------------------------------------------------------------------------------------------------------- table class


def _class_live(replica: ReplicaLive) -> str:
    """As its own Region says, else as the list does; what neither tells is standard (fact sheet 14.2, rule 14)."""
    told = replica.seen.table_class if replica.seen else replica.table_class
    return next((word for word, api in table_class.CLASSES.items() if api == told), told or "standard")


def _class_moves(before: str, after: str, subject: Replica) -> Sequence[Move]:
    region = subject.ref.name
    call = updates(subject.name, "Update", region, TableClassOverride=table_class.CLASSES[after])
    return [Move(f"change the table class in {region} to {after}", call, before, after, deadline=lanes.REPLICA)]


# ----------------------------------------------------------------------------------------------------------- encryption


def _key(spec: ReplicaSpec) -> Any:
    """The key alone: its type is the table's (fact sheet 8.2)."""
    return {"kms_key": spec.encryption.kms_key} if spec.encryption and spec.encryption.kind == "kms" else None


_ENCRYPTION = _there(
    encryption.ROW,
    None,
    "The key is described in its Region, and the table and all replicas are ACTIVE.",
    "Another type of key than the table's; a customer's table key without one for each replica.",
)

ROWS: Rows[ReplicaSpec, ReplicaLive] = by_name(
    replace(
        _ENCRYPTION,
        wanted=_key,
        create=lambda wanted: {"KMSMasterKeyId": wanted["kms_key"]},
        kept=lambda *_: None,  # where a new replica needs one, the plan has to state it
    ),
    Setting(
        table_class.FIELD,
        Place.TABLE_CLASS,
        wanted=lambda spec: spec.table_class,
        live=_class_live,
        moves=_class_moves,
        create=lambda wanted: {"TableClassOverride": table_class.CLASSES[wanted]},
        kept=lambda _, replica: _class_live(replica) if replica.seen or replica.table_class else None,
        about=About(
            ("dynamodb:UpdateTable",),
            "The replica's Region describes it, and the table and all replicas are ACTIVE.",
            "A third change in 30 days, by AWS: it is left to a later run.",
        ),
    ),
    _there(
        recovery.ROW,
        False,
        "The replica's Region says so.",
        "Any change for some minutes after the replica was made, by AWS: it is waited for.",
    ),
    _there(tagging.ROW, {}, "The replica's Region shows them.", "More than 50; keys that begin with `aws:`."),
    _there(
        insights.ROW,
        False,
        "The replica's Region has them ENABLED or DISABLED. FAILED is told in AWS's words.",
    ),
    _there(
        protection.ROW,
        False,
        "The replica's Region describes it.",
        "Removing the replica while it is on.",
    ),
)
