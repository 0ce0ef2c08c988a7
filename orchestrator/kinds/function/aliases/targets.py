"""The versions that an alias is given, and how they are: it comes only to those that are Active (fact sheet 11.8, 14.6)."""

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.kinds.contract import Context
from orchestrator.kinds.function import reasons
from orchestrator.kinds.function.aliases.live import AliasLive
from orchestrator.kinds.function.lanes import LATEST
from orchestrator.kinds.function.live import FunctionLive, VersionLive
from orchestrator.model import Finding, Ref

FAILED, IDLE = "version-failed", "version-inactive"


def coming(value: Mapping[str, Any], there: AliasLive | None) -> tuple[str, ...]:
    """The numbers of `value`, an alias in the form of Changes, that `there`, what is seen of it, does not send traffic to yet;
    the one that it names as its own also where that had only a share of it.
    """
    own = () if there is None else (there.version,)
    had = {"version": own, "weights": () if there is None else (*own, *there.weights)}
    return tuple(dict.fromkeys(number for field, number in _numbers(value) if number not in had[field]))


def _numbers(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each with the field that says so; of a version that is still to be published nothing is known."""
    version = value.get("version")
    if isinstance(version, str) and version != LATEST:
        yield "version", version
    yield from (("weights", number) for number in value.get("weights", ()))


def findings(
    ref: Ref, value: Mapping[str, Any], there: AliasLive | None, live: FunctionLive | None, context: Context
) -> Iterator[Finding]:
    """What is wrong with the versions of `value`: an error only where the alias is still to come to one."""
    comes = coming(value, there)
    for field, number in _numbers(value):
        version = live.numbered(number) if live is not None else None
        if version is None:
            continue
        if version.status.state == "Failed":
            yield _failed(ref, field, version, context, comes=number in comes)
        elif version.status.state == "Inactive" and number in comes:
            yield _idle(ref, field, version, context)


def _failed(ref: Ref, field: str, version: VersionLive, context: Context, *, comes: bool) -> Finding:
    status = version.status
    said = f"version {version.number}, which is Failed: {status.reason} ({status.code})."
    message = f"Alias {ref.name} shall name {said}" if comes else f"Alias {ref.name} names {said}"
    action = f"{reasons.advice(status.code)} Name another version: this one never becomes Active.".strip()
    return context.finding("error" if comes else "warning", FAILED, ref, field, message, action)


def _idle(ref: Ref, field: str, version: VersionLive, context: Context) -> Finding:
    """Only an invocation wakes it (fact sheet 11.2), so that waiting for it would never end."""
    message = (
        f"Alias {ref.name} shall name version {version.number}, which is Inactive: the first invocations fail, until Lambda "
        "has restored it."
    )
    action = "Invoke it by its number first, and wait until it is Active."
    return context.finding("warning", IDLE, ref, field, message, action)
