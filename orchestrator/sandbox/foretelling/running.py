"""The world after a graph's steps, told by running their calls through the rules."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

from orchestrator import kinds
from orchestrator.errors import Fault
from orchestrator.kinds.function.difference import CODE
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.model import (
    Call,
    Declared,
    FromLive,
    FromRun,
    Graph,
    Plan,
    Ref,
    Step,
    Target,
    World,
    bind,
    unknown,
)
from orchestrator.planning.foretold import Foretold, Unforetold
from orchestrator.sandbox.foretelling.choices import chosen
from orchestrator.sandbox.foretelling.likeness import changed
from orchestrator.sandbox.foretelling.planted import Planted, Reads, Unplantable, planted
from orchestrator.sandbox.foretelling.settled import settled

RUN = "00000000-0000-0000-0000-000000000000"
"""Stands for the id of the run that is yet to be."""


class _Halted(Exception):
    """It ends here, with this result."""

    def __init__(self, ref: Ref, reason: str) -> None:
        self.result = Unforetold(ref, reason)
        super().__init__(reason)


def foretold(
    present: Foretold, plans: Sequence[Plan], graph: Graph, reads: Reads, target: Target, now: float
) -> Foretold | Unforetold:
    """What the `present` world will be once the steps of `graph` have run, in what `plans` declare; the rest stays as it is.

    `reads` are the aspects that the world was observed with, by root; `now` is in seconds since the epoch. What a task does is
    no matter of a table's or function's own, so that its step is passed over.
    """
    world, declared = present.world, [item for plan in plans for item in plan.resources]
    try:
        rest = _at_rest(world, declared)
        account = planted(rest, declared, reads, target, now)
        before = _seen(account)
        for step in graph:
            if step.call is not None and step.task is None:
                _run(account, step, step.call, present.made_up)
        after = _seen(account)
    except Unplantable as unplantable:
        return Unforetold(unplantable.ref, str(unplantable))
    except _Halted as halted:
        return halted.result
    digests = account.packages.made_up
    told = {ref: _compared(changed(rest[ref], before[ref], after[ref]), after[ref]) for ref in rest}
    # A digest that somebody read is a fact, whoever made a function of it.
    found = chosen(account.declared, before, after)
    facts = {late: value for late, value in found.items() if late.field != CODE or value in digests}
    return Foretold({**world, **told}, {**_digests(told, digests), **facts})


def _digests(world: World, made_up: Set[str]) -> dict[FromLive, str]:
    """Those of objects and images that nobody has read, by the read of them: calls pin an image by its digest."""
    seen = [
        (ref, read, digest)
        for ref, one in world.items()
        if isinstance(one, FunctionLive)
        for read, digest in one.packages.items()
    ]
    return {FromLive(ref, read): digest for ref, read, digest in seen if isinstance(digest, str) and digest in made_up}


# ------------------------------------------------------------------------------------------------- the account and its steps


def _at_rest(world: World, declared: Sequence[Declared]) -> dict[Ref, Any]:
    return {item.ref: settled(world.get(item.ref)) for item in declared}


def _seen(account: Planted) -> World:
    world: dict[Ref, Any] = {}
    for ref in account.declared:
        try:
            world[ref] = account.seen(ref)
        except Fault as fault:
            raise _Halted(ref, str(fault).rstrip(".")) from fault
    return world


def _run(account: Planted, step: Step, call: Call, made_up: Mapping[FromLive, str]) -> None:
    """Send the call of a step, with what stands for values that are made up.

    Raises _Halted where the rules refuse it, or where something in it is not known even then.
    """

    def lookup(late: FromLive | FromRun) -> str | None:
        if isinstance(late, FromRun):
            return RUN
        if late in made_up:
            return made_up[late]
        root = late.ref.root
        aspects = kinds.KINDS[late.ref.section].ATTRIBUTES[late.field].reads
        return kinds.attribute(late, account.seen(root, aspects), account.declared[root])

    try:
        bound = replace(call, parameters=bind(call.parameters, lookup))
        if missing := unknown(bound.parameters):
            told = ", ".join(f"{late.ref}.{late.field}" for late in missing if isinstance(late, FromLive))
            raise _Halted(step.ref, f"{step.id} needs {told}, which nothing tells by then")
        account.change(bound)
    except Fault as fault:
        raise _Halted(step.ref, str(fault).rstrip(".")) from fault


def _compared(told: Any, after: Any) -> Any:
    """What code would be is not read of a function that moves, but of one at rest it is."""
    if isinstance(told, FunctionLive) and isinstance(after, FunctionLive):
        return replace(told, packages={**after.packages, **told.packages})
    return told
