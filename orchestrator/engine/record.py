"""What happens, written down in order: for the report, for the journal, and for whoever listens."""

from collections.abc import Callable, Sequence
from typing import Any

from orchestrator.model import Event, What
from orchestrator.ports import Clock, Journal

Listener = Callable[[Event], None]


class JournalFailed(Exception):
    """The journal could not keep an intent, so the call was not sent."""


class Recorder:
    """Makes events and passes each on before it returns."""

    def __init__(self, run: str, clock: Clock, journal: Journal, listeners: Sequence[Listener]) -> None:
        self.run = run
        self.events: list[Event] = []
        self._clock = clock
        self._journal = journal
        self._listeners = list(listeners)

    async def record(self, step: str, what: What, **details: Any) -> None:
        """Raises JournalFailed for an `intent` that the journal did not keep: nothing may be sent that nobody remembers."""
        event = Event(self._clock.now(), self.run, step, what, details)
        self.events.append(event)
        for listener in tuple(self._listeners):
            self._tell(listener, event)
        try:
            await self._journal.record(event)
        except Exception as error:
            # Whatever a store raises: what AWS was asked to do already must still be watched and reported.
            if what == "intent":
                raise JournalFailed(f"{type(error).__name__}: the journal kept nothing") from error

    def _tell(self, listener: Listener, event: Event) -> None:
        try:
            listener(event)
        except Exception:  # noqa: BLE001 - a listener is anybody's code (a closed pipe is enough); it must not end a run
            self._listeners.remove(listener)
