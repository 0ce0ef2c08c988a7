"""What an accepted UpdateTable sets going."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from orchestrator.sandbox.rules.dynamodb.records import Turn
from orchestrator.sandbox.rules.dynamodb.state import Index, Table


@dataclass
class Move:
    """Gathered topic by topic: `table` is how it looks from now on.

    `updating` is how many seconds TableStatus is UPDATING (0: not at all), `turns` are what falls due how many seconds from
    now, `work` is what to write down as (what, seconds, whether it bars other changes).
    """

    table: Table
    updating: float = 0
    turns: list[tuple[float, Turn]] = field(default_factory=list)
    work: list[tuple[str, float, bool]] = field(default_factory=list)
    moves: bool = False

    def takes(self, what: str, seconds: float, *, updating: float | None = None, exclusive: bool = True) -> None:
        """Something of this call takes `seconds`; TableStatus is UPDATING for as long, or for `updating`."""
        self.moves = True
        self.updating = max(self.updating, seconds if updating is None else updating)
        self.work.append((what, seconds, exclusive))

    def after(self, seconds: float, turn: Turn) -> None:
        self.turns.append((seconds, turn))

    def begun(self) -> "Move":
        """With TableStatus UPDATING, and ACTIVE again after the longest of what it is UPDATING for."""
        if not self.moves:
            return self
        self.table = replace(self.table, status="UPDATING")
        self.turns.append((self.updating, lambda table: replace(table, status="ACTIVE", iops=False)))
        return self


def of_index(index: Index, change: Callable[[Index], Index]) -> Turn:
    """A turn of one index; of none where that index is gone or going by then."""

    def turn(table: Table) -> Table:
        now = table.index(index.name)
        return table if now is None or now.made != index.made or now.deleting else table.with_index(change(now))

    return turn
