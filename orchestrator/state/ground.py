"""What every reader and writer of a store needs first: that it understands it, and the key of its digests."""

import secrets

from orchestrator.errors import Contradicted, Problem, Refused
from orchestrator.model import Key, Put
from orchestrator.ports import Store
from orchestrator.state.records import META

FORMAT = 1
FORMAT_ROW, KEY_ROW = Key(META, "format"), Key(META, "key")


async def prepared(store: Store) -> bytes:
    """Make the store where it is missing; the secret key of its digests. Raises Refused for a newer store."""
    await store.make()
    while True:
        form, key = await store.get(FORMAT_ROW, KEY_ROW)
        if form and key:
            _understood(form.body["format"], str(form.body["by"]))
            return bytes.fromhex(key.body["key"])
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


def _understood(form: int, by: str) -> None:
    if form > FORMAT:
        message = f"The state store has format {form}, made by a newer {by}; this one knows {FORMAT}."
        raise Refused(Problem("newer-state", message, "Use a newer version, or another store (--state)."))
