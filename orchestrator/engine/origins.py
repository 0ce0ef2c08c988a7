"""Who began what moves, looked up beside the work (requirement A8): nothing waits for it, and nothing fails of it.

CloudTrail is asked about what this run sees moving and did not set moving itself: at first after some seconds, for most is
over by then, and now and again while an event may still be on its way. Where it may not be read, or there is none, that is
found out once.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import anyio

from orchestrator.engine.faults import classify
from orchestrator.engine.race import unless, within
from orchestrator.engine.treatment import READING, RETRIED_READS
from orchestrator.errors import Fault
from orchestrator.kinds import trail
from orchestrator.model import Inquiry, Origin, Ref, Sighting, StatusLine
from orchestrator.ports import Clock, Cloud

FIRST_AFTER = 10.0
"""Seconds of motion after which it is worth a question."""
ASKED_EVERY = 60.0
LATE_SECONDS = 900.0
"""So late, at most, CloudTrail tells an event: what was found until then may still not be the last of its sort."""
PAGES = 3
"""Of 50 events each: the looks of many runs at one table are events, too."""
GLANCE_SECONDS = 5.0
"""How long somebody who only looks is kept waiting for an answer."""


@dataclass
class _Case:
    """One motion of one thing. `due` is when it is asked about next, `earliest` before when nothing can have begun it."""

    inquiry: Inquiry | None
    seen: float
    earliest: float
    due: float
    origin: Origin | None = None


class Origins:
    """What one run sees moving. `caller` is the ARN of its own credentials, empty where that is not known."""

    def __init__(self, cloud: Cloud, clock: Clock, caller: str) -> None:
        self._cloud = cloud
        self._clock = clock
        self.caller = caller
        self._cases: dict[Ref, _Case] = {}
        self._rested: dict[Ref, float] = {}
        self._opened = anyio.Event()
        self._closed = False
        """There is nobody who answers, or not to these credentials."""

    def moves(self, root: Ref, inquiry: Inquiry | None) -> Sighting:
        """Note that `root` was seen moving just now; since when, and who began it, as far as that is known."""
        now, case = self._clock.now(), self._cases.get(root)
        if case is None or case.inquiry != inquiry:
            earliest = inquiry.earliest(now) if inquiry else now
            earliest = max(earliest, self._rested.get(root, earliest)) - trail.SKEW
            case = self._cases[root] = _Case(inquiry, now, earliest, now + FIRST_AFTER)
            self._opened.set()
        return Sighting(case.seen, case.origin)

    def rests(self, root: Ref) -> None:
        """Note that `root` was seen at rest just now."""
        self._cases.pop(root, None)
        self._rested[root] = self._clock.now()

    async def keep(self) -> None:
        """Ask about whatever is due, until cancelled."""
        while True:
            self._opened = anyio.Event()
            due = min((case.due for case in self._cases.values()), default=float("inf"))
            if self._closed or due == float("inf"):
                await self._opened.wait()
            elif due > self._clock.now():
                await unless(self._opened.wait, partial(self._clock.sleep, due - self._clock.now()))
            else:
                await self._ask([case for case in self._cases.values() if case.due == due])

    async def of(self, lines: Sequence[StatusLine]) -> tuple[StatusLine, ...]:
        """Where things stand, with who began what moves, as far as that can be told at once."""
        self.noted(lines)
        await within(self._clock, GLANCE_SECONDS, lambda: self._ask(list(self._cases.values())))
        return self.noted(lines)

    def noted(self, lines: Iterable[StatusLine]) -> tuple[StatusLine, ...]:
        """The same lines with since when what moves does so, and who began it, as far as that is known by now."""
        return tuple(replace(line, sighting=self._noted(line)) for line in lines)

    def _noted(self, line: StatusLine) -> Sighting | None:
        if line.state == "in_transition":
            return self.moves(line.ref, line.inquiry)
        self.rests(line.ref)
        return None

    # ------------------------------------------------------------------------------------------------------------- asking

    async def _ask(self, cases: Collection[_Case]) -> None:
        for case in cases:
            if self._closed:
                return
            if case.inquiry is not None:
                await self._answered(case, case.inquiry)
            now = self._clock.now()
            late = case.inquiry is None or now >= case.seen + LATE_SECONDS
            case.due = float("inf") if late else now + ASKED_EVERY

    async def _answered(self, case: _Case, inquiry: Inquiry) -> None:
        """Keep what is answered. What fails for now is asked again when it is due next."""
        try:
            case.origin = await self._origin(case, inquiry) or case.origin
        except Fault as fault:
            self._closed = classify(fault, READING).treatment not in RETRIED_READS
        except Exception:  # noqa: BLE001 - no run may end because of what only explains something
            self._closed = True

    async def _origin(self, case: _Case, inquiry: Inquiry) -> Origin | None:
        for call in trail.requests(inquiry, case.earliest):
            token: str | None = None
            for _ in range(PAGES):
                more = {"NextToken": token} if token else {}
                reply = await self._cloud.send(replace(call, parameters={**call.parameters, **more}))
                found = trail.origin(reply.get("Events") or (), inquiry, case.earliest, case.seen, self.caller)
                if found is not None:
                    return found
                token = reply.get("NextToken")
                if not token:
                    break
        return None
