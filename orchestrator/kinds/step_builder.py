"""How the steps of a lane are made, whatever the kind: one grammar of ids, one rule for deadlines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from orchestrator.kinds.fields import Absent
from orchestrator.kinds.settings import Sending
from orchestrator.model import NO_TIME, Action, Call, Change, Declared, Estimate, Gate, Ref, Scope, Step

Verb = Literal["create", "update", "delete", "wait"]

Placed = tuple[int, Step]
"""A step with its place on the lane."""


@dataclass(frozen=True, slots=True)
class StepBuilder:
    """Makes the steps of one root and its parts.

    `lane` is what they stand on, `timeouts` are the seconds that the plan states by what is done (`create`, `update`, …).
    `patience` is how many seconds any step has at least, where the plan states none; `identity` is that of Step, `gate`
    that of all its steps.
    """

    lane: str
    ref: Ref
    timeouts: Mapping[str, float] = field(default_factory=dict)
    patience: float = 0
    identity: str | None = None
    gate: Gate = "start"

    @classmethod
    def of(cls, declared: Declared, lane: str, *, identity: str | None = None, patience: float = 0) -> "StepBuilder":
        """For a declared root, with the timeouts and the gate that its plan states."""
        spec = declared.spec
        if isinstance(spec, Absent):
            return cls(lane, declared.ref, patience=patience, identity=identity)
        timeouts = spec.timeouts.model_dump(exclude_none=True)
        return cls(lane, declared.ref, timeouts, patience, identity, spec.gate or "start")

    def step(
        self,
        verb: Verb,
        summary: str,
        call: Call | None,
        because: tuple[Change, ...],
        deadline: float,
        *,
        what: str = "",
        ref: Ref | None = None,
        action: Action | None = None,
        timeout: str = "",
        reads: frozenset[str] = frozenset(),
        scope: Scope = Scope.WHOLE,
        destructive: bool = False,
        probes: tuple[Call, ...] = (),
        given: tuple[Change, ...] = (),
        told: tuple[tuple[Ref, str], ...] = (),
        gate: Gate = "start",
        postponable: bool = False,
        pause: float = 0.0,
        ends: frozenset[str] = frozenset(),
        releases: frozenset[str] = frozenset(),
        only_releases: bool = False,
        unfinished: str = "",
        estimate: Estimate = NO_TIME,
    ) -> Step:
        """A step of the id `REF:VERB` or `REF:VERB-WHAT`, of the root unless `ref` names a part.

        The verb is also its action and its key among the timeouts, unless those are told. `deadline` is in seconds.
        """
        ref = ref or self.ref
        return Step(
            id=f"{ref}:{verb}-{what}" if what else f"{ref}:{verb}",
            ref=ref,
            lane=self.lane,
            action=action or verb,
            summary=summary,
            call=call,
            because=because,
            deadline=pause + (self.timeouts.get(timeout or verb) or max(deadline, self.patience)),
            reads=reads,
            scope=scope,
            destructive=destructive,
            identity=self.identity,
            probes=probes,
            given=given,
            told=told,
            gate="background" if self.gate == "background" else gate,
            postponable=postponable,
            pause=pause,
            ends=ends,
            releases=releases,
            only_releases=only_releases,
            unfinished=unfinished,
            estimate=estimate,
        )

    def setting(self, sending: Sending) -> Step:
        """The step of one call that changes settings: of the thing that it changes, or of the root where it changes several."""
        refs = {change.ref for change in sending.because}
        return self.step(
            "update" if sending.call else "wait",
            sending.summary,
            sending.call,
            sending.because,
            sending.deadline,
            what=sending.name,
            ref=refs.pop() if len(refs) == 1 else None,
            reads=sending.reads,
            scope=sending.scope,
            timeout="update",
            told=sending.told,
            gate=sending.gate,
            postponable=sending.postponable,
            pause=sending.pause,
            ends=sending.ends,
            estimate=sending.estimate,
        )
