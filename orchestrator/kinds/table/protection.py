"""Deletion protection: on last of all, off only before a table that may go is deleted."""

from collections.abc import Sequence

from orchestrator.kinds.contract import About, Context, Move, Setting
from orchestrator.kinds.table import lanes
from orchestrator.kinds.table.lanes import Place
from orchestrator.kinds.table.live import TableLive
from orchestrator.kinds.table.spec import TableSpec
from orchestrator.kinds.table.subjects import Table
from orchestrator.model import Finding, Ref

FIELD = "deletion_protection"


def _moves(before: bool, after: bool, subject: Table) -> Sequence[Move]:
    summary = f"turn deletion protection {'on' if after else 'off'}"
    call = lanes.call(subject.name, "UpdateTable", DeletionProtectionEnabled=after)
    return [Move(summary, call, before, after)]


def none(ref: Ref, context: Context) -> Finding:
    """A table that will have neither this nor point-in-time recovery once the plan holds (requirement B10)."""
    message = f"{ref} has neither point-in-time recovery nor deletion protection."
    action = "Consider `point_in_time_recovery: true` or `deletion_protection: true`."
    return context.finding("warning", "unprotected-table", ref, "", message, action)


ROW: Setting[TableSpec, TableLive] = Setting(
    FIELD,
    Place.PROTECTION,
    wanted=lambda spec: spec.deletion_protection,
    live=lambda table: table.deletion_protection,
    moves=_moves,
    create=lambda wanted: {"DeletionProtectionEnabled": wanted},
    fresh=False,
    kept=lambda *_: None,  # it ends with the old table, which could not go otherwise
    about=About(
        ("dynamodb:CreateTable", "dynamodb:UpdateTable"),
        "The table is ACTIVE and describes it. It goes on last of all, and off only before a table that may go is deleted.",
    ),
)
