"""What of a plan names an alias of the function: each has to be there, or be made by the plan."""

from collections.abc import Iterator

from orchestrator.kinds.complaint import Complaint
from orchestrator.kinds.contract import Context
from orchestrator.kinds.fields import OFF, Absent
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.function.spec import ALIASES, EVENT_SOURCES, PERMISSIONS, FunctionSpec, UrlSpec
from orchestrator.kinds.parts import present
from orchestrator.model import Declared, Finding, Path


def named(spec: FunctionSpec) -> tuple[tuple[Path, str], ...]:
    """The place of each alias that something of the plan uses, and its name."""
    return tuple(_named(spec))


def _named(spec: FunctionSpec) -> Iterator[tuple[Path, str]]:
    for name, source in present(spec.event_sources).items():
        if source.alias is not None:
            yield (EVENT_SOURCES, name, "alias"), source.alias
    for name, permission in present(spec.permissions).items():
        if permission.alias is not None:
            yield (PERMISSIONS, name, "alias"), permission.alias
    if isinstance(spec.url, UrlSpec) and spec.url.alias is not None:
        yield ("url", "alias"), spec.url.alias
    for name, value in (spec.provisioned_concurrency or {}).items():
        if value != OFF:
            yield ("provisioned_concurrency", name), name


def complaints(spec: FunctionSpec) -> Iterator[Complaint]:
    """What uses an alias that the same plan takes away."""
    gone = {name for name, one in (spec.aliases or {}).items() if isinstance(one, Absent)}
    for path, name in named(spec):
        if name in gone:
            message = f"<path>: the plan declares the alias {name} absent."
            yield Complaint(path, "alias-absent", message, "Remove one of them.")


def findings(declared: Declared, live: FunctionLive | None, context: Context) -> Iterator[Finding]:
    """What uses an alias that is neither there nor made by the plan; with `prune` it must not be one that goes."""
    spec: FunctionSpec = declared.spec
    there = live.aliases if live is not None and isinstance(live.aliases, dict) else {}
    made = present(spec.aliases)
    left = made if ALIASES in spec.prune else {**there, **made}
    for path, name in named(spec):
        if name not in left:
            message = f"Alias {name} of {declared.name} does not exist, and the plan does not create it."
            action = f"State it under `aliases` (`{name}: published`), or name another."
            yield context.finding("error", "no-such-alias", declared.ref, ".".join(map(str, path)), message, action)
