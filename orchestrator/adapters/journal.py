"""Where a run writes its events down. Until the state store comes there is only memory: `--state none`."""

from orchestrator.model import Event


class MemoryJournal:
    """Keeps the events of one run in this process; live state alone is what the next run goes by."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def record(self, event: Event) -> None:
        self.events.append(event)
