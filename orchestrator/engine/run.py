"""What the lanes of one run share."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import anyio

from orchestrator import credentials, kinds
from orchestrator.engine.ending import Ending, Failure
from orchestrator.engine.forgetful import Forgetful
from orchestrator.engine.guard import Unguarded
from orchestrator.engine.limits import Limited, Slots
from orchestrator.engine.observe import Observer, aspects
from orchestrator.engine.options import Options
from orchestrator.engine.origins import Origins
from orchestrator.engine.pacing import Draw
from orchestrator.engine.parking import Parking
from orchestrator.engine.persistence import DURING_A_RUN
from orchestrator.engine.record import Recorder
from orchestrator.engine.stop import CANCELLED, IN_BACKGROUND, LEFT, Cut
from orchestrator.errors import Fault, OrchestratorError, Unreachable
from orchestrator.model import FromLive, FromRun, Inquiry, Ref, Sighting, Step
from orchestrator.ports import Clock, Guard, Memory

FRESH_SECONDS = 120.0
"""How long what we made may still be unknown somewhere (fact sheet 14.4: 60 to 120 s)."""


@dataclass
class Run:
    """Ports, limits and bookkeeping. `cut` says why, once `over` is set: then nothing more may be started.

    `replans`: what turns out to be planned against an outdated picture can be planned anew.
    """

    cloud: Limited
    clock: Clock
    observer: Observer
    recorder: Recorder
    options: Options
    slots: Slots
    draw: Draw
    origins: Origins
    ends: float
    """When the run's deadline passes, in seconds since the epoch."""
    guard: Guard = field(default_factory=Unguarded)
    memory: Memory = field(default_factory=Forgetful)
    halted: OrchestratorError | None = None
    """Why nothing may be changed any more: the guard's reason, or that AWS accepts the credentials no more."""
    replans: bool = False
    over: anyio.Event = field(default_factory=anyio.Event)
    cut: Cut = CANCELLED
    waiting: Counter[str] = field(default_factory=Counter)
    touched: set[Ref] = field(default_factory=set)
    """The roots of which a call of ours may have changed something."""
    made: dict[Ref, float] = field(default_factory=dict)
    """When a call of ours that makes the thing was last accepted."""
    endings: dict[str, Ending] = field(default_factory=dict)
    ended: dict[str, anyio.Event] = field(default_factory=dict)
    """Set once the step of that id has ended."""
    behind: dict[str, tuple[str, Ending]] = field(default_factory=dict)
    """Of steps that ended well although one before them on their lane was left out: that one's id and how it ended."""
    failed: str | None = None
    """The first step that failed."""
    parking: Parking = field(default_factory=Parking)

    def leaves(self, step: Step) -> bool:
        """Whether `step` is issued and then left, rather than waited for."""
        return self.options.wait == "none" or (self.options.wait == "gate" and step.gate == "background")

    @property
    def leaving(self) -> Cut:
        """Why a step is left that need not be waited for."""
        return LEFT if self.options.wait == "none" else IN_BACKGROUND

    def known(self, late: FromLive | FromRun) -> str | None:
        """A value that is known only while running, as far as it is by what was seen last."""
        if isinstance(late, FromRun):
            return self.recorder.run if late.field == "id" else None
        root = late.ref.root
        return kinds.attribute(late, self.observer.latest(root), self.observer.declared[root])

    async def see(self, lates: Iterable[FromLive | FromRun]) -> None:
        """Look at all that these values are told by: polls look at single aspects, and a value may need another one."""
        for root in dict.fromkeys(late.ref.root for late in lates if isinstance(late, FromLive)):
            await self.observer.read(root, aspects(*self.observer.stated[root], referred=True), DURING_A_RUN)

    def fresh(self, root: Ref) -> frozenset[tuple[str, str]]:
        """What this run made of `root` moments ago, itself and its parts, by section and name."""
        now = self.clock.now()
        young = (ref for ref, at in self.made.items() if ref.root == root and now - at < FRESH_SECONDS)
        return frozenset((ref.section, ref.name) for ref in young)

    def end_all(self, cut: Cut, halted: OrchestratorError | None = None) -> None:
        """Start nothing more, for this reason. The first reason is the one that counts."""
        if not self.over.is_set():
            self.cut, self.halted = cut, halted
            self.over.set()

    def shut_out(self, fault: Fault) -> Cut | None:
        """End all where AWS accepts the credentials no more, for no other call would do better; None for any other fault."""
        trouble = credentials.everywhere(fault)
        if trouble is None:
            return None
        cut = Cut(trouble.brief)
        self.end_all(cut, Unreachable(trouble.told(fault)))
        return cut

    async def until_the_end(self) -> None:
        """Return once the run's deadline has passed."""
        if self.ends == float("inf"):
            await anyio.sleep_forever()
        await self.clock.sleep(max(0.0, self.ends - self.clock.now()))

    def foreign(self, root: Ref, called: Step | None) -> Sighting | None:
        """Since when `root`, which moves now, does so, and who began it; None where this run may have.

        `called` is the step whose call is out, if one is: of what moves then only a part that it does not change is not its own.
        Of what this run has changed something, nobody is blamed without a call of theirs.
        """
        inquiry = kinds.ROOTS[root.section].inquiry(self.observer.latest(root))
        if called is not None and not _beside(inquiry, called):
            return None
        if root in self.touched and not self.origins.caller:
            return None  # nobody could tell our own calls from others'
        found = self.origins.moves(root, inquiry)
        if root in self.touched and (found.origin is None or found.origin.own):
            return None
        return found

    @contextmanager
    def waits_for(self, section: str) -> Iterator[None]:
        """Count one more thing of `section` that is polled, for all of them share one rate."""
        self.waiting[section] += 1
        try:
            yield
        finally:
            self.waiting[section] -= 1

    async def end(self, step: str, ending: Ending) -> None:
        """Write down how a step ended and let go on what needs it."""
        self.endings[step] = ending
        if isinstance(ending, Failure) and not ending.outdated and self.failed is None:
            self.failed = step
        await self.recorder.record(step, ending.what, **ending.details())
        self.ended[step].set()


def _beside(inquiry: Inquiry | None, step: Step) -> bool:
    """Whether a part is on its way that `step` does not change."""
    return inquiry is not None and not inquiry.parts <= {change.ref.part for change in step.because}
