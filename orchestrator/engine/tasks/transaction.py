"""A logical transaction as it is remembered: which request it is, under which token, and how far it came.

The request itself is kept only where it holds nothing hidden and the store can take it; a keyed digest tells in any case
whether a request that is built anew is the same.
"""

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from orchestrator.kinds.task.transact import Action
from orchestrator.model import Blob, Text, reveal, walk

PART = "transaction"
"""The part of a task's memory that a Record is."""
WINDOW_SECONDS = 300.0
"""So long after its first send a token is used: AWS knows it for ten minutes from when that one completes, which nobody sees
(fact sheet 6.3)."""
YOUNG_SECONDS = 60.0
"""So long it leaves time enough to find out what became of an attempt whose answer is lost."""
CLOCKS = 5.0
"""So much the clocks of two machines may differ: what one of them sent, the other may believe to be still to come."""
MOST_KEPT = 200_000
"""The longest request that is kept, in characters: a row of the store has room for 400 KB."""

State = Literal["open", "refused", "applied"]
"""open: it may have been sent, and nobody knows whether it took effect; refused: it has not; applied: it has."""


@dataclass(frozen=True, slots=True)
class Record:
    """One logical transaction. `digest` is that of its actions as they are sent, `content` that of what the task said (empty
    where it can't be sent any more), `names` what it acted on. `first` and `last` are when it was sent under its token (seconds
    since the epoch), or a little earlier, `sends` how often, under all of its tokens. `renewed`: it had another token before,
    with the same marker. `run` sent it last, or saw that it was applied.
    """

    token: str
    generation: int
    digest: str
    content: str
    names: Mapping[str, str]
    marker: str | None
    request: str | None
    run: str
    state: State = "open"
    first: float = 0.0
    last: float = 0.0
    sends: int = 0
    renewed: bool = False

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "Record":
        return cls(**body)

    def body(self) -> Mapping[str, Any]:
        return asdict(self)

    @property
    def latest(self) -> float:
        """Until when its token may be sent."""
        return self.first + WINDOW_SECONDS

    def usable(self, now: float) -> bool:
        """Whether its token may still be sent. A clock that went back tells nothing of that."""
        return self.first - CLOCKS <= now < self.latest

    def begun(self, now: float) -> "Record":
        """The same where nothing of it can have been applied: with a new token unless there is much time left for this one.

        The time of a token may count from a request that was refused, so that it is never prolonged.
        """
        if 0 <= now - self.first < YOUNG_SECONDS:
            return self
        return replace(self, first=now, token=new_token())

    def again(self, now: float) -> "Record":
        """The same with a token of its own: it may have been applied under the old one, which its marker keeps apart."""
        return replace(self, first=now, token=new_token(), renewed=True)


def new_token() -> str:
    """32 of the 36 characters that AWS takes."""
    return secrets.token_hex(16)


def kept(actions: Sequence[Action]) -> str | None:
    """The actions as the store keeps them; None where they hold hidden values, or are too long."""
    if any(isinstance(leaf, Text) and leaf.hidden for leaf in walk(actions)):
        return None
    text = json.dumps(reveal(actions), default=_plain, separators=(",", ":"))
    return text if len(text) <= MOST_KEPT else None


def restored(text: str) -> Sequence[Action]:
    """What `kept` gave."""
    actions: Sequence[Action] = json.loads(text, object_hook=_bytes)
    return actions


def _plain(value: Any) -> Any:
    data = value.data if isinstance(value, Blob) else bytes(value)
    return {"base64": base64.b64encode(data).decode()}


def _bytes(found: dict[str, Any]) -> Any:
    """A mapping of the request itself has no such name beside a plain string: values of attributes are mappings."""
    text = found.get("base64")
    return base64.b64decode(text) if isinstance(text, str) and len(found) == 1 else found
