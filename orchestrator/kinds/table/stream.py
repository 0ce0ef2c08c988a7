"""The table's stream. Its view type can't be changed in place: off, then on as another stream (fact sheet, section 3)."""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.kinds.contract import About, Move, Setting
from orchestrator.kinds.fields import OFF
from orchestrator.kinds.table import lanes
from orchestrator.kinds.table.lanes import Place
from orchestrator.kinds.table.live import TableLive
from orchestrator.kinds.table.spec import TableSpec
from orchestrator.kinds.table.subjects import Table
from orchestrator.model import Change, Effect, Finding

FIELD = "stream"


def _live(table: TableLive) -> str:
    return table.stream.lower() if table.stream else OFF


def _specification(view: str) -> Mapping[str, Any]:
    if view == OFF:
        return {"StreamSpecification": {"StreamEnabled": False}}
    return {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": view.upper()}}


def _moves(before: str, after: str, subject: Table) -> Sequence[Move]:
    if before == OFF:
        return [_on(after, subject)]
    effect: Effect = "update" if after == OFF else "replace"
    call = lanes.call(subject.name, "UpdateTable", **_specification(OFF))
    off = Move("turn the stream off", call, before, OFF, effect, ends=frozenset({subject.seen.arn}))
    return [off] if after == OFF else [off, _on(after, subject)]


def _on(view: str, subject: Table) -> Move:
    call = lanes.call(subject.name, "UpdateTable", **_specification(view))
    return Move(f"turn a {view} stream on", call, OFF, view)


def _hazards(change: Change, subject: Table) -> Sequence[Finding]:
    before, after = change.before, change.after
    if before == OFF:
        return []
    if after == OFF:
        code, what, skipped = "stream-off", "is turned off", "What is written from then on is in no stream."
    else:
        code, what = "stream-replaced", f"is replaced by a {after} one with a new ARN"
        skipped = (
            "What is written between the two is in neither; a consumer that starts at the latest records of the new one skips "
            "what came before it too."
        )
    message = (
        f"The stream ({before}) {what}: its consumers get no more records from it, and what it holds is readable for "
        f"24 hours. {skipped}"
    )
    return [Finding("warning", code, message, "Let the consumers drain it first.")]


ROW: Setting[TableSpec, TableLive] = Setting(
    FIELD,
    Place.STREAM,
    wanted=lambda spec: spec.stream,
    live=_live,
    moves=_moves,
    create=lambda wanted: {} if wanted == OFF else _specification(wanted),
    fresh=OFF,
    hazards=_hazards,
    about=About(
        ("dynamodb:CreateTable", "dynamodb:UpdateTable"),
        "The table is ACTIVE and describes the view type. Another one takes two calls and gives a new ARN.",
        "Turning it off, or another view type, while the table has replicas, by AWS.",
    ),
)
