"""What Lambda refuses of a function because of where and when it stands: its Region, its own ARN, the present time."""

from collections.abc import Iterator

from orchestrator.kinds.arns import region_of, service_of
from orchestrator.kinds.contract import Context
from orchestrator.kinds.fields import OFF, late
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.function.spec import AsyncInvokeSpec, FunctionSpec
from orchestrator.model import Declared, Finding, Text, known_text


def findings(declared: Declared, live: FunctionLive | None, context: Context) -> Iterator[Finding]:
    yield from _layers(declared, live, context)
    yield from _itself(declared, live, context)


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
