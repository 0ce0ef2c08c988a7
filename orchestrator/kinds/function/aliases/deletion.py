"""Taking an alias away: what hangs on it and goes along, or would outlive it (fact sheet 11.10, 11.12).

Event source mappings outlive their alias as they do their function, and invoke nothing any more: they are deleted first.
"""

from collections.abc import Iterable, Iterator, Sequence

from orchestrator.kinds.contract import Context
from orchestrator.kinds.fields import OFF, Absent
from orchestrator.kinds.function import url
from orchestrator.kinds.function.aspects import EVERY_EVENT_SOURCE, POLICY, URLS
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.function.permissions.live import ALIAS
from orchestrator.kinds.function.spec import ALIASES, EVENT_SOURCES, PERMISSIONS, FunctionSpec
from orchestrator.model import UNREAD, Change, Declared, Finding


def reads(spec: FunctionSpec) -> frozenset[str]:
    """What has to be seen before an alias goes; with `prune` it may be any of them."""
    absent = [name for name, one in (spec.aliases or {}).items() if isinstance(one, Absent)]
    pruned = ALIASES in spec.prune
    if not absent and not pruned:
        return frozenset()
    policies = {POLICY} if pruned else {f"{POLICY}:{name}" for name in absent}
    return frozenset({EVERY_EVENT_SOURCE, URLS, *policies})


def leaving(changes: Iterable[Change]) -> frozenset[str]:
    """The names of the aliases that go by these changes."""
    return frozenset(
        change.ref.name for change in changes if change.ref.section == ALIASES and change.effect == "delete"
    )


def findings(
    declared: Declared, live: FunctionLive | None, changes: Sequence[Change], context: Context
) -> Iterator[Finding]:
    """What goes with each alias, or before it, without being named by the plan; `changes` are all those of the function."""
    if live is None:
        return
    for name in sorted(leaving(changes)):
        mappings = list(_mappings(declared, live, name, changes))
        along = [*_permissions(live, name, changes), *_url(live, name, changes)]
        if mappings or along:
            said = [
                *([f"With alias {name} of {declared.name} go its {' and its '.join(along)}."] if along else []),
                *(
                    [f"The event source mappings of alias {name} are deleted first: {', '.join(mappings)}."]
                    if mappings
                    else []
                ),
            ]
            ref = declared.ref.child(ALIASES, name)
            action = "To keep any of it, state it with another alias; a function URL gets a new address there."
            yield context.finding("warning", "alias-delete", ref, "", " ".join(said), action)


def _mappings(declared: Declared, live: FunctionLive, name: str, changes: Sequence[Change]) -> Iterator[str]:
    """Those that go by their UUIDs: the plan names none of them."""
    going = {change.ref.name for change in changes if change.ref.section == EVENT_SOURCES and change.whole}
    unsaid = going - (declared.spec.event_sources or {}).keys()
    for one in live.attached.event_sources.all:
        if one.alias == name and one.uuid in unsaid:
            yield f"{one.uuid} ({one.source})"


def _permissions(live: FunctionLive, name: str, changes: Sequence[Change]) -> Iterator[str]:
    """Those that the plan does not itself take off the alias."""
    taken = {
        change.identity or change.ref.name
        for change in changes
        if change.ref.section == PERMISSIONS and change.before and change.before.get(ALIAS) == name
    }
    left = sorted(live.attached.policies.get(name, {}).keys() - taken)
    if left:
        yield f"permissions ({', '.join(left)})"


def _url(live: FunctionLive, name: str, changes: Sequence[Change]) -> Iterator[str]:
    urls = live.attached.urls
    moves = [change for change in changes if change.field == url.FIELD and change.before != OFF]
    taken = any(change.after == OFF or change.before.get(ALIAS) == name for change in moves)
    if urls is not UNREAD and name in urls and not taken:
        yield f"function URL ({urls[name].address}), whose address never comes back"
