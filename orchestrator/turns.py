"""When several runs want to change the same things: one has its turn, the others follow it and then look again.

A store, an approved plan, who runs it and the work enter; what the work makes of it leaves, also where another run has done
it all. What two plans want differently is told apart by age: see `_refuse_older`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from typing import TypeVar

import anyio

from orchestrator.approval import Agreed, Approvals
from orchestrator.engine.news import News
from orchestrator.engine.pacing import CHANCE, Draw
from orchestrator.engine.race import CUT, unless, within
from orchestrator.engine.record import Listener, Listeners
from orchestrator.engine.stop import Stop
from orchestrator.errors import Locked, Problem, Refused, StillInProgress, StoreUnavailable, Unreachable
from orchestrator.hold import Hold
from orchestrator.model import Event, Preview, Progress, RunRecord, Target, What
from orchestrator.ports import Clock, Store
from orchestrator.state.contest import Busy, Contest
from orchestrator.state.lease import Lease
from orchestrator.state.patience import Patience, patiently
from orchestrator.state.records import Declaration, LockRecord
from orchestrator.state.sentences import unavailable, waits

T = TypeVar("T")

CLOSING_SECONDS = 3.0
"""How long the last rows may take: after a signal there are ten seconds in all."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a run wants: its row, what is declared for each resource, and how long it waits for others.

    `lock_timeout` is in seconds, `ends` in seconds since the epoch; `deliberate`: a person, or an option, says that
    what a newer plan made may be made as this one states.
    """

    run: RunRecord
    declared: Mapping[str, Declaration]
    lock_timeout: float
    ends: float | None = None
    deliberate: bool = False


class Turns:
    """One run among others. `listeners` hear of whom it waits for."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        claim: Claim,
        approvals: Approvals,
        listeners: Sequence[Listener] = (),
        draw: Draw = CHANCE,
    ) -> None:
        self._store = store
        self._clock = clock
        self._claim = claim
        self._approvals = approvals
        self._listeners = Listeners(listeners)
        self._contest = Contest(store, clock, claim.run, draw)
        self._news = News()
        self._waited = 0.0

    async def run(self, agreed: Agreed, stop: Stop, work: Callable[[Agreed, Hold | None], Awaitable[T]]) -> T:
        """What `work` makes of what is to be run now, and the hold under which; of no hold where nothing is left to do.

        Raises Locked, StillInProgress, Refused, InvalidPlan and Unreachable, each before anything was changed.
        """
        while isinstance(taken := await self._taken(), Busy):
            await self._outlast(taken)
            agreed = await self._approvals.afresh(agreed)
            if not agreed.preview.graph.steps:
                return await work(agreed, None)
        taken.away = self._away
        hold = Hold(taken, self._clock)

        async def worked() -> T:
            self._tell("lock_acquired", resources=list(self._claim.run.resources))
            now = await self._approvals.afresh(agreed)
            self._refuse_older(now.preview, taken)
            declare = partial(taken.declare, self._claim.declared, anew=self._claim.deliberate)
            if await unless(declare, taken.until_over) is CUT:
                raise await taken.until_over()
            return await work(now, hold)

        try:
            result = await unless(worked, lambda: hold.live(stop))
        finally:
            with anyio.move_on_after(CLOSING_SECONDS, shield=True):
                await hold.close()
        assert result is not CUT  # `live` never ends by itself
        return result

    async def _taken(self) -> Lease | Busy:
        try:
            take = partial(patiently, self._contest.take, self._clock, self._claim.ends, self._away)
            found = await within(self._clock, self._left(self._clock.now()), take)
            if found is CUT:
                raise StillInProgress(_unanswered())
            return found
        except BaseException as error:
            with anyio.move_on_after(CLOSING_SECONDS, shield=True), suppress(StoreUnavailable):
                await self._contest.withdraw()
            if isinstance(error, StoreUnavailable):
                raise Unreachable(unavailable(error)) from None
            raise

    # ------------------------------------------------------------------------------------------------------------ following

    async def _outlast(self, busy: Busy) -> None:
        """Return once the run that holds something is over. Raises Locked, StillInProgress and Unreachable."""
        followed: Busy | None = busy
        patience = Patience(self._clock, self._away)
        while followed is not None:
            same = followed.known.run.plans == self._claim.run.plans
            self._say(followed, same=same)
            if not same and self._waited >= self._claim.lock_timeout:
                raise Locked(_locked(followed))
            began = self._clock.now()
            found = await within(self._clock, self._left(began), partial(self._looked, followed, patience))
            if found is CUT:
                raise StillInProgress(_deadline(followed))
            followed = found
            self._waited += 0.0 if same else self._clock.now() - began

    def _left(self, now: float) -> float:
        """Seconds until the deadline."""
        return float("inf") if self._claim.ends is None else max(0.0, self._claim.ends - now)

    async def _looked(self, followed: Busy, patience: Patience) -> Busy | None:
        """The run that is followed after a while, as it was where the store is away for now. Raises Unreachable."""
        try:
            found = await self._contest.look(followed)
        except StoreUnavailable as error:
            if not patience.bears(error):
                raise Unreachable(unavailable(error)) from None
            return followed
        patience.answered()
        return found

    def _say(self, busy: Busy, *, same: bool) -> None:
        run, beat, now = busy.known.run, busy.known.beat, self._clock.now()
        progress = beat.progress if beat else Progress()
        said = f"{run.id} {progress.step} {progress.status} {progress.percent} {progress.done}"
        if not self._news.worth_telling("holder", said, now):
            return
        self._tell(
            "lock_waiting",
            holder=run.id,
            plans=run.names,
            who=dict(run.who),
            since=run.started,
            heartbeat_seconds=busy.known.silent_for(now) if beat else None,
            same_plan=same,
            held=list(busy.resources),
            paused=bool(beat and beat.paused),
            **asdict(progress),
        )

    def _away(self, error: StoreUnavailable) -> None:
        self._tell("notice", message=waits(error))

    def _tell(self, what: What, **details: object) -> None:
        self._listeners.tell(Event(self._clock.now(), self._claim.run.id, "", what, details))

    # --------------------------------------------------------------------------------------------------------- older plans

    def _refuse_older(self, preview: Preview, lease: Lease) -> None:
        """Refuse to undo what a newer version of the plan made.

        A resource's lock remembers what each plan declared for it, in the order of its runs. What stands in that line, but
        not as its last, is older: another version has been run since. A replica that still has it, or starts again
        with it, must not win against the newer one; a person may, and says so.
        """
        if not self._claim.deliberate and (older := outdated(preview, lease.locks, self._claim.declared)):
            raise Refused(_older(older))


def outdated(preview: Preview, locks: Sequence[LockRecord], declared: Mapping[str, Declaration]) -> Sequence[str]:
    """What would be changed although a newer version of the plan has been run on it: names of locks."""
    changed = {lock_name(preview.target, step.lane) for step in preview.graph if step.call is not None}
    return [lock.resource for lock in locks if lock.resource in changed and lock.outdates(declared[lock.resource])]


def lock_name(target: Target, lane: str) -> str:
    """What locks one table or function: its lane, in an account and Region."""
    return f"{target.account}/{target.region}/{lane}"


def _locked(busy: Busy) -> Problem:
    run = busy.known.run
    return Problem(
        "locked",
        f"Run {run.id} of {run.names} ({run.whose}) holds {', '.join(busy.resources)}, and --lock-timeout passed.",
        f"See `orchestrator history {run.id}`, then run again; `orchestrator unlock {run.id}` if it is dead.",
    )


def _deadline(busy: Busy) -> Problem:
    message = f"The deadline passed while run {busy.known.run.id} ({busy.known.run.whose}) was still at work."
    return Problem("still-in-progress", message, "Run again, or `orchestrator wait`.")


def _unanswered() -> Problem:
    message = "The deadline passed before the state store had answered: nothing was changed."
    return Problem("still-in-progress", message, "Run again.")


def _older(resources: Sequence[str]) -> Problem:
    named = ", ".join(resources)
    return Problem(
        "older-plan",
        f"A newer version of this plan has been run on {named}: applying this one would undo what that one states.",
        "Deploy the newer one. To go back on purpose, approve it on a terminal or give --allow-older.",
    )
