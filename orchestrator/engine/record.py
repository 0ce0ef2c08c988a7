"""What happens, written down in order: for the report, for the journal, and for whoever listens."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from orchestrator.engine.race import CUT, within
from orchestrator.engine.treatment import Rule
from orchestrator.errors import Fault
from orchestrator.model import Declared, Event, Ref, Step, What
from orchestrator.ports import Clock, Journal

Listener = Callable[[Event], None]

INTENT_SECONDS, OTHER_SECONDS = 1830.0, 1.0
"""How long the journal may take to keep an event: nothing is sent without its intent, for which a store that is away is waited
for (longer than it takes the guard to end the run for that), and nothing else may hold up a stop."""


class JournalFailed(Exception):
    """The journal could not keep an intent, so the call was not sent. Its text is the kind of error alone."""


def subject(ref: Ref, declared: Declared) -> Mapping[str, Any]:
    """The facts that every event about `ref` carries; `name` is the real name of the table or function."""
    return {"plan": ref.plan, "resource": str(ref), "kind": ref.section, "name": declared.name}


def subjects(steps: Iterable[Step], declared: Mapping[Ref, Declared]) -> Mapping[str, Mapping[str, Any]]:
    """The same for the events of each step, by step id."""
    return {step.id: {**_subject(step, declared), "verb": step.action, "gate": step.gate} for step in steps}


def _subject(step: Step, declared: Mapping[Ref, Declared]) -> Mapping[str, Any]:
    if step.task is not None:
        return {"plan": step.ref.plan, "resource": str(step.ref), "kind": step.ref.section, "name": step.ref.name}
    return subject(step.ref, declared[step.ref.root])


def retried(fault: Fault, rule: Rule, attempt: int, delay: float) -> Mapping[str, Any]:
    """The facts of a `retrying` event: what was answered, what is done about it, and when."""
    return {
        "code": fault.code,
        "message": fault.message,
        "operation": fault.title,
        "treatment": rule.treatment.value,
        "why": rule.why,
        "attempt": attempt,
        "delay_seconds": delay,
    }


class Listeners:
    """Who hears of events. One that breaks hears no more."""

    def __init__(self, listeners: Iterable[Listener]) -> None:
        self._listeners = list(listeners)

    def tell(self, event: Event) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(event)
            except Exception:  # noqa: BLE001 - anybody's code (a closed pipe is enough) must not end a run
                self._listeners.remove(listener)


class Recorder:
    """Makes events and passes each on before it returns."""

    def __init__(
        self,
        run: str,
        clock: Clock,
        journal: Journal,
        listeners: Sequence[Listener],
    ) -> None:
        self.run = run
        self.events: list[Event] = []
        self.about: dict[str, Mapping[str, Any]] = {}
        """The facts that every event of a step carries, by step id."""
        self.lost = 0
        """How many events the journal did not keep."""
        self._clock = clock
        self._journal = journal
        self._listeners = Listeners(listeners)

    async def record(self, step: str, what: What, **details: Any) -> None:
        """Raises JournalFailed for an `intent` that the journal did not keep: nothing may be sent that nobody remembers."""
        event = self.tell(step, what, **details)
        self.events.append(event)
        seconds = INTENT_SECONDS if what == "intent" else OTHER_SECONDS
        try:
            if await within(self._clock, seconds, lambda: self._journal.record(event)) is CUT:
                raise TimeoutError
        except Exception as error:
            # Whatever a store raises: what AWS was asked to do already must still be watched and reported.
            if what == "intent":
                raise JournalFailed(type(error).__name__) from error
            self.lost += 1

    def tell(self, step: str, what: What, **details: Any) -> Event:
        """Make an event and tell the listeners alone, before anything else happens."""
        event = Event(self._clock.now(), self.run, step, what, {**self.about.get(step, {}), **details})
        self._listeners.tell(event)
        return event
