"""What a reviewer is told of the state store: where it is, and what it knows that speaks against the plan."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from orchestrator.errors import StoreUnavailable
from orchestrator.model import Declared, Finding, Kept, Plan, Preview, Task
from orchestrator.planning import fingerprint
from orchestrator.ports import Store
from orchestrator.state.ground import as_found, glanced, key_of
from orchestrator.state.reading import read
from orchestrator.state.records import Declaration, LockRecord, lock_key
from orchestrator.turns import outdated

LockOf = Callable[[Declared | Task], str]


def declarations(plans: Sequence[Plan], lock: LockOf, key: bytes) -> Mapping[str, Declaration]:
    """What plans declare for each table, function and task, by its lock."""
    tables = {lock(item): Declaration(item.ref.plan, fingerprint.declared(item, key)) for item in _declared(plans)}
    tasks = {
        lock(task): Declaration(plan.name, fingerprint.task(task, key)) for plan in plans for task in plan.all_tasks
    }
    return tables | tasks


def _declared(plans: Sequence[Plan]) -> Sequence[Declared]:
    return [item for plan in plans for item in plan.resources]


async def told_of_store(
    store: Store | None, called: str, shown: Preview, lock: LockOf
) -> tuple[Kept, tuple[Finding, ...]]:
    """Where runs are kept, and what to warn of. Changes nothing."""
    kept, warnings = await as_found(store, called)
    if store is None or not kept.exists or warnings:
        return kept, warnings
    try:
        return kept, await glanced(partial(_older, store, shown, lock))
    except StoreUnavailable:
        return kept, ()


async def _older(store: Store, shown: Preview, lock: LockOf) -> tuple[Finding, ...]:
    """What nobody may apply unasked, for a newer version of the plan has been run."""
    if (key := await key_of(store)) is None:
        return ()
    declared = declarations(shown.plans, lock, key)
    rows = await read(store, map(lock_key, declared))
    locks = [LockRecord.of(resource, row) for resource, row in zip(declared, rows, strict=True)]
    older = set(outdated(shown, locks, declared))
    message = "A newer version of this plan has been run on {}: this one would undo what that one states."
    action = "Deploy the newer one. An `apply --yes` of this one is refused (exit 4) without --allow-older."
    return tuple(
        Finding("warning", "older-plan", message.format(item.ref), action, item.ref, plan.where(item.ref.path))
        for plan in shown.plans
        for item in plan.all_items
        if lock(item) in older
    )
