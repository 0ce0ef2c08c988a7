"""The table class, which AWS changes in a call of its own (fact sheet 2.2) and twice in 30 days at most (section 3)."""

from collections.abc import Sequence

from orchestrator.kinds.contract import About, Move, Setting
from orchestrator.kinds.table import lanes
from orchestrator.kinds.table.lanes import Place
from orchestrator.kinds.table.live import TableLive
from orchestrator.kinds.table.spec import TableSpec
from orchestrator.kinds.table.subjects import Table

FIELD = "table_class"

CLASSES = {"standard": "STANDARD", "infrequent_access": "STANDARD_INFREQUENT_ACCESS"}
_WORDS = {api: word for word, api in CLASSES.items()}


def _moves(before: str, after: str, subject: Table) -> Sequence[Move]:
    call = lanes.call(subject.name, "UpdateTable", TableClass=CLASSES[after])
    return [Move(f"change the table class to {after}", call, before, after, deadline=lanes.RECLASS)]


ROW: Setting[TableSpec, TableLive] = Setting(
    FIELD,
    Place.TABLE_CLASS,
    wanted=lambda spec: spec.table_class,
    live=lambda table: _WORDS.get(table.table_class, table.table_class),
    moves=_moves,
    create=lambda wanted: {"TableClass": CLASSES[wanted]},
    fresh="standard",
    about=About(
        ("dynamodb:CreateTable", "dynamodb:UpdateTable"),
        "The table is ACTIVE and describes the class.",
        "A third change in 30 days, by AWS: it is left to a later run, and warned of where the last one is younger than that.",
    ),
)
