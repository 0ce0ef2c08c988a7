"""CloudTrail's event history: what is asked of it, and what an answer says of who began something (fact sheet 18). Pure.

It tells management events of the last 90 days, each some minutes late (on average five, up to fifteen), by one attribute at a
time; under which spelling it knows a resource (name or ARN) differs by service. The names of Lambda's events carry a version
of the API (`UpdateFunctionCode20150331v2`). Request parameters are compared here and never shown.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from orchestrator.model import Call, Inquiry, Origin

SKEW = 60.0
"""Seconds by which our clock and AWS's may differ, and by which reads lag behind."""
NAMING = ("tableName", "targetTableName", "functionName")
"""The request parameters that name a table or function, by name or by ARN."""
_VERSION = re.compile(r"20\d{6}(v\d+)?$")

Reply = Mapping[str, Any]


def requests(inquiry: Inquiry, earliest: float) -> Iterator[Call]:
    """One lookup for each spelling, of what happened since `earliest` (epoch); the newest events come first."""
    for name in inquiry.names:
        wanted = [{"AttributeKey": "ResourceName", "AttributeValue": name}]
        start = datetime.fromtimestamp(earliest, UTC)
        yield Call("cloudtrail", "LookupEvents", {"LookupAttributes": wanted, "StartTime": start, "MaxResults": 50})


def origin(events: Iterable[Reply], inquiry: Inquiry, earliest: float, seen: float, caller: str = "") -> Origin | None:
    """The last accepted call among `events` that can have begun what was first `seen` (epoch) to move.

    `caller` is the ARN of this run's own credentials. Total: what can't be read is left out.
    """
    found = [one for event in events if (one := _read(event, inquiry, caller)) is not None]
    return max((one for one in found if earliest <= one.at <= seen + SKEW), key=lambda one: one.at, default=None)


def _read(event: Reply, inquiry: Inquiry, caller: str) -> Origin | None:
    try:
        record = json.loads(event.get("CloudTrailEvent") or "{}")
    except ValueError:
        return None
    service = str(event.get("EventSource", "")).removesuffix(".amazonaws.com")
    call, at = f"{service}:{_VERSION.sub('', str(event.get('EventName', '')))}", event.get("EventTime")
    refused = not isinstance(record, dict) or record.get("errorCode") or record.get("errorMessage")
    if refused or call not in inquiry.operations or not isinstance(at, datetime):
        return None
    if not _about(record.get("requestParameters"), event, inquiry):
        return None
    principal, through = _who(_mapping(record.get("userIdentity")), str(event.get("Username") or "unknown"))
    return Origin(call, at.timestamp(), principal, through, own=bool(caller) and principal == caller)


def _about(given: Any, event: Reply, inquiry: Inquiry) -> bool:
    """Whether the request is about the thing and, where a part of it is known to move, names that."""
    named = [str(_mapping(given)[key]) for key in NAMING if _mapping(given).get(key)]
    if named:
        ours = any(_bare(name) == inquiry.names[0] for name in named)
    else:
        listed = {_mapping(one).get("ResourceName") for one in event.get("Resources") or ()}
        ours = not listed.isdisjoint(inquiry.names)
    return ours and (not inquiry.parts or not inquiry.parts.isdisjoint(_texts(given)))


def _bare(name: str) -> str:
    """The name in a name, an ARN or a part of one, with or without a version or alias behind it."""
    return name.rpartition(":function:")[2].rpartition(":table/")[2].partition(":")[0]


def _texts(value: Any) -> Iterator[str]:
    """Every text in a nested value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner)


def _who(identity: Reply, otherwise: str) -> tuple[str, str]:
    """The principal, and the AWS service through which it came: of an assumed role the session, of a service alone itself."""
    through = str(identity.get("invokedBy") or "")
    known = next((str(identity[key]) for key in ("arn", "userName", "principalId") if identity.get(key)), "")
    return (known, through) if known else (through or otherwise, "")


def _mapping(value: Any) -> Reply:
    return value if isinstance(value, Mapping) else {}
