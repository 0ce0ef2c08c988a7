"""A state store in a DynamoDB table, in the account and Region of what it is about.

One item a row (`rows`). Reads are strongly consistent. Every write carries a version of its own, so that one whose answer was
lost is looked up rather than sent again blindly.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from orchestrator.adapters import rows
from orchestrator.errors import Contradicted, Fault, StoreUnavailable
from orchestrator.model import Call, Check, Delete, Key, Put, Row, Write
from orchestrator.ports import Clock, Cloud

T = TypeVar("T")

POLL_SECONDS = 1.0
MAKING_SECONDS = 600.0
"""How long the table may take to be of use: one of that name that is DELETING is waited out first, which takes minutes."""
USABLE = ("ACTIVE", "UPDATING")
IN_USE = "ResourceInUseException"
ABSENT = "ResourceNotFoundException"
CANCELED = "TransactionCanceledException"
UNMET = "ConditionalCheckFailed"
CONDITION_FAILED = "ConditionalCheckFailedException"
PASSING = frozenset(
    {
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "LimitExceededException",
        "InternalServerError",
        "ServiceUnavailable",
        "TransactionConflictException",
        "TransactionInProgressException",
        "EndpointUnreachable",
        "NoAnswer",
    }
)
ATTEMPTS, FIRST_DELAY, LONGEST_DELAY = 6, 0.1, 2.0
"""Tries within one call of a method: some 5 s of throttling are overcome here, longer ones are the caller's to bear."""


class DynamoDbStore:
    """The Store port over `table`. `draw` jitters what is tried again."""

    def __init__(self, cloud: Cloud, clock: Clock, table: str, draw: Callable[[], float]) -> None:
        self.table = table
        self._cloud = cloud
        self._clock = clock
        self._draw = draw
        self._seen = False
        """Whether the table was there once: then its absence is a loss."""

    async def make(self) -> None:
        """Create the table where there is none, or none any more, wait until it can be used, and let it forget old rows."""
        await self._tried(self._made)

    async def get(self, *keys: Key) -> Sequence[Row | None]:
        found: dict[Key, Row] = {}
        left = [rows.key(key) for key in dict.fromkeys(keys)]
        while left:
            wanted = {self.table: {"Keys": left, "ConsistentRead": True}}
            reply = await self._read("BatchGetItem", RequestItems=wanted)
            if reply is None:
                break
            found |= {row.key: row for row in map(rows.row, reply["Responses"].get(self.table, ()))}
            left = list((reply.get("UnprocessedKeys") or {}).get(self.table, {}).get("Keys", ()))
        return [found.get(key) for key in keys]

    async def rows(
        self, partition: str, *, after: str = "", limit: int | None = None, newest_first: bool = False
    ) -> Sequence[Row]:
        values: dict[str, Any] = {":p": {"S": partition}}
        condition = "#p = :p"
        names = {"#p": "partition"}
        if after:
            condition += " AND #s " + ("< :a" if newest_first else "> :a")
            values[":a"] = {"S": after}
            names["#s"] = "sort"
        found: list[Row] = []
        start: Mapping[str, Any] | None = None
        while limit is None or len(found) < limit:
            reply = await self._read(
                "Query",
                TableName=self.table,
                KeyConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
                ConsistentRead=True,
                ScanIndexForward=not newest_first,
                **({"Limit": limit - len(found)} if limit is not None else {}),
                **({"ExclusiveStartKey": start} if start else {}),
            )
            found += map(rows.row, reply["Items"]) if reply else ()
            start = reply.get("LastEvaluatedKey") if reply else None
            if start is None:
                break
        return found

    async def write(self, *writes: Write) -> str:
        version = secrets.token_hex(16)
        if len(writes) == 1 and isinstance(writes[0], Put):
            put = writes[0]
            await self._written("PutItem", self._put(put, version), put, version)
        else:
            items = [self._item(write, version) for write in writes]
            token = {"TransactItems": items, "ClientRequestToken": version}
            first = next((write for write in writes if isinstance(write, Put)), writes[0])
            await self._written("TransactWriteItems", token, first, version)
        self._seen = True
        return version

    # ------------------------------------------------------------------------------------------------------------- making

    async def _made(self) -> None:
        if not await self._until_usable():
            await self._clock.sleep(POLL_SECONDS * (2 + 2 * self._draw()))  # whoever made it has old rows expire, too
        self._seen = True
        with suppress(Fault):  # whoever may not do that keeps old rows, which cost little
            await self._expiring()

    async def _expiring(self) -> None:
        """Have DynamoDB delete rows that have expired."""
        describe = Call("dynamodb", "DescribeTimeToLive", {"TableName": self.table})
        found = await self._sent(lambda: self._cloud.send(describe))
        if found["TimeToLiveDescription"].get("TimeToLiveStatus") in ("ENABLED", "ENABLING"):
            return
        expiry = {"Enabled": True, "AttributeName": "expires"}
        call = Call("dynamodb", "UpdateTimeToLive", {"TableName": self.table, "TimeToLiveSpecification": expiry})
        await self._sent(lambda: self._cloud.send(call))

    async def _until_usable(self) -> bool:
        """Whether it was made here. Raises StoreUnavailable for a table that stays as it is and can't be used so."""
        until, made = self._clock.now() + MAKING_SECONDS, False
        if await self._status() is None:
            await self._clock.sleep(POLL_SECONDS * self._draw())  # of many who start at once one is to be first
        while (status := await self._status()) not in USABLE:
            if self._clock.now() >= until:
                raise _unusable(self.table, status)
            if status is None:
                made |= await self._created()
            await self._clock.sleep(POLL_SECONDS)
        return made

    async def _created(self) -> bool:
        """Whether it was this call; not where somebody else was faster, or the old one is not gone yet."""
        try:
            await self._cloud.send(Call("dynamodb", "CreateTable", _table(self.table)))
        except Fault as fault:
            if fault.code != IN_USE:
                raise
            return False
        return True

    async def _status(self) -> str | None:
        try:
            reply = await self._cloud.send(Call("dynamodb", "DescribeTable", {"TableName": self.table}))
        except Fault as fault:
            if fault.code == ABSENT:
                return None
            raise
        return str(reply["Table"]["TableStatus"])

    async def _tried(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await self._sent(work)
        except Fault as fault:
            raise _unavailable(fault) from None

    # ----------------------------------------------------------------------------------------------------------- requests

    def _put(self, put: Put, version: str) -> dict[str, Any]:
        item = rows.item(rows.key(put.key), version, put.body, put.expires)
        return {"TableName": self.table, "Item": item, **rows.condition(put.expected)}

    def _item(self, write: Write, version: str) -> Mapping[str, Any]:
        match write:
            case Put():
                return {"Put": self._put(write, version)}
            case Delete(key, expected):
                return {"Delete": {"TableName": self.table, "Key": rows.key(key), **rows.condition(expected)}}
            case Check(key, expected):
                return {"ConditionCheck": {"TableName": self.table, "Key": rows.key(key), **rows.condition(expected)}}

    # ------------------------------------------------------------------------------------------------------------ sending

    async def _read(self, operation: str, **parameters: Any) -> Mapping[str, Any] | None:
        """The reply; None where the table was never there."""
        try:
            reply = await self._sent(lambda: self._cloud.send(Call("dynamodb", operation, parameters)))
        except Fault as fault:
            if fault.code == ABSENT and not self._seen:
                return None
            raise _unavailable(fault) from None
        self._seen = True
        return reply

    async def _written(self, operation: str, parameters: Mapping[str, Any], first: Write, version: str) -> None:
        unsure = False

        async def attempt() -> Mapping[str, Any]:
            nonlocal unsure
            try:
                return await self._cloud.send(Call("dynamodb", operation, parameters))
            except Fault as fault:
                unsure = unsure or (fault.sent and (fault.status is None or fault.status >= 500))
                raise

        try:
            await self._sent(attempt)
        except Fault as fault:
            if unsure and await self._is_there(first, version):
                return
            if _contradicts(fault):
                raise Contradicted(first.key) from None
            raise _unavailable(fault) from None

    async def _is_there(self, first: Write, version: str) -> bool:
        """Whether a write whose answer was lost had happened after all: its rows have its version."""
        if not isinstance(first, Put):
            return False
        (row,) = await self.get(first.key)
        return row is not None and row.version == version

    async def _sent(self, send: Callable[[], Awaitable[T]]) -> T:
        delay = FIRST_DELAY
        for attempt in range(ATTEMPTS):
            try:
                return await send()
            except Fault as fault:
                if attempt == ATTEMPTS - 1 or not _passes(fault):
                    raise
            await self._clock.sleep(delay * (0.5 + self._draw()))
            delay = min(2 * delay, LONGEST_DELAY)
        raise AssertionError("unreachable")


def _table(name: str) -> Mapping[str, Any]:
    return {
        "TableName": name,
        "AttributeDefinitions": [{"AttributeName": one, "AttributeType": "S"} for one in ("partition", "sort")],
        "KeySchema": [
            {"AttributeName": "partition", "KeyType": "HASH"},
            {"AttributeName": "sort", "KeyType": "RANGE"},
        ],
        "BillingMode": "PAY_PER_REQUEST",
        "DeletionProtectionEnabled": True,
    }


def _contradicts(fault: Fault) -> bool:
    return fault.code == CONDITION_FAILED or (fault.code == CANCELED and UNMET in fault.message)


def _passes(fault: Fault) -> bool:
    """A transaction that met another one, or a throttle, is worth another try; a failed condition is not."""
    if fault.code == CANCELED:
        return not _contradicts(fault)
    return fault.code in PASSING or (fault.status or 0) >= 500


def _unusable(table: str, status: str | None) -> StoreUnavailable:
    found = f"is still {status}" if status else "is not there, although it was created,"
    return StoreUnavailable(
        status or ABSENT, f"the table {table} {found} after {MAKING_SECONDS / 60:g} minutes", lost=True
    )


def _unavailable(fault: Fault) -> StoreUnavailable:
    passes = _passes(fault)
    return StoreUnavailable(fault.code, fault.message, lost=not passes, silent=passes and fault.status is None)
