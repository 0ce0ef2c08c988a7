"""What some items of a table say of a backfill that is not done yet."""

from dataclasses import dataclass

from orchestrator.model.work import Item


@dataclass(frozen=True, slots=True)
class Sample:
    """`scanned` items were read, `where` holds for `matching` of them, and `changing` would be updated.

    `samples` are of these: the key, and the attributes that are set or removed, before and after. `all`: the table, or this
    job's share of it, was read to its end.
    """

    scanned: int = 0
    matching: int = 0
    changing: int = 0
    samples: tuple[tuple[Item, Item, Item], ...] = ()
    all: bool = False
