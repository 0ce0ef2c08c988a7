"""What every reader and writer of a store needs first: that it understands it, and the key of its digests."""

import secrets
from collections.abc import Callable

import anyio

from orchestrator.errors import Contradicted, Problem, Refused, StoreUnavailable
from orchestrator.model import Finding, Kept, Key, Put, Row
from orchestrator.ports import Store
from orchestrator.state.records import META
from orchestrator.state.sentences import ANOTHER, CODE

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
            _understood(form.body["format"], str(form.body["by"]))
            return bytes.fromhex(key.body["key"])
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


async def understood(store: Store) -> None:
    """Raises Refused where a newer version of this tool keeps the store; one that is not there yet is fine."""
    (form,) = await store.get(FORMAT_ROW)
    if form:
        _understood(form.body["format"], str(form.body["by"]))


async def key_of(store: Store) -> bytes | None:
    """The secret key of the store's digests; None where it has none yet."""
    (key,) = await store.get(KEY_ROW)
    return bytes.fromhex(key.body["key"]) if key else None


async def as_found(store: Store | None, called: str) -> tuple[Kept, tuple[Finding, ...]]:
    """What a reviewer should know of the store that `--state` calls so: whether it is there, and whether a run could use it."""
    if store is None:
        return Kept(called), ()
    try:
        form: Row | None = None
        with anyio.move_on_after(GLANCE_SECONDS) as glance:
            (form,) = await store.get(FORMAT_ROW)
        if glance.cancelled_caught:
            raise StoreUnavailable("NoAnswer", f"no answer within {GLANCE_SECONDS:g} s", silent=True)
        if form:
            _understood(form.body["format"], str(form.body["by"]))
        return Kept(called, form is not None), ()
    except StoreUnavailable as error:
        message = (
            f"The state store {called} can't be read ({error.code}: {error.message}), and no run can begin without it."
        )
        return Kept(called), (Finding("warning", CODE, message, ANOTHER),)
    except Refused as error:
        first = error.problems[0]
        return Kept(called, exists=True), (Finding("warning", first.code, first.message, first.action),)


def _understood(form: int, by: str) -> None:
    if form > FORMAT:
        message = f"The state store has format {form}, made by a newer {by}; this one knows {FORMAT}."
        raise Refused(Problem("newer-state", message, "Use a newer version, or another store (--state)."))
