"""The tags of a table. Those that AWS set itself (`aws:…`) never count."""

from collections.abc import Mapping
from typing import Any

from orchestrator.kinds import tags
from orchestrator.kinds.comparison import stated_part
from orchestrator.kinds.contract import About, Setting
from orchestrator.kinds.table import aspects, lanes
from orchestrator.kinds.table.lanes import Place
from orchestrator.kinds.table.live import TableLive
from orchestrator.kinds.table.spec import TableSpec
from orchestrator.model import UNREAD, Scope


def _live(table: TableLive) -> Any:
    return UNREAD if table.tags is UNREAD else tags.own(table.tags)


def _create(wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"Tags": [{"Key": key, "Value": value} for key, value in wanted.items()]} if wanted else {}


ROW: Setting[TableSpec, TableLive] = Setting(
    tags.FIELD,
    Place.TAGS,
    wanted=lambda spec: spec.tags,
    live=_live,
    moves=tags.moves("dynamodb", "ResourceArn", _create, lanes.TAGS),
    create=_create,
    fresh={},
    completed=tags.completed,
    part=stated_part,
    scope=Scope.SELF,
    reads=lambda spec, _: frozenset({aspects.TAGS}),
    about=About(
        ("dynamodb:CreateTable", "dynamodb:TagResource", "dynamodb:UntagResource"),
        "ListTagsOfResource shows them, which takes some seconds.",
        "More than 50; keys that begin with `aws:`.",
    ),
)
