"""What Lambda refuses of a function because of where and when it stands: its Region, its own ARN, its account."""

from collections.abc import Iterator

from orchestrator.kinds.arns import region_of, service_of
from orchestrator.kinds.contract import Context
from orchestrator.kinds.fields import OFF, late
from orchestrator.kinds.function.account import UNRESERVED, Account
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.function.spec import AsyncInvokeSpec, FunctionSpec
from orchestrator.model import Declared, Finding, Level, Text, known_text


def findings(declared: Declared, live: FunctionLive | None, context: Context) -> Iterator[Finding]:
    yield from _layers(declared, live, context)
    yield from _itself(declared, live, context)


def room(declared: Declared, account: Account | None, held: int, context: Context) -> Iterator[Finding]:
    """What is reserved must leave the account its unreserved executions (fact sheet 11.9); `held` is what the function has.

    An error where no other function could make room for it. Else what others hold stands in the way, which this plan, or
    somebody else, may be about to lower.
    """
    wanted = declared.spec.reserved_concurrency
    if account is None or wanted in (None, OFF) or wanted <= held or account.unreserved + held - wanted >= UNRESERVED:
        return
    ever = account.executions - UNRESERVED >= wanted
    most = account.unreserved + held - UNRESERVED if ever else account.executions - UNRESERVED
    others = ", beside what other functions have reserved" if ever else ""
    message = (
        f"{declared.name} is to reserve {wanted} executions. The account has {account.executions}, of which Lambda keeps "
        f"{UNRESERVED} unreserved: it can have {max(most, 0)} at most{others}."
    )
    action = "Reserve less, here or elsewhere, before this runs, or have the account's quota raised."
    level: Level = "warning" if ever else "error"
    yield context.finding(level, "reserved-too-many", declared.ref, "reserved_concurrency", message, action)


def _layers(declared: Declared, live: FunctionLive | None, context: Context) -> Iterator[Finding]:
    """Layers are those of the function's Region."""
    region = region_of(live.arn) if live is not None else context.region
    for number, layer in enumerate(declared.spec.layers or ()):
        arn = context.fill(layer)
        if not late(arn) and region is not None and region_of(known_text(arn)) != region:
            message = f"A layer of {declared.name} is in {region_of(known_text(arn))}, and the function in {region}."
            action = f"Name a layer of {region}: publish it there too."
            yield context.finding("error", "layer-region", declared.ref, f"layers.{number}", message, action)


def _itself(declared: Declared, live: FunctionLive | None, context: Context) -> Iterator[Finding]:
    """A function can't be a destination of its own asynchronous invocations: it would go on for ever (fact sheet 11.12)."""
    stated = declared.spec.async_invoke
    for word in ("on_success", "on_failure") if isinstance(stated, AsyncInvokeSpec) else ():
        arn = getattr(stated, word)
        if arn not in (None, OFF) and _is_own(context.fill(arn), declared, live, context):
            message = f"Results of {declared.name} go to {declared.name} itself, which Lambda refuses."
            action = "Name another function, a queue, a topic or an event bus."
            yield context.finding("error", "own-destination", declared.ref, f"async_invoke.{word}", message, action)


def _is_own(value: str | Text, declared: Declared, live: FunctionLive | None, context: Context) -> bool:
    """With or without an alias. Before there is a function it is told by its Region, its role's account and its name."""
    if late(value):
        return False
    arn = known_text(value).split(":")[:7]
    if live is not None:
        return arn == live.arn.split(":")
    spec: FunctionSpec = declared.spec
    role = context.fill(spec.role) if spec.role is not None else ""
    account = "" if late(role) else known_text(role).split(":")[4:5]
    return service_of(":".join(arn)) == "lambda" and [arn[3:4], arn[4:5], arn[6:7]] == [
        [context.region],
        account,
        [declared.name],
    ]
