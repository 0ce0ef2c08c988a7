"""Asynchronous invocation of a function: retries, the greatest age of an event, and where results go (fact sheet 11.12).

It is that of the function as such ($LATEST); aliases and versions have one each, which plans say nothing of.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from orchestrator.kinds.arns import service_of
from orchestrator.kinds.comparison import stated_part
from orchestrator.kinds.complaint import Complaint
from orchestrator.kinds.contract import About, Move, Setting
from orchestrator.kinds.fields import OFF, late
from orchestrator.kinds.function import aspects
from orchestrator.kinds.function.lanes import Place, call
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.function.spec import AsyncInvokeSpec, FunctionSpec
from orchestrator.kinds.function.subjects import Body, Function
from orchestrator.model import UNREAD, Scope, known_text

RETRIES, AGE = "retries", "max_age"
SIDES = {"on_success": "OnSuccess", "on_failure": "OnFailure"}
DEFAULTS = {RETRIES: 2, AGE: 21_600, "on_success": OFF, "on_failure": OFF}
"""What holds where there is no configuration, and for what one leaves out."""
YOUNGEST, OLDEST = 60, 21_600
"""Seconds."""
SERVICES = frozenset({"sqs", "sns", "lambda", "events"})


def parsed(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    """GetFunctionEventInvokeConfig in the plan language's words."""
    destinations = reply.get("DestinationConfig") or {}
    age, retries = reply.get("MaximumEventAgeInSeconds"), reply.get("MaximumRetryAttempts")
    return {
        RETRIES: DEFAULTS[RETRIES] if retries is None else retries,
        AGE: DEFAULTS[AGE] if age is None else age,
        **{word: (destinations.get(side) or {}).get("Destination") or OFF for word, side in SIDES.items()},
    }


def complaints(spec: FunctionSpec) -> Iterator[Complaint]:
    """Lambda's limits (botocore's service model), and where results can go."""
    stated = spec.async_invoke
    if not isinstance(stated, AsyncInvokeSpec):
        return
    place = ("async_invoke",)
    if not stated.model_dump(exclude_none=True):
        action = f"State one of {', '.join(DEFAULTS)}, or `async_invoke: off`."
        yield Complaint(place, "async-invoke-empty", "<path> says nothing.", action, place)
    if stated.max_age is not None and not YOUNGEST <= stated.max_age <= OLDEST:
        message = f"<path>: an event's greatest age is between {YOUNGEST}s and 6h."
        yield Complaint((*place, AGE), "async-invoke-limit", message, "Change it.")
    for word in SIDES:
        arn = getattr(stated, word)
        if arn in (None, OFF) or late(arn):
            continue
        service, fits = (
            service_of(known_text(arn)),
            SERVICES | ({"s3"} if word == "on_failure" else set()),
        )
        if service not in fits:
            message = f"<path>: results go to {', '.join(sorted(fits))}; this is {service or 'none of these'}."
            yield Complaint((*place, word), "async-invoke-destination", message, "Name one of these by its ARN.")


def _wanted(body: Body) -> Any:
    spec = body.spec.async_invoke
    return spec.model_dump(exclude_none=True) if isinstance(spec, AsyncInvokeSpec) else spec


def _live(live: FunctionLive) -> Any:
    """`off` where there is no configuration."""
    seen = live.attached.async_invoke
    return seen if seen is UNREAD else (seen or OFF)


def _part(live: Any, wanted: Any) -> tuple[Any, Any]:
    """What is not stated is no difference; where there is no configuration the defaults hold, or all that is stated is new."""
    if wanted == OFF:
        return live, wanted
    before, after = stated_part(DEFAULTS if live == OFF else live, wanted)
    return (live, wanted) if live == OFF and after else (before, after)


def _moves(before: Any, after: Any, subject: Function) -> Sequence[Move]:
    """Put makes one that is not there and would take the rest away from one that is; Update leaves the rest."""
    if after == OFF:
        delete = call(subject.name, "DeleteFunctionEventInvokeConfig")
        return [Move("remove the configuration of asynchronous invocation", delete, before, after)]
    operation = "PutFunctionEventInvokeConfig" if before == OFF else "UpdateFunctionEventInvokeConfig"
    config = call(subject.name, operation, **parameters(after, _destinations(subject)))
    return [Move(f"set asynchronous invocation ({', '.join(after)})", config, before, after)]


def _destinations(subject: Function) -> Mapping[str, Any]:
    seen = subject.live.attached.async_invoke if subject.live is not None else UNREAD
    return {} if seen is UNREAD else {word: seen[word] for word in SIDES if seen.get(word, OFF) != OFF}


def parameters(after: Mapping[str, Any], destinations: Mapping[str, Any]) -> dict[str, Any]:
    """Both destinations are one value to AWS: that which is not stated is sent as it is."""
    told: dict[str, Any] = {}
    if RETRIES in after:
        told["MaximumRetryAttempts"] = after[RETRIES]
    if AGE in after:
        told["MaximumEventAgeInSeconds"] = after[AGE]
    if after.keys() & SIDES.keys():
        both = {**destinations, **{word: after[word] for word in SIDES if word in after}}
        told["DestinationConfig"] = {
            SIDES[word]: {} if arn == OFF else {"Destination": arn} for word, arn in both.items()
        }
    return told


ROW: Setting[Body, FunctionLive] = Setting(
    "async_invoke",
    Place.ASYNC,
    wanted=_wanted,
    live=_live,
    moves=_moves,
    fresh=OFF,
    part=_part,
    scope=Scope.SELF,
    reads=lambda body, part: frozenset({aspects.ASYNC_INVOKE}),
    about=About(
        (
            "lambda:PutFunctionEventInvokeConfig",
            "lambda:UpdateFunctionEventInvokeConfig",
            "lambda:DeleteFunctionEventInvokeConfig",
        ),
        "GetFunctionEventInvokeConfig shows it.",
        "The role must be allowed to send to the destinations. It holds for the function itself, not for its aliases.",
    ),
    seconds=(AGE,),
)
