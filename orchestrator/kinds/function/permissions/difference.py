"""Which statements come, change and go. A statement can't be changed: it is removed, then added again (fact sheet 11.11).

AddPermission and RemovePermission take the RevisionId of the policy as a guard. None is sent: it would be read once, at the
start of a step, from a policy that may be shown late, and a reissue after a lost reply would be refused for our own success. What
others' calls at the same moment swallow is found by reading the policy afterwards, and planned anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from orchestrator.kinds.comparison import alike, plain, stated_part, veiled
from orchestrator.kinds.contract import Context, Diff
from orchestrator.kinds.fields import Absent, stated
from orchestrator.kinds.function import aspects
from orchestrator.kinds.function.lanes import DEADLINE, LATEST, Place, call, qualifier
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.function.permissions.live import ACTION, ALIAS, PRINCIPAL, Statement, principal
from orchestrator.kinds.function.spec import PERMISSIONS, PermissionSpec
from orchestrator.kinds.parts import present
from orchestrator.kinds.step_builder import Placed, StepBuilder
from orchestrator.model import Change, Declared, Finding, Ref, Scope, Step, Unmanaged

PARAMETERS = {
    "principal": "Principal",
    "action": "Action",
    "source_arn": "SourceArn",
    "source_account": "SourceAccount",
}

Where = tuple[str, str]
"""An alias (empty: the function as such) and a statement's id."""


def there(live: FunctionLive | None) -> Mapping[Where, Statement]:
    """Every statement that was read, by alias and id."""
    policies = live.attached.policies if live is not None else {}
    return {
        ("" if alias == LATEST else alias, name): statement
        for alias, statements in policies.items()
        for name, statement in statements.items()
    }


def diff(declared: Declared, live: FunctionLive | None, context: Context) -> Diff:
    """Those of the plan in its order, then those that go."""
    if declared.spec.permissions is None:
        return Diff()
    rest = dict(there(live))
    every = frozenset(rest)
    changes, found = list[Change](), list[Finding]()
    for name, spec in present(declared.spec.permissions).items():
        one = _one(declared.ref.child(PERMISSIONS, name), spec, rest, context)
        changes += one.changes
        found += one.findings
    for name, spec in declared.spec.permissions.items():
        if isinstance(spec, Absent):
            named = [place for place in rest if place[1] == name]
            changes += [_deletion(declared.ref, place, rest.pop(place), name) for place in named]
    meant = every - rest.keys()
    called = {
        declared.ref.child(PERMISSIONS, label(place)): declared.ref.child(PERMISSIONS, place[1]) for place in meant
    }
    if PERMISSIONS in declared.spec.prune:
        changes += [_deletion(declared.ref, place, rest[place], label(place)) for place in sorted(rest)]
        rest = {}
    unmanaged = tuple(Unmanaged(declared.ref, PERMISSIONS, label(place)) for place in sorted(rest))
    return Diff(tuple(changes), unmanaged, tuple(found), called=called)


def label(place: Where) -> str:
    """`ID`, or `ID@ALIAS` of one that is another alias'."""
    alias, name = place
    return f"{name}@{alias}" if alias else name


def _one(ref: Ref, spec: PermissionSpec, rest: dict[Where, Statement], context: Context) -> Diff:
    """What is to be done about one; what it means of `rest` is taken out of that."""
    alias, name = spec.alias or "", ref.name
    elsewhere = [place for place in rest if place[1] == name]
    place = (alias, name) if (alias, name) in rest else elsewhere[0] if len(elsewhere) == 1 else None
    wanted = context.fill(_stated(spec))
    if place is None and elsewhere:
        return Diff(findings=(_several(ref, elsewhere, context),))
    if place is None:
        after = {**wanted, "action": spec.action, **_of_alias(alias)}
        return Diff((Change(ref, "", None, _ordered(after), "create"),))
    seen = rest.pop(place)
    if place[0] == alias and _permits(seen, wanted):
        return Diff(findings=(_narrowed(ref, context),) if seen.foreign else ())
    if seen.foreign or seen.beyond:
        return Diff(findings=(_foreign(ref, seen, context),))
    before, after = {**seen.value, **_of_alias(place[0])}, {**seen.value, **wanted, **_of_alias(alias)}
    kept = _unstated(seen, wanted)
    found = (_remembered(ref, kept, context),) if kept else ()
    return Diff((Change(ref, "", veiled(before, after), _ordered(after), "replace"),), findings=found)


def _stated(spec: PermissionSpec) -> dict[str, Any]:
    """What the plan says; the action only where it is written, for its default holds for new ones."""
    values = {name: getattr(spec, name) for name in PARAMETERS if stated(spec, name)}
    return {name: value for name, value in values.items() if value is not None}


def _unstated(seen: Statement, wanted: Mapping[str, Any]) -> tuple[str, ...]:
    """What a plan could say of a statement and does not, where a new one would have it otherwise."""
    fresh = {ACTION: PermissionSpec.model_fields[ACTION].default}
    return tuple(name for name in PARAMETERS if name not in wanted and seen.value.get(name) != fresh.get(name))


def _of_alias(alias: str) -> dict[str, str]:
    return {ALIAS: alias} if alias else {}


def _ordered(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value[name] for name in (*PARAMETERS, ALIAS) if name in value}


def _permits(seen: Statement, wanted: Mapping[str, Any]) -> bool:
    return seen.allows and _same(seen.value, wanted)


def _same(seen: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return alike(*stated_part(_form(seen), {name: value for name, value in _form(wanted).items() if name != ALIAS}))


def _form(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """An account and its root user are one."""
    who = plain(value.get(PRINCIPAL))
    return {**value, PRINCIPAL: principal(who)} if isinstance(who, str) else value


def _deletion(root: Ref, place: Where, seen: Statement, label: str) -> Change:
    before = {**seen.value, **_of_alias(place[0])}
    return Change(root.child(PERMISSIONS, label), "", before, None, "delete", place[1])


def _several(ref: Ref, places: Sequence[Where], context: Context) -> Finding:
    shown = ", ".join(f"alias {alias}" if alias else "the function itself" for alias, _ in sorted(places))
    message = (
        f"There are statements of the id {ref.name} in several policies ({shown}), none of which is the one stated."
    )
    action = "Remove those that are not meant, or give this one another id."
    return context.finding("error", "permission-ambiguous", ref, "alias", message, action)


def _foreign(ref: Ref, seen: Statement, context: Context) -> Finding:
    """Removed and added anew, a statement of which the plan can't say all would permit more after a kill in between."""
    if not seen.allows:
        what = "does not allow what it names, or names what it is not about: AddPermission can't make it anew"
    elif seen.foreign:
        what = "holds what AddPermission can't write, so that it can't be made anew"
    else:
        what = f"has conditions that a plan can't say ({', '.join(seen.beyond)}): without them it would permit more"
    action = f"Change it the way it was made, or remove it first (`{ref.name}: absent`)."
    return context.finding(
        "error", "permission-foreign", ref, "", f"The statement {ref.name} differs and {what}.", action
    )


def _narrowed(ref: Ref, context: Context) -> Finding:
    """It is left alone as everything is that a plan does not state, but it permits less than a reader of the plan thinks."""
    message = (
        f"The statement {ref.name} is as stated, under conditions that a plan can't say: it permits less than that."
    )
    action = f"See them with `aws lambda get-policy`. To be without them, remove it (`{ref.name}: absent`), then add it again."
    return context.finding("notice", "permission-narrowed", ref, "", message, action)


def _remembered(ref: Ref, kept: Sequence[str], context: Context) -> Finding:
    names = ", ".join(kept)
    message = (
        f"The statement {ref.name} is removed and added anew. What the plan leaves unsaid of it ({names}) is kept, but only "
        "in the memory of that run: if it ends in between, the next one adds the statement without."
    )
    return context.finding("warning", "permission-kept", ref, "", message, f"State {names} too.")


# -------------------------------------------------------------------------------------------------------------- reached


def reached(change: Change, live: FunctionLive | None) -> bool:
    """Whether the function's Live shows the change of a statement as made. Total; False where its policy was not read."""
    if live is None:
        return change.effect == "delete"
    value = change.after if change.effect == "create" else change.before
    if not isinstance(value, Mapping):
        return False
    policy = live.attached.policies.get(value.get(ALIAS) or LATEST)
    if policy is None:
        return False
    seen = policy.get(change.identity or change.ref.name)
    if change.effect == "create":
        return seen is not None and _permits(seen, value)
    return seen is None or (change.effect == "replace" and not _same(seen.value, value))


# ------------------------------------------------------------------------------------------------------------- the steps


def steps(builder: StepBuilder, function: str, changes: Sequence[Change]) -> Iterator[Placed]:
    """One call for each statement that comes or goes, two for one that changes; one at a time (fact sheet 11.11)."""
    for change in changes:
        if change.ref.section != PERMISSIONS:
            continue
        if change.goes:
            yield Place.PERMISSIONS, _removal(builder, function, change)
        if change.comes:
            yield Place.PERMISSIONS, _addition(builder, function, change)


def _removal(builder: StepBuilder, function: str, change: Change) -> Step:
    alias, name = change.before.get(ALIAS, ""), change.identity or change.ref.name
    again = " to add it anew" if change.effect == "replace" else ""
    return builder.step(
        "delete",
        f"remove permission {change.ref.name}{again}",
        call(function, "RemovePermission", StatementId=name, **qualifier(alias)),
        (change,),
        DEADLINE,
        ref=change.ref,
        timeout="update",
        reads=_read(alias),
        scope=Scope.SELF,
    )


def _addition(builder: StepBuilder, function: str, change: Change) -> Step:
    after: Mapping[str, Any] = change.after
    alias = after.get(ALIAS, "")
    parameters = {PARAMETERS[name]: value for name, value in after.items() if name != ALIAS}
    return builder.step(
        "create",
        f"add permission {change.ref.name}",
        call(function, "AddPermission", StatementId=change.ref.name, **parameters, **qualifier(alias)),
        (Change(change.ref, "", None, after, "create"),),
        DEADLINE,
        ref=change.ref,
        timeout="update",
        reads=_read(alias),
        scope=Scope.SELF,
    )


def _read(alias: str) -> frozenset[str]:
    return frozenset({f"{aspects.POLICY}:{alias or LATEST}"})
