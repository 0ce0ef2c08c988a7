"""The settings of a function, one row each, in the order of its lane (fact sheet 14.3)."""

from collections.abc import Mapping
from typing import Any

from orchestrator.kinds import tags
from orchestrator.kinds.comparison import stated_part
from orchestrator.kinds.contract import About, Setting
from orchestrator.kinds.function import async_invoke, attachments, concurrency, configuration, package, url
from orchestrator.kinds.function.lanes import DEADLINE, Place
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.function.subjects import Body
from orchestrator.kinds.observation import Unreadable
from orchestrator.kinds.settings import Rows, by_name
from orchestrator.model import UNREAD, Scope


def _tags(wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"Tags": wanted} if wanted else {}


ROWS: Rows[Body, FunctionLive] = by_name(
    *configuration.ROWS.values(),
    *attachments.ROWS.values(),
    *package.ROWS.values(),
    concurrency.RESERVED_ROW,
    Setting(
        tags.FIELD,
        Place.TAGS,
        wanted=lambda body: body.spec.tags,
        live=lambda live: UNREAD if isinstance(live.tags, Unreadable) else live.tags,
        moves=tags.moves("lambda", "Resource", _tags, DEADLINE),
        create=_tags,
        part=stated_part,
        scope=Scope.SELF,
        about=About(
            ("lambda:CreateFunction", "lambda:TagResource", "lambda:UntagResource"),
            "GetFunction shows the tags that the plan names.",
            "More than 50; keys that begin with `aws:`; where the live ones can't be read.",
        ),
    ),
    concurrency.PROVISIONED_ROW,
    async_invoke.ROW,
    url.ROW,
)


def again(body: Body) -> Place | None:
    """Which update can be sent again as it is stated: that of the code, else that of the configuration."""
    if package.wanted(body) is not None:
        return Place.CODE
    stated = any(row.wanted(body) is not None for row in ROWS.values() if row.order == Place.CONFIGURATION)
    return Place.CONFIGURATION if stated else None
