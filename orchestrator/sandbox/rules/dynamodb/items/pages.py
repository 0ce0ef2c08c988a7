"""One page of a Query or Scan: at most `Limit` items or 1 MB looked at, then filtered and projected."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.kinds.task.grammar.conditions import Condition
from orchestrator.kinds.task.grammar.values import Item
from orchestrator.sandbox.rules.dynamodb import refusals
from orchestrator.sandbox.rules.dynamodb.items import keys, units
from orchestrator.sandbox.rules.dynamodb.items.expressions import Expressions
from orchestrator.sandbox.rules.dynamodb.items.paths import projected
from orchestrator.sandbox.rules.dynamodb.items.shelf import Place, place, within
from orchestrator.sandbox.rules.dynamodb.items.tables import Shelved
from orchestrator.sandbox.rules.dynamodb.items.units import Consumed
from orchestrator.sandbox.rules.dynamodb.items.values import item_of, shown, size
from orchestrator.sandbox.rules.dynamodb.state import Index, Keys, LocalIndex
from orchestrator.sandbox.rules.refusal import Refusal

LARGEST = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Lane:
    """What is read: a table, or one of its indexes."""

    at: Shelved
    index: Index | LocalIndex | None
    keys: Keys

    def order(self) -> list[Place]:
        if self.index is None:
            return self.at.shelf.order()
        types = [self.at.table.types[attribute] for attribute, _ in self.keys]
        return self.at.shelf.indexed(self.index.name, self.keys, types)

    def item(self, place: Place) -> Item:
        item = self.at.shelf.get(place[2])
        assert item is not None
        return item if self.index is None else units.projected(self.at.table, self.index, item)

    def key(self, place: Place) -> Item:
        """What a page that ends at this place gives as its last key."""
        item = self.at.shelf.get(place[2]) or {}
        return {name: item[name] for name, _ in dict((*self.at.table.keys, *self.keys)).items()}

    def start(self, given: Mapping[str, Any]) -> Place:
        """The place that an ExclusiveStartKey names, where there need not be an item any more."""
        table, item = self.at.table, item_of(given)
        wanted = {name for name, _ in (*table.keys, *self.keys)}
        if set(item) != wanted or any(item[name][0] != table.types[name] for name in wanted):
            raise refusals.invalid(
                "The provided starting key is invalid: The provided key element does not match the schema"
            )
        own = keys.of_item(table, {name: item[name] for name, _ in table.keys})
        found = place(self.keys, item, own)
        assert found is not None
        return found


def lane(at: Shelved, parameters: Mapping[str, Any]) -> Lane:
    """What a Query or Scan reads. Raises Refusal where that is an index that can't be read now, or not so."""
    name = parameters.get("IndexName")
    if not name:
        return Lane(at, None, at.table.keys)
    found = next((index for index in at.table.all_indexes() if index.name == name), None)
    if found is None:
        raise refusals.invalid(f"The table does not have the specified index: {name}")
    if isinstance(found, Index):
        if parameters.get("ConsistentRead"):
            raise refusals.invalid("Consistent reads are not supported on global secondary indexes")
        if refusal := _not_readable(found):
            raise refusal
    return Lane(at, found, found.keys)


def _not_readable(index: Index) -> Refusal | None:
    if index.deleting:
        return refusals.invalid(f"The table does not have the specified index: {index.name}", in_transition=True)
    if index.creating:
        return refusals.invalid(
            f"Cannot read from backfilling global secondary index: {index.name}", in_transition=True
        )
    return None


class Page:
    """`condition` is the query's own, which what it passes by costs nothing; `filtered` is asked of what was looked at."""

    def __init__(
        self,
        lane: Lane,
        parameters: Mapping[str, Any],
        expressions: Expressions,
        filtered: Condition | None,
        condition: Condition | None = None,
    ) -> None:
        self._lane = lane
        self._parameters = parameters
        self._given = expressions.given
        self._filtered, self._condition = filtered, condition
        self._projection = expressions.projection()
        expressions.done()
        select = parameters.get("Select")
        if self._projection is not None and select not in (None, "SPECIFIC_ATTRIBUTES"):
            raise refusals.invalid(f"Cannot specify the ProjectionExpression when choosing to get {select}")
        self._counts = select == "COUNT"

    def read(self, low: int, high: int, *, forward: bool = True) -> dict[str, Any]:
        """The reply."""
        found: list[Item] = []
        looked = length = 0
        last: Place | None = None
        limit = self._parameters.get("Limit")
        given = self._parameters.get("ExclusiveStartKey")
        after = None if given is None else self._lane.start(given)
        if after is not None and not low <= after[0] < high:
            raise refusals.invalid("The provided starting key is outside query boundaries based on provided conditions")
        ended = True
        for here in within(self._lane.order(), low, high, after, forward=forward):
            item = self._lane.item(here)
            if self._condition is not None and not self._condition.holds(self._whole(here), self._given):
                continue
            if looked and length + size(item) > LARGEST:
                ended = False
                break
            looked, length, last = looked + 1, length + size(item), here
            if self._filtered is None or self._filtered.holds(item, self._given):
                found.append(item)
            if looked == limit:
                ended = False
                break
        reply: dict[str, Any] = {} if self._counts else {"Items": [self._shown(item) for item in found]}
        reply |= {"Count": len(found), "ScannedCount": looked}
        if not ended and last is not None:
            reply["LastEvaluatedKey"] = shown(self._lane.key(last))
        return reply | self._consumed(length)

    def _whole(self, here: Place) -> Item:
        return self._lane.at.shelf.get(here[2]) or {}

    def _shown(self, item: Item) -> dict[str, Any]:
        return shown(item if self._projection is None else projected(item, self._projection))

    def _consumed(self, length: int) -> dict[str, Any]:
        spent = units.read(length, consistent=bool(self._parameters.get("ConsistentRead")))
        index = self._lane.index
        consumed = Consumed(spent) if index is None else Consumed(0, {index.name: spent})
        return units.told(self._parameters, self._lane.at.table, consumed)
