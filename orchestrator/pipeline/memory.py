"""What the state store remembers of the tasks and stages of a command's plans."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from orchestrator.errors import StoreUnavailable, Unreachable
from orchestrator.model import Plan, Target
from orchestrator.planning.past import Past
from orchestrator.ports import Clock, Marks, Store
from orchestrator.state.ground import glanced, key_of
from orchestrator.state.memory import stages_done, tasks_done
from orchestrator.state.patience import patiently
from orchestrator.state.sentences import unavailable


class Remembering:
    """Reads it with each look at live state; `past` is what was read last.

    Who only looks does not wait for the store, and takes nothing for remembered where it does not answer. A run that takes its
    turn is sure: it waits, for what it does rests on it.
    """

    def __init__(
        self, store: Store | None, clock: Clock, target: Target, plans: tuple[Plan, ...], marks: Marks | None
    ) -> None:
        self.past = Past(kept=store is not None, marks=marks)
        self._sure = False
        self._passed: dict[str, Sequence[str]] = {}
        """The stages that this run itself has seen to be done."""
        self._store = store
        self._clock = clock
        self._target = target
        self._plans = plans
        self._tasks = [task for plan in plans for task in plan.all_tasks]
        self._staged = [plan for plan in plans if plan.stages]

    def begins(self, key: bytes) -> None:
        """A run begins, for which the store has been made; `key` is that of its digests."""
        self.past, self._sure = replace(self.past, key=key), True

    def passes(self, plan: str, stages: Sequence[str]) -> bool:
        """These stages of a plan are done, as this run sees it; whether that is news."""
        known = self.past.stages.get(plan)
        self._passed[plan] = tuple(stages)
        self.past = self._with_passed(self.past)
        return known != self._passed[plan]

    def _with_passed(self, past: Past) -> Past:
        return replace(past, stages={**past.stages, **self._passed})

    async def refresh(self) -> None:
        """Read it once more. Raises Unreachable where that is needed and can't be done."""
        if self._store is None or not (self._tasks or self._staged):
            return
        read = partial(self._read, self._store)
        try:
            past = await (patiently(read, self._clock, None, _unheard) if self._sure else glanced(read))
            self.past = self._with_passed(past)
        except StoreUnavailable as error:
            if self._sure:
                raise Unreachable(unavailable(error)) from None

    async def _read(self, store: Store) -> Past:
        key = await key_of(store)
        if key is None:
            return Past(key=self.past.key, marks=self.past.marks)
        return Past(
            key=key,
            tasks=await tasks_done(store, self._target, self._tasks),
            stages=await stages_done(store, self._target, self._staged),
            marks=self.past.marks,
        )


def _unheard(error: StoreUnavailable) -> None:
    """The run's heartbeats tell of it."""
