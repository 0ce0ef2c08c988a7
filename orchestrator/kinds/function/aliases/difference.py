"""Which aliases come, change and go.

What an alias names may be known only once the function has published; Changes and Calls then hold `FromLive(function,
"version")`. Aliases are metadata: a call on one settles at once (fact sheet 11.8).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.kinds.comparison import alike, veiled
from orchestrator.kinds.contract import Context, Diff
from orchestrator.kinds.fields import stated
from orchestrator.kinds.function.aliases import targets
from orchestrator.kinds.function.aliases.live import AliasLive
from orchestrator.kinds.function.aliases.rules import complaints
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.function.publication import Publication
from orchestrator.kinds.function.spec import ALIASES, PUBLISHED, AliasSpec, FunctionSpec
from orchestrator.kinds.parts import Parts
from orchestrator.model import Change, Declared, Finding, Ref, Text


def diff(declared: Declared, live: FunctionLive | None, published: Publication, context: Context) -> Diff:
    """The aliases to create and to change as the plan orders them, then those that go."""
    spec: FunctionSpec = declared.spec
    there = live.aliases if live is not None and isinstance(live.aliases, dict) else {}
    sort = Parts.of(declared.ref, ALIASES, spec.aliases, there, spec.prune)
    changes: list[Change] = []
    found: list[Finding] = []
    for name, one, present in sort.wanted:
        value = _wanted(one, published.target, context)
        found += _findings(sort.child(name), value, context)
        if not published.refused:
            found += targets.findings(sort.child(name), value, present, live, context)
        changes += _changes(sort.child(name), value, present)
    changes += [_deletion(sort.child(name), alias) for name, alias in sort.going]
    return Diff(tuple(changes), sort.unmanaged, tuple(found))


def _wanted(spec: AliasSpec, published: str | Text | None, context: Context) -> Mapping[str, Any]:
    """What the plan says of an alias, in the form of Changes: a version with all its weights, the description if stated.

    `published` is what that word stands for, None where there is no version that it could.
    """
    value: dict[str, Any] = {
        "version": published if spec.version == PUBLISHED else spec.version,
        "weights": dict(spec.weights),
    }
    if stated(spec, "description"):
        value["description"] = context.fill(spec.description)
    return value


def _changes(ref: Ref, value: Mapping[str, Any], live: AliasLive | None) -> Iterator[Change]:
    """One Change that creates the alias, or one for each of its fields that differs."""
    if live is None:
        yield Change(ref, "", None, value, "create")
        return
    for name, after in value.items():
        before = live.value[name]
        if not alike(before, after):
            yield Change(ref, name, veiled(before, after), after, "update")


def _deletion(ref: Ref, live: AliasLive) -> Change:
    return Change(ref, "", live.value, None, "delete")


def _findings(ref: Ref, value: Mapping[str, Any], context: Context) -> Iterator[Finding]:
    """What Lambda would refuse of a value (fact sheet 11.8)."""
    version, weights = value["version"], value["weights"]
    if version is None:
        yield context.finding(
            "error",
            "no-version",
            ref,
            "version",
            f"Alias {ref.name} shall name the newest version, but the function has none and publishes none.",
            "Take `publish: false` away, or name $LATEST.",
        )
    else:
        yield from (context.complaint(ref, found) for found in complaints(version, weights))


def reached(change: Change, live: Any) -> bool:
    """Whether the function's Live shows `change` of an alias as made; False where aliases or the wanted version are not known."""
    if live is None:
        return change.effect == "delete"
    if not isinstance(live.aliases, Mapping):
        return False
    alias = seen(live, change.ref.name)
    if alias is None or change.effect == "delete":
        return alias is None and change.effect == "delete"
    after = change.after if change.effect == "create" else {change.field: change.after}
    return all(alike(alias.value.get(name), value) for name, value in after.items())


def seen(live: FunctionLive | None, name: str) -> AliasLive | None:
    """The alias, where the function and its aliases were read and have it."""
    return live.aliases.get(name) if live is not None and isinstance(live.aliases, Mapping) else None
