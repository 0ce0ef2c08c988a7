"""The settings of a table, one row each, in the order of its lane (fact sheet 14.3)."""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.kinds import tags
from orchestrator.kinds.contract import Move, Setting
from orchestrator.kinds.table import aspects, billing, encryption, lanes
from orchestrator.kinds.table.lanes import Place
from orchestrator.kinds.table.live import PointInTimeRecovery, TableLive
from orchestrator.kinds.table.spec import TableSpec
from orchestrator.model import UNREAD, Effect, Finding, Scope, Unread

OFF = "off"

# ---------------------------------------------------------------------------------------------------------- table class

CLASSES = {"standard": "STANDARD", "infrequent_access": "STANDARD_INFREQUENT_ACCESS"}
_CLASS_WORDS = {api: word for word, api in CLASSES.items()}


def _class_moves(before: str, after: str) -> Sequence[Move]:
    parameters = {"TableClass": CLASSES[after]}
    return [
        Move(f"change the table class to {after}", "UpdateTable", parameters, before, after, deadline=lanes.RECLASS)
    ]


# --------------------------------------------------------------------------------------------------------------- stream


def _stream_live(table: TableLive) -> str:
    return table.stream.lower() if table.stream else OFF


def _stream_specification(view: str) -> Mapping[str, Any]:
    if view == OFF:
        return {"StreamSpecification": {"StreamEnabled": False}}
    return {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": view.upper()}}


def _stream_moves(before: str, after: str) -> Sequence[Move]:
    """A stream's view type can't be changed in place: off, then on as another stream (fact sheet, section 3)."""
    if before == OFF:
        return [_stream_on(after)]
    effect: Effect = "update" if after == OFF else "replace"
    off = Move("turn the stream off", "UpdateTable", _stream_specification(OFF), before, OFF, effect)
    return [off] if after == OFF else [off, _stream_on(after)]


def _stream_on(view: str) -> Move:
    return Move(f"turn a {view} stream on", "UpdateTable", _stream_specification(view), OFF, view)


def _stream_hazards(before: str, after: str) -> Sequence[Finding]:
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


def _ttl_moves(before: str, after: str) -> Sequence[Move]:
    attribute, on = (before, False) if after == OFF else (after, True)
    summary = f"turn time to live on ({attribute})" if on else f"turn time to live off ({attribute})"
    parameters = {"TimeToLiveSpecification": {"Enabled": on, "AttributeName": attribute}}
    return [Move(summary, "UpdateTimeToLive", parameters, before, after, deadline=lanes.TTL)]


def _ttl_hazards(before: str, after: str) -> Sequence[Finding]:
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


def _pitr_moves(before: Any, after: Any) -> Sequence[Move]:
    days = {"RecoveryPeriodInDays": after["days"]} if isinstance(after, Mapping) else {}
    specification = {"PointInTimeRecoveryEnabled": after is not False, **days}
    summary = f"turn point-in-time recovery {'off' if after is False else 'on'}"
    if days:
        summary += f" ({after['days']} days)"
    parameters = {"PointInTimeRecoverySpecification": specification}
    return [Move(summary, "UpdateContinuousBackups", parameters, before, after, deadline=lanes.PITR)]


def _pitr_hazards(before: Any, after: Any) -> Sequence[Finding]:
    if after is not False:
        return []
    message = "Without point-in-time recovery the table can't be restored to any moment, the past days included."
    return [Finding("warning", "pitr-off", message, "Turning it on again later starts a new, empty window.")]


# ----------------------------------------------------------------------------------------------------------------- tags


def _tags_live(table: TableLive) -> Any:
    return UNREAD if table.tags is UNREAD else tags.own(table.tags)


def _tags_create(wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"Tags": [{"Key": key, "Value": value} for key, value in wanted.items()]} if wanted else {}


# ----------------------------------------------------------------------------------------------------------- protection


def _protection_moves(before: bool, after: bool) -> Sequence[Move]:
    summary = f"turn deletion protection {'on' if after else 'off'}"
    return [Move(summary, "UpdateTable", {"DeletionProtectionEnabled": after}, before, after)]


PROTECTION = Setting(
    "deletion_protection",
    Place.PROTECTION,
    wanted=lambda spec: spec.deletion_protection,
    live=lambda table: table.deletion_protection,
    moves=_protection_moves,
    create=lambda wanted: {"DeletionProtectionEnabled": wanted},
    fresh=False,
)

ROWS: tuple[Setting, ...] = (
    Setting("billing", Place.BILLING, billing.wanted, billing.live, billing.moves, billing.create),
    Setting(
        encryption.NAME,
        Place.ENCRYPTION,
        encryption.wanted,
        encryption.live,
        encryption.moves,
        encryption.create,
        same=encryption.same,
        part=encryption.part,
    ),
    Setting(
        "table_class",
        Place.TABLE_CLASS,
        wanted=lambda spec: spec.table_class,
        live=lambda table: _CLASS_WORDS.get(table.table_class, table.table_class),
        moves=_class_moves,
        create=lambda wanted: {"TableClass": CLASSES[wanted]},
    ),
    Setting(
        "stream",
        Place.STREAM,
        wanted=lambda spec: spec.stream,
        live=_stream_live,
        moves=_stream_moves,
        create=lambda wanted: {} if wanted == OFF else _stream_specification(wanted),
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
        aspect=aspects.TTL,
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
        aspect=aspects.PITR,
        hazards=_pitr_hazards,
    ),
    Setting(
        "tags",
        Place.TAGS,
        wanted=lambda spec: spec.tags,
        live=_tags_live,
        moves=tags.moves(_tags_create, lanes.TAGS),
        create=_tags_create,
        same=tags.same,
        part=tags.part,
        scope=Scope.SELF,
        aspect=aspects.TAGS,
    ),
    PROTECTION,
)

BY_NAME: Mapping[str, Setting] = {row.name: row for row in ROWS}
