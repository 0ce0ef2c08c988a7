"""What AWS refuses of provisioned concurrency, told by the plan alone and beside what is live (fact sheet 11.9)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.kinds.alias import LATEST, PUBLISHED
from orchestrator.kinds.complaint import Complaint
from orchestrator.kinds.contract import Context
from orchestrator.kinds.fields import OFF, Absent
from orchestrator.kinds.function.concurrency import PROVISIONED
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.function.spec import AliasSpec, FunctionSpec
from orchestrator.kinds.parts import present
from orchestrator.model import Declared, Finding, Text

RESERVED = "reserved_concurrency"


def complaints(spec: FunctionSpec) -> Iterator[Complaint]:
    aliases = present(spec.aliases)
    for name in _provisioned(spec):
        one = aliases.get(name)
        if one is not None and (one.version == LATEST or one.weights):
            yield Complaint((PROVISIONED, name), "provisioned-alias", f"<path>: {_unfit(name)}", _ACTION)
    total, reserved = sum(_provisioned(spec).values()), spec.reserved_concurrency
    if isinstance(reserved, int) and total > reserved:
        message = f"<path>: {total} executions are provisioned in all, and {RESERVED} is {reserved}."
        yield Complaint((PROVISIONED,), "provisioned-beyond-reserved", message, "Reserve more, or provision less.")


_ACTION = "Point the alias to one numbered version (`published`)."


def _unfit(name: str) -> str:
    return f"concurrency can't be provisioned for alias {name}, which names $LATEST or shares its traffic."


def _provisioned(spec: FunctionSpec) -> Mapping[str, int]:
    return {name: value for name, value in (spec.provisioned_concurrency or {}).items() if isinstance(value, int)}


def findings(
    declared: Declared, live: FunctionLive | None, published: str | Text | None, context: Context
) -> Iterator[Finding]:
    """`published` is what that word stands for once the plan is applied."""
    spec: FunctionSpec = declared.spec
    if spec.provisioned_concurrency is None and spec.reserved_concurrency is None:
        return
    yield from _snapshots(declared, live, context)
    yield from _aliases(declared, live, published, context)
    yield from _total(declared, live, context)


def _snapshots(declared: Declared, live: FunctionLive | None, context: Context) -> Iterator[Finding]:
    """What the plan states of both is judged without a look; here SnapStart is live (fact sheet 11.12)."""
    if live is None or declared.spec.snap_start is not None or live.content.snap_start == OFF:
        return
    if _provisioned(declared.spec):
        message = f"{declared.name} has SnapStart, and Lambda provisions no concurrency for such functions."
        yield context.finding("error", "snap-start", declared.ref, PROVISIONED, message, "State `snap_start: off`.")


def _aliases(
    declared: Declared, live: FunctionLive | None, published: str | Text | None, context: Context
) -> Iterator[Finding]:
    """A version has provisioned concurrency through one alias at most (fact sheet 11.4)."""
    stated, seen = present(declared.spec.aliases), live.aliases if live is not None else {}
    there = seen if isinstance(seen, Mapping) else {}
    by_version = defaultdict[Any, list[str]](list)
    for name in _after(declared.spec, live):
        if name in stated:
            by_version[_version(stated[name], published)].append(name)
            continue
        if name not in there:
            continue
        one = there[name]
        by_version[one.version].append(name)
        if name in _provisioned(declared.spec) and (one.version == LATEST or one.weights):
            place = f"{PROVISIONED}.{name}"
            yield context.finding("error", "provisioned-alias", declared.ref, place, f"Here {_unfit(name)}", _ACTION)
    for version, names in by_version.items():
        if len(names) > 1 and any(name in _provisioned(declared.spec) for name in names):
            message = f"{' and '.join(sorted(names))} name one version, and only one of them can have provisioned concurrency."
            action = "Provision one of them, or point the other one to another version."
            shown = "" if isinstance(version, Text) else f" (version {version})"
            yield context.finding(
                "error",
                "provisioned-twice",
                declared.ref,
                PROVISIONED,
                message.replace(" version,", f" version{shown},"),
                action,
            )


def _version(spec: AliasSpec, published: str | Text | None) -> str | Text | None:
    return published if spec.version == PUBLISHED else spec.version


def _after(spec: FunctionSpec, live: FunctionLive | None) -> Mapping[str, int]:
    """What aliases and versions have provisioned once the plan is applied; an alias that goes takes its own along."""
    seen = live.attached.provisioned if live is not None else {}
    kept = {name: one.wanted for name, one in seen.items() if one is not None}
    gone = {name for name, value in (spec.provisioned_concurrency or {}).items() if value == OFF}
    gone |= {name for name, one in (spec.aliases or {}).items() if isinstance(one, Absent)}
    return {name: value for name, value in {**kept, **_provisioned(spec)}.items() if name not in gone}


def _total(declared: Declared, live: FunctionLive | None, context: Context) -> Iterator[Finding]:
    """What the plan states of both is judged without a look; here one of them is live."""
    spec: FunctionSpec = declared.spec
    reserved = spec.reserved_concurrency
    if reserved is None:
        reserved = live.reserved_concurrency if live is not None else None
    total = sum(_after(spec, live).values())
    if not isinstance(reserved, int) or total <= reserved:
        return
    field = RESERVED if spec.reserved_concurrency is not None else PROVISIONED
    message = (
        f"{total} executions of {declared.name} are provisioned in all, more than the {reserved} that are reserved."
    )
    action = "Reserve more, or provision less: `provisioned_concurrency: {ALIAS: off}`."
    yield context.finding("error", "provisioned-beyond-reserved", declared.ref, field, message, action)
