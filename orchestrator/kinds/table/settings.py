"""The settings of a table, one row each, in the order of its lane (fact sheet 14.3)."""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.kinds import tags
from orchestrator.kinds.contract import Move, Setting
from orchestrator.kinds.table import aspects, billing, encryption, lanes, scaling
from orchestrator.kinds.table.lanes import Place
from orchestrator.kinds.table.live import PointInTimeRecovery, TableLive
from orchestrator.kinds.table.spec import TableSpec
from orchestrator.kinds.table.subjects import Table
from orchestrator.model import UNREAD, Change, Effect, Finding, Scope, Unread

OFF = "off"

# ---------------------------------------------------------------------------------------------------------- table class

CLASSES = {"standard": "STANDARD", "infrequent_access": "STANDARD_INFREQUENT_ACCESS"}
_CLASS_WORDS = {api: word for word, api in CLASSES.items()}


def _class_moves(before: str, after: str, subject: Table) -> Sequence[Move]:
    call = lanes.call(subject.name, "UpdateTable", TableClass=CLASSES[after])
    return [Move(f"change the table class to {after}", call, before, after, deadline=lanes.RECLASS)]


def _class_hazards(change: Change, subject: Table) -> Sequence[Finding]:
    """AWS takes two changes of class in 30 days (14.1, rule 7); DescribeTable tells only when the last one was."""
    changed = subject.seen.class_changed
    if changed is None:
        return []
    message = (
        f"The table class was changed last on {changed:%Y-%m-%d}; AWS allows two changes in 30 days, so this one may be "
        "refused."
    )
    return [Finding("warning", "class-budget", message)]


# --------------------------------------------------------------------------------------------------------------- stream


def _stream_live(table: TableLive) -> str:
    return table.stream.lower() if table.stream else OFF


def _stream_specification(view: str) -> Mapping[str, Any]:
    if view == OFF:
        return {"StreamSpecification": {"StreamEnabled": False}}
    return {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": view.upper()}}


def _stream_moves(before: str, after: str, subject: Table) -> Sequence[Move]:
    """A stream's view type can't be changed in place: off, then on as another stream (fact sheet, section 3)."""
    if before == OFF:
        return [_stream_on(after, subject)]
    effect: Effect = "update" if after == OFF else "replace"
    call = lanes.call(subject.name, "UpdateTable", **_stream_specification(OFF))
    off = Move("turn the stream off", call, before, OFF, effect)
    return [off] if after == OFF else [off, _stream_on(after, subject)]


def _stream_on(view: str, subject: Table) -> Move:
    call = lanes.call(subject.name, "UpdateTable", **_stream_specification(view))
    return Move(f"turn a {view} stream on", call, OFF, view)


def _stream_hazards(change: Change, subject: Table) -> Sequence[Finding]:
    before, after = change.before, change.after
    if before == OFF:
        return []
    code, what = ("stream-off", "turned off") if after == OFF else ("stream-replaced", "replaced by one with a new ARN")
    return [
        Finding(
            "warning",
            code,
            f"The stream ({before}) is {what}: its consumers get no more records from it, and what it holds is "
            "readable for 24 hours.",
            "Let the consumers drain it first; event source mappings must be made anew on a new stream.",
        )
    ]


# --------------------------------------------------------------------------------------------------------- time to live


def _ttl_live(table: TableLive) -> str | Unread | None:
    if table.ttl is UNREAD:
        return UNREAD
    return table.ttl.attribute if table.ttl.on else OFF


def _ttl_moves(before: str, after: str, subject: Table) -> Sequence[Move]:
    attribute, on = (before, False) if after == OFF else (after, True)
    summary = f"turn time to live on ({attribute})" if on else f"turn time to live off ({attribute})"
    specification = {"Enabled": on, "AttributeName": attribute}
    call = lanes.call(subject.name, "UpdateTimeToLive", TimeToLiveSpecification=specification)
    return [Move(summary, call, before, after, deadline=lanes.TTL)]


def _ttl_hazards(change: Change, subject: Table) -> Sequence[Finding]:
    before, after = change.before, change.after
    if after == OFF:
        return []
    if before == OFF:
        message = f"Items whose {after} lies in the past will be deleted, usually within two days."
        return [Finding("warning", "ttl-on", message, f"Check what {after} holds in the items that are there already.")]
    return [
        Finding(
            "error",
            "not-supported-yet",
            f"Time to live is on with attribute {before}; changing it to {after} in one run is not supported yet.",
            f"State `ttl: off`, apply, wait an hour (AWS takes one change an hour), then state `ttl: {after}`.",
        )
    ]


# ----------------------------------------------------------------------------------------------- point-in-time recovery


def _pitr_wanted(spec: TableSpec) -> Any:
    stated = spec.point_in_time_recovery
    if stated is None:
        return None
    return {"days": stated.days} if stated.enabled and stated.days is not None else stated.enabled


def _pitr_live(table: TableLive) -> Any:
    return UNREAD if table.pitr is UNREAD else _pitr_form(table.pitr)


def _pitr_form(pitr: PointInTimeRecovery) -> Any:
    return {"days": pitr.days} if pitr.enabled and pitr.days is not None else pitr.enabled


def _pitr_same(live: Any, wanted: Any) -> bool:
    """A plain `true` leaves the number of days alone."""
    return live is not False if wanted is True else bool(live == wanted)


def _pitr_moves(before: Any, after: Any, subject: Table) -> Sequence[Move]:
    days = {"RecoveryPeriodInDays": after["days"]} if isinstance(after, Mapping) else {}
    specification = {"PointInTimeRecoveryEnabled": after is not False, **days}
    summary = f"turn point-in-time recovery {'off' if after is False else 'on'}"
    if days:
        summary += f" ({after['days']} days)"
    call = lanes.call(subject.name, "UpdateContinuousBackups", PointInTimeRecoverySpecification=specification)
    return [Move(summary, call, before, after, deadline=lanes.PITR)]


def _pitr_hazards(change: Change, subject: Table) -> Sequence[Finding]:
    if change.after is not False:
        return []
    message = "Without point-in-time recovery the table can't be restored to any moment, the past days included."
    return [Finding("warning", "pitr-off", message, "Turning it on again later starts a new, empty window.")]


# ----------------------------------------------------------------------------------------------------------------- tags


def _tags_live(table: TableLive) -> Any:
    return UNREAD if table.tags is UNREAD else tags.own(table.tags)


def _tags_create(wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"Tags": [{"Key": key, "Value": value} for key, value in wanted.items()]} if wanted else {}


# ----------------------------------------------------------------------------------------------------------- protection


def _protection_moves(before: bool, after: bool, subject: Table) -> Sequence[Move]:
    summary = f"turn deletion protection {'on' if after else 'off'}"
    call = lanes.call(subject.name, "UpdateTable", DeletionProtectionEnabled=after)
    return [Move(summary, call, before, after)]


PROTECTION: Setting[TableSpec, TableLive] = Setting(
    "deletion_protection",
    Place.PROTECTION,
    wanted=lambda spec: spec.deletion_protection,
    live=lambda table: table.deletion_protection,
    moves=_protection_moves,
    create=lambda wanted: {"DeletionProtectionEnabled": wanted},
    fresh=False,
)

ROWS: tuple[Setting[TableSpec, TableLive], ...] = (
    billing.ROW,
    encryption.ROW,
    Setting(
        "table_class",
        Place.TABLE_CLASS,
        wanted=lambda spec: spec.table_class,
        live=lambda table: _CLASS_WORDS.get(table.table_class, table.table_class),
        moves=_class_moves,
        create=lambda wanted: {"TableClass": CLASSES[wanted]},
        fresh="standard",
        hazards=_class_hazards,
    ),
    Setting(
        "stream",
        Place.STREAM,
        wanted=lambda spec: spec.stream,
        live=_stream_live,
        moves=_stream_moves,
        create=lambda wanted: {} if wanted == OFF else _stream_specification(wanted),
        fresh=OFF,
        hazards=_stream_hazards,
    ),
    Setting(
        "ttl",
        Place.TTL,
        wanted=lambda spec: spec.ttl,
        live=_ttl_live,
        moves=_ttl_moves,
        fresh=OFF,
        scope=Scope.SELF,
        reads=lambda spec, _: frozenset({aspects.TTL}),
        hazards=_ttl_hazards,
    ),
    Setting(
        "point_in_time_recovery",
        Place.PITR,
        _pitr_wanted,
        _pitr_live,
        _pitr_moves,
        fresh=False,
        same=_pitr_same,
        scope=Scope.SELF,
        reads=lambda spec, _: frozenset({aspects.PITR}),
        hazards=_pitr_hazards,
    ),
    Setting(
        "tags",
        Place.TAGS,
        wanted=lambda spec: spec.tags,
        live=_tags_live,
        moves=tags.moves("dynamodb", "ResourceArn", _tags_create, lanes.TAGS),
        create=_tags_create,
        fresh={},
        same=tags.same,
        part=tags.part,
        scope=Scope.SELF,
        reads=lambda spec, _: frozenset({aspects.TAGS}),
    ),
    scaling.ROW,
    PROTECTION,
)

BY_NAME: Mapping[str, Setting[TableSpec, TableLive]] = {row.name: row for row in ROWS}
