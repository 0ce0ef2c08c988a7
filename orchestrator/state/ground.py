"""What every reader and writer of a store needs first: that it understands it, and the key of its digests."""

import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

import anyio

from orchestrator.errors import Contradicted, Problem, Refused, StoreUnavailable
from orchestrator.model import Finding, Kept, Key, Put, Row
from orchestrator.ports import Store
from orchestrator.state.records import META
from orchestrator.state.sentences import ANOTHER, CODE

T = TypeVar("T")

GLANCE_SECONDS = 5.0
"""How long a command that only shows things waits for the store: what it shows is mostly elsewhere."""
FORMAT = 1
FORMAT_ROW, KEY_ROW = Key(META, "format"), Key(META, "key")


async def prepared(store: Store, making: Callable[[], None] = lambda: None) -> bytes:
    """Make the store where it is missing, having said so by `making`; the secret key of its digests. Raises Refused for a newer
    store.
    """
    made = False
    while True:
        form, key = await store.get(FORMAT_ROW, KEY_ROW)
        if form and key:
            _understood(form)
            return _bytes(key)
        if not made:
            making()
            await store.make()
            made = True
        try:
            await store.write(
                Put(FORMAT_ROW, {"format": FORMAT, "by": "orchestrator"}, None),
                Put(KEY_ROW, {"key": secrets.token_hex(32)}, None),
            )
        except Contradicted:
            continue  # somebody else was faster


async def understood(store: Store) -> bool:
    """Whether the store is there. Raises Refused where a newer version of this tool keeps it."""
    (form,) = await store.get(FORMAT_ROW)
    if form:
        _understood(form)
    return form is not None


async def key_of(store: Store) -> bytes | None:
    """The secret key of the store's digests; None where it has none yet."""
    (key,) = await store.get(KEY_ROW)
    return _bytes(key) if key else None


async def glanced(look: Callable[[], Awaitable[T]]) -> T:
    """What `look` returns, for who shows things. Raises StoreUnavailable, also where the store does not answer for a while."""
    with anyio.move_on_after(GLANCE_SECONDS):
        return await look()
    raise StoreUnavailable("NoAnswer", f"no answer within {GLANCE_SECONDS:g} s", silent=True)


async def as_found(store: Store | None, called: str) -> tuple[Kept, tuple[Finding, ...]]:
    """What a reviewer should know of the store that `--state` calls so: whether it is there, and whether a run could use it."""
    if store is None:
        return Kept(called), ()
    try:
        return Kept(called, await glanced(partial(understood, store))), ()
    except StoreUnavailable as error:
        message = (
            f"The state store {called} can't be read ({error.code}: {error.message}), and no run can begin without it."
        )
        return Kept(called), (Finding("warning", CODE, message, ANOTHER),)
    except Refused as error:
        first = error.problems[0]
        return Kept(called, exists=True), (Finding("warning", first.code, first.message, first.action),)


def _bytes(key: Row) -> bytes:
    return bytes.fromhex(key.body["key"])


def _understood(row: Row) -> None:
    form: int = row.body["format"]
    if form > FORMAT:
        message = f"The state store has format {form}, made by a newer {row.body['by']}; this one knows {FORMAT}."
        raise Refused(Problem("newer-state", message, "Use a newer version, or another store (--state)."))
