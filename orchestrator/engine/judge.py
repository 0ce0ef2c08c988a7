"""What one look at a resource means for one step. Pure: a live state enters, a judgement leaves."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from orchestrator import kinds
from orchestrator.model import Broken, Change, Pending, Scope, Settled, Step, Verdict


class Look(Enum):
    """What a resource means for a step that need not be looked at again, in words that can follow its name."""

    READY = "ready"
    REACHED = "as planned"
    UNREACHED = "settled, but the change does not show yet"
    ABSENT = "not there"
    TAKEN = "there already, in another shape than planned"
    OTHERWISE = "no longer as the rest was planned against"
    UNDONE = "no longer as this run made it"
    REPLACED = "deleted and made anew since the preview"
    MOVING = "moving, and nobody waits for it"


Conclusion = Look | Broken
Judgement = Conclusion | Pending

NEWS_AFTER = 5.0
"""Seconds for which reads lag behind as a rule; only after that it is worth telling anybody."""


@dataclass(frozen=True, slots=True)
class Lagging(Pending):
    """Nothing moves in AWS; what was seen may only be old."""


QUIET = Lagging("")
"""Not done yet, and nothing that anybody needs to be told."""


@dataclass
class Judge:
    """Judges live states for `step`. `whole`: AWS refused for something beyond the step's scope, so look at all of it."""

    step: Step
    whole: bool = False

    def __post_init__(self) -> None:
        self._kind = kinds.ROOTS[self.step.ref.root.section]

    @property
    def creates_root(self) -> bool:
        return self.step.action == "create" and self.step.ref == self.step.ref.root

    def reached(self, live: Any) -> bool:
        """Whether every change of the step is made. A step without changes has no goal that could be seen."""
        return bool(self.step.because) and _made(self.step.because, live)

    def before(self, live: Any) -> Judgement:
        """May the call go out?"""
        if self._replaced(live):
            return Look.REPLACED
        verdict = self._verdict(live)
        if isinstance(verdict, Pending):
            return verdict
        if isinstance(verdict, Broken) and not verdict.recoverable and self.step.action != "delete":
            return verdict
        if isinstance(verdict, Settled) and self.reached(live):
            return Look.REACHED
        if live is None and not self.creates_root:
            return Look.ABSENT
        if self.occupied(live) or (live is not None and self.creates_root):
            return Look.TAKEN
        return Look.READY if _made(self.step.given, live) else Look.UNDONE

    def occupied(self, live: Any) -> bool:
        """Whether something stands where the step makes a part: of that name, or such that AWS takes no second one."""
        if live is None or self.step.action == "delete":
            return False
        found = any(self._kind.occupied(change, live) for change in self.step.because)
        return found or self._part_is_there(live)

    def _part_is_there(self, live: Any) -> bool:
        """Whether the part that the step creates exists already, in another shape than planned."""
        return self.step.action == "create" and self.step.ref.path[2:] in self._kind.parts(live)

    def after(self, live: Any) -> Judgement:
        """Has the call done what it was sent for?"""
        if self._replaced(live):
            return Look.REPLACED
        verdict = self._verdict(live)
        if isinstance(verdict, Broken) and self.step.action == "delete" and not self.reached(live):
            return Pending(verdict.reason)
        if not isinstance(verdict, Settled):
            return verdict
        if self.reached(live) or not self.step.because:
            return Look.REACHED
        return Look.UNREACHED if live is not None or self.creates_root else Look.ABSENT

    def done(self, live: Any) -> bool:
        """Whether all that the step changes is there and settled, whatever else of the resource moves; all of it where it only
        waits.
        """
        if not self.step.because:
            return self.idle(live) is Look.REACHED
        if self._replaced(live) or not self.reached(live):
            return False
        parts = self._kind.parts(live) if live is not None else {}
        own = [parts.get((change.ref.section, change.ref.name)) for change in self.step.because]
        if None in own:
            own.append(self._kind.verdict(live, self.step.scope))
        return all(verdict in (None, Settled()) for verdict in own) and self._motion(live) == Settled()

    def idle(self, live: Any) -> Judgement:
        """Is it over? For a step that only waits; without a goal, a failed update that the next one overwrites is over too."""
        verdict = self._verdict(live)
        if isinstance(verdict, Broken) and verdict.recoverable and not self.step.because:
            return Look.REACHED
        look = self.after(live)
        return Look.OTHERWISE if look is Look.REACHED and not _made(self.step.given, live) else look

    def _verdict(self, live: Any) -> Verdict:
        """By the step's own scope, then by what its changes are about; and once AWS has refused for more than that, also
        nothing else may move.
        """
        verdict: Verdict = self._kind.verdict(live, self.step.scope)
        if isinstance(verdict, Settled) and self.whole:
            all_of_it: Verdict = self._kind.verdict(live, Scope.WHOLE)
            verdict = all_of_it if isinstance(all_of_it, Pending) else verdict
        return self._motion(live) if isinstance(verdict, Settled) else verdict

    def _motion(self, live: Any) -> Verdict:
        found = [kinds.KINDS[change.ref.section].motion(change, live) for change in self.step.because]
        broken = next((one for one in found if isinstance(one, Broken)), None)
        return broken or next((one for one in found if isinstance(one, Pending)), Settled())

    def _replaced(self, live: Any) -> bool:
        """Whether the name belongs to another thing than the one that was planned against (TableId)."""
        if self.step.identity is None or live is None:
            return False
        return self._kind.identity(live) not in (None, self.step.identity)


def _made(changes: Iterable[Change], live: Any) -> bool:
    return all(kinds.KINDS[change.ref.section].reached(change, live) for change in changes)


class Doubt:
    """The same judge, but a look in `lasting` counts only once later reads show it too, for that many seconds.

    Reads may lag behind, so what looks like the state before a change is not believed at once (fact sheet 7). Zero seconds
    ask for one more read.
    """

    def __init__(
        self, judge: Callable[[Any], Judgement], lasting: Mapping[Look, float], now: Callable[[], float]
    ) -> None:
        self._judge = judge
        self._lasting = lasting
        self._now = now
        self._look: Judgement | None = None
        self._since = 0.0

    def __call__(self, live: Any) -> Judgement:
        look = self._judge(live)
        if not isinstance(look, Look) or look not in self._lasting:
            self._look = None
            return look
        if look is not self._look:
            self._look, self._since = look, self._now()
        elif self._now() - self._since >= self._lasting[look]:
            return look
        news = look is not Look.REACHED and self._now() - self._since >= NEWS_AFTER
        return Lagging(look.value) if news else QUIET
