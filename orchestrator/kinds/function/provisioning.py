"""What AWS refuses of provisioned concurrency, told by the plan alone and beside what is live (fact sheet 11.9)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from orchestrator.kinds.complaint import Complaint
from orchestrator.kinds.contract import Context
from orchestrator.kinds.fields import OFF
from orchestrator.kinds.function.aliases.live import AliasLive
from orchestrator.kinds.function.aliases.relocation import Relocation, relocation
from orchestrator.kinds.function.concurrency import PROVISIONED, RESERVED
from orchestrator.kinds.function.lanes import LATEST
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.function.publication import Publication
from orchestrator.kinds.function.spec import ALIASES, PUBLISHED, AliasSpec, FunctionSpec
from orchestrator.kinds.function.subjects import leaving
from orchestrator.kinds.parts import present
from orchestrator.model import Broken, Declared, Finding, Text


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
    declared: Declared, live: FunctionLive | None, published: Publication, context: Context
) -> Iterator[Finding]:
    """What a plan states is judged beside what it leaves as it is: Lambda refuses the one for the other."""
    yield from _snapshots(declared, live, published, context)
    yield from _unfit_aliases(declared, live, context)
    yield from _versions(declared, live, published, context)
    yield from _exchanges(declared, live, published, context)
    yield from _failed(declared, live, context)
    if declared.spec.provisioned_concurrency is not None or declared.spec.reserved_concurrency is not None:
        yield from _total(declared, live, context)


def _failed(declared: Declared, live: FunctionLive | None, context: Context) -> Iterator[Finding]:
    """What AWS could not provide and the plan leaves as it is: what it states is asked for again."""
    seen = live.attached.provisioned if live is not None else {}
    unsaid = seen.keys() - (declared.spec.provisioned_concurrency or {}).keys() - leaving(declared, live)
    for name in sorted(unsaid):
        one = seen[name]
        if one is None or not isinstance(one.verdict, Broken):
            continue
        message = f"{declared.name}: {one.verdict.reason}."
        if name.isdecimal():
            action = f"A plan can't say what version {name} itself has: ask for it again, or remove it, by other means."
        else:
            stated = f"{PROVISIONED}: {{{name}: {one.wanted}}}"
            action = (
                f"Mend the cause, then state `{stated}`, which asks for it again, or `{name}: off` there to do without."
            )
        yield context.finding("notice", "provisioned-failed", declared.ref, PROVISIONED, message, action)


def _snapshots(
    declared: Declared, live: FunctionLive | None, published: Publication, context: Context
) -> Iterator[Finding]:
    """What the plan states of both is judged without a look; here one of them is live (fact sheet 11.12).

    Whether Lambda takes SnapStart while an older version has provisioned concurrency is written nowhere: the cautious
    reading is that it doesn't.
    """
    if live is None:
        return
    spec: FunctionSpec = declared.spec
    snapped = live.content.snap_start if spec.snap_start is None else spec.snap_start
    left, given = _after(declared, live), _provisioned(spec)
    if spec.snap_start is None and snapped != OFF and given:
        message = f"{declared.name} has SnapStart, and Lambda provisions no concurrency for such functions."
        yield context.finding("error", "snap-start", declared.ref, PROVISIONED, message, "State `snap_start: off`.")
        return
    begins = spec.snap_start not in (None, OFF, live.content.snap_start)
    if snapped != OFF and left and not given and (begins or _moved(declared, live, published)):
        names = " and ".join(sorted(left))
        message = f"Lambda takes no snapshots of {declared.name} with provisioned concurrency, which {names} has."
        yield context.finding("error", "snap-start", declared.ref, "snap_start", message, _release(left))
        return
    yield from _snapped(declared, live, left, context)


def _snapped(declared: Declared, live: FunctionLive, left: Mapping[str, int], context: Context) -> Iterator[Finding]:
    """Aliases that go to a version with SnapStart, or stay at one."""
    stated = present(declared.spec.aliases)
    for name in left:
        version = stated[name].version if name in stated else name
        if live.attached.snapshots.get(version, OFF) == OFF:
            continue
        shown = f"Version {version}" if name in stated else f"The version of alias {name}"
        message = f"{shown} has SnapStart, and alias {name} can't have provisioned concurrency there."
        if name in stated:
            ref, field, action = declared.ref.child(ALIASES, name), "version", _release([name])
        else:
            ref, field, action = declared.ref, f"{PROVISIONED}.{name}", "Move the alias to a version without it first."
        yield context.finding("error", "snap-start", ref, field, message, action)


def _moved(declared: Declared, live: FunctionLive, published: Publication) -> bool:
    """Whether an alias that keeps its provisioned concurrency moves to what $LATEST holds."""
    moves = targets(declared, live, published.target)
    stated = present(declared.spec.aliases)
    return any(name in moves and stated[name].version == PUBLISHED for name in _after(declared, live) if name in stated)


def _release(names: Iterable[str]) -> str:
    several = ", ".join(f"{name}: off" for name in sorted(names))
    return f"State `{PROVISIONED}: {{{several}}}`, or leave the other out."


def _unfit_aliases(declared: Declared, live: FunctionLive | None, context: Context) -> Iterator[Finding]:
    """An alias that has it or shall have it, the other half being as it is (fact sheet 11.8, 11.9)."""
    stated, given = present(declared.spec.aliases), _provisioned(declared.spec)
    for name in _after(declared, live):
        if name in stated and name not in given:
            one = stated[name]
            if one.version == LATEST or one.weights:
                message = f"Alias {name} has provisioned concurrency: {_unfit(name)}"
                ref = declared.ref.child(ALIASES, name)
                yield context.finding("error", "provisioned-alias", ref, "", message, f"{_release([name])} {_ACTION}")
        elif name in given and name not in stated:
            seen = _there(live).get(name)
            if seen is not None and (seen.version == LATEST or seen.weights):
                place = f"{PROVISIONED}.{name}"
                yield context.finding(
                    "error", "provisioned-alias", declared.ref, place, f"Here {_unfit(name)}", _ACTION
                )


def _versions(
    declared: Declared, live: FunctionLive | None, published: Publication, context: Context
) -> Iterator[Finding]:
    """A version has provisioned concurrency of its own or through one alias (fact sheet 11.4)."""
    stated, there = present(declared.spec.aliases), _there(live)
    by_version = defaultdict[Any, list[str]](list)
    for name in _after(declared, live):
        if name in stated:
            by_version[_version(stated[name], published.target)].append(name)
        elif name in there:
            by_version[there[name].version].append(name)
        elif name.isdecimal():
            by_version[name].append(f"version {name} itself")
    ours = {*_provisioned(declared.spec), *stated}
    for version, names in by_version.items():
        if len(names) > 1 and not ours.isdisjoint(names) and version != LATEST:
            shown = "" if isinstance(version, Text) else f" (version {version})"
            message = (
                f"{' and '.join(sorted(names))} name one version{shown}, and only one of them can have provisioned "
                "concurrency."
            )
            action = "Provision one of them, or point the other one to another version."
            yield context.finding("error", "provisioned-twice", declared.ref, PROVISIONED, message, action)


def _exchanges(
    declared: Declared, live: FunctionLive | None, published: Publication, context: Context
) -> Iterator[Finding]:
    """Aliases that change places: one of them is without in between, and only a plan that states it can give it back."""
    moves = targets(declared, live, published.target)
    for name in relocated(declared, live, moves).released:
        if name not in _provisioned(declared.spec):
            message = (
                f"Alias {name} and others with provisioned concurrency change places, and no version takes it of two."
            )
            action = f"State `{PROVISIONED}` of {name}: it is stopped while they move, and started again."
            ref = declared.ref.child(ALIASES, name)
            yield context.finding("error", "provisioned-exchange", ref, "version", message, action)


def targets(declared: Declared, live: FunctionLive | None, published: str | Text | None) -> Mapping[str, Any]:
    """Where each alias that is there and moves goes to, known or not, in the plan's order."""
    there = _there(live)
    wanted = {name: _version(one, published) for name, one in present(declared.spec.aliases).items() if name in there}
    return {name: version for name, version in wanted.items() if version != there[name].version}


def relocated(declared: Declared, live: FunctionLive | None, moves: Mapping[str, Any]) -> Relocation:
    """The order in which `moves` can be made."""
    seen = live.attached.provisioned if live is not None else {}
    kept = [name for name in _after(declared, live) if seen.get(name) is not None]
    return relocation(moves, _there(live), kept, _provisioned(declared.spec))


def _there(live: FunctionLive | None) -> Mapping[str, AliasLive]:
    return live.aliases if live is not None and isinstance(live.aliases, Mapping) else {}


def _version(spec: AliasSpec, published: str | Text | None) -> str | Text | None:
    return published if spec.version == PUBLISHED else spec.version


def _after(declared: Declared, live: FunctionLive | None) -> Mapping[str, int]:
    """What aliases and versions have provisioned once the plan is applied; an alias that goes takes its own along."""
    spec: FunctionSpec = declared.spec
    seen = live.attached.provisioned if live is not None else {}
    kept = {name: one.wanted for name, one in seen.items() if one is not None}
    gone = {name for name, value in (spec.provisioned_concurrency or {}).items() if value == OFF}
    gone |= leaving(declared, live)
    return {name: value for name, value in {**kept, **_provisioned(spec)}.items() if name not in gone}


def _total(declared: Declared, live: FunctionLive | None, context: Context) -> Iterator[Finding]:
    """What the plan states of both is judged without a look; here one of them is live."""
    spec: FunctionSpec = declared.spec
    reserved = spec.reserved_concurrency
    if reserved is None:
        reserved = live.reserved_concurrency if live is not None else None
    total = sum(_after(declared, live).values())
    if not isinstance(reserved, int) or total <= reserved:
        return
    field = RESERVED if spec.reserved_concurrency is not None else PROVISIONED
    message = (
        f"{total} executions of {declared.name} are provisioned in all, more than the {reserved} that are reserved."
    )
    action = "Reserve more, or provision less: `provisioned_concurrency: {ALIAS: off}`."
    yield context.finding("error", "provisioned-beyond-reserved", declared.ref, field, message, action)
