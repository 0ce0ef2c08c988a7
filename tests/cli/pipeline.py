"""A pipeline that answers as a test tells it, through the real one's signatures."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from orchestrator.engine.stop import Stop
from orchestrator.errors import Problem, Refused
from orchestrator.model import Event, Plan, Preview, Report, Status, Waited
from orchestrator.pipeline import Applied, Request
from tests.render import nouns

Listener = Callable[[Event], None]


@dataclass
class FakePipeline:
    """`requests` holds what was asked. `error`, where set, is raised by whatever is called, `refusal` by
    `apply` once it has shown its preview."""

    plans: tuple[Plan, ...] = (nouns.PLAN,)
    shown: Preview = nouns.PREVIEW
    report: Report = nouns.REPORT
    found: Status = nouns.STATUS
    end: Waited = nouns.WAITED
    error: BaseException | None = None
    refusal: Refused | None = None
    events: tuple[Event, ...] = ()
    requests: list[Request] = field(default_factory=list)
    asked: list[bool] = field(default_factory=list)

    def stand_in(self, patched: pytest.MonkeyPatch) -> None:
        """Take the real pipeline's place."""
        from orchestrator import pipeline as real

        for name in ("validate", "preview", "apply", "wait", "status"):
            patched.setattr(real, name, getattr(self, name))

    def _called(self, request: Request) -> None:
        self.requests.append(request)
        if self.error is not None:
            raise self.error

    def validate(self, request: Request) -> tuple[Plan, ...]:
        self._called(request)
        return self.plans

    async def preview(self, request: Request) -> Preview:
        self._called(request)
        return self.shown

    async def status(self, request: Request) -> Status:
        self._called(request)
        return self.found

    async def wait(self, request: Request, *, listeners: Sequence[Listener] = (), stop: Stop | None = None) -> Waited:
        self._called(request)
        for event in self.events:
            for listener in listeners:
                listener(event)
        return self.end

    async def apply(
        self,
        request: Request,
        *,
        approve: Callable[[Preview], Awaitable[bool]] | None,
        shown: Callable[[Preview], None] = lambda preview: None,
        begins: Callable[[Preview], None] = lambda preview: None,
        listeners: Sequence[Listener] = (),
        stop: Stop | None = None,
    ) -> Applied:
        """As the real one: show, ask where there is something to do, run."""
        self._called(request)
        shown(self.shown)
        if self.refusal is not None:
            raise self.refusal
        if approve is not None and self.shown.graph.steps:
            self.asked.append(await approve(self.shown))
            if not self.asked[-1]:
                raise Refused(Problem("not-approved", "Nothing was changed."))
        begins(self.shown)
        for event in self.events:
            for listener in listeners:
                listener(event)
        return Applied(self.shown, self.report)

    @property
    def request(self) -> Any:
        """What was asked last."""
        return self.requests[-1]
