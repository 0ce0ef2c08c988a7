"""The aliases that tasks invoke functions by: each is there, or the plan makes it."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from orchestrator.kinds.contract import Diff
from orchestrator.kinds.function.aspects import ALIASES as LISTED
from orchestrator.kinds.function.lanes import LATEST
from orchestrator.kinds.function.spec import ALIASES
from orchestrator.kinds.parts import present
from orchestrator.kinds.task.invoke import qualifier
from orchestrator.model import Declared, Finding, Invocation, Plan, Ref, Task
from orchestrator.planning.suggest import did_you_mean, listed


def reads(plans: Sequence[Plan]) -> Mapping[Ref, frozenset[str]]:
    """What has to be read of the functions that tasks invoke by an alias."""
    parts = [part for plan in plans for part in (plan, *plan.stages)]
    named = {ref for part in parts for task in part.tasks if _alias(task) is not None for ref in task.acts_on}
    return dict.fromkeys(named, frozenset({LISTED}))


def no_alias(task: Task, plan: Plan, function: Declared, diff: Diff, live: Collection[str] | None) -> Iterator[Finding]:
    """An error where the `function` of an invocation will not have the alias that is named.

    `live` are the aliases that it has, None where they were not read; `diff` is what the plan changes of it.
    """
    alias = _alias(task)
    if alias is None or live is None or any(finding.level == "error" for finding in diff.findings):
        return
    going = {change.ref for change in diff.changes if change.goes}
    stay = {name for name in live if function.ref.child(ALIASES, name) not in going}
    there = stay | present(function.spec.aliases).keys()
    if alias in there:
        return
    message = f"{task.ref} invokes alias `{alias}` of {function.ref}, which has none of that name, and this plan gives it none."
    otherwise = f"It has {listed(there)}. " if there else ""
    action = did_you_mean(alias, there, f"{otherwise}State `{alias}` in its `aliases`, or name another.")
    where = plan.where((*task.ref.path, "invoke", "alias"))
    yield Finding("error", "no-such-alias", message, action, task.ref, where)


def _alias(task: Task) -> str | None:
    """The alias that it names; a version or $LATEST is none."""
    named = qualifier(task.work) if isinstance(task.work, Invocation) else None
    return None if named is None or named == LATEST or named.isdecimal() else named
