"""Who began what moves: what the log of API calls (CloudTrail) is asked, and what is known from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.model.place import Ref


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What is asked about something that moves: which call set it moving, and who sent it.

    `names` are the spellings under which the log may know the table or function, its real name first; `operations` the APIs
    (`dynamodb:UpdateTable`) that can have begun what is seen. `parts` are names of which the request must hold one (an index
    that is being made), where that is known. `longest` is how many seconds before it was first seen it may have begun;
    `began` is when AWS says that it did (seconds since the epoch).
    """

    names: tuple[str, ...]
    operations: frozenset[str]
    parts: frozenset[str] = frozenset()
    longest: float = 3600.0
    began: float | None = None

    def earliest(self, seen: float) -> float:
        """Before this no call can have begun what was first `seen` then; both in seconds since the epoch."""
        return seen - self.longest if self.began is None else min(seen, self.began)


@dataclass(frozen=True, slots=True)
class Origin:
    """The call that the log has for it: the API, when (seconds since the epoch), whose, and through which service if any.

    `own`: the same credentials as this run's, so that it need not be somebody else.
    """

    call: str
    at: float
    principal: str
    through: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something that moves and that this run did not set moving: when it was first seen so, and how it began, where known."""

    seen: float
    origin: Origin | None = None

    @property
    def since(self) -> float:
        """The earliest moment of which it is known to move, in seconds since the epoch."""
        return min(self.seen, self.origin.at) if self.origin else self.seen

    @property
    def source(self) -> Literal["cloudtrail", "seen"]:
        """Which of the two `since` goes by: the log of calls, or this run's own eyes."""
        return "cloudtrail" if self.origin else "seen"

    def facts(self) -> Mapping[str, Any]:
        """The same as details of an event, for what waits for it."""
        if self.origin is None:
            return {"seen_since": self.seen}
        through = {"begun_through": self.origin.through} if self.origin.through else {}
        return {
            "seen_since": self.seen,
            "begun_at": self.origin.at,
            "begun_with": self.origin.call,
            "begun_by": self.origin.principal,
            **through,
            "same_caller": self.origin.own,
        }

    @classmethod
    def told(cls, details: Mapping[str, Any]) -> "Sighting | None":
        """What `facts` wrote into the details of an event; None where it is not about such a thing."""
        if "seen_since" not in details:
            return None
        if "begun_at" not in details:
            return cls(float(details["seen_since"]))
        call, principal, through = (str(details.get(name, "")) for name in ("begun_with", "begun_by", "begun_through"))
        origin = Origin(call, float(details["begun_at"]), principal, through, own=bool(details.get("same_caller")))
        return cls(float(details["seen_since"]), origin)


@dataclass(frozen=True, slots=True)
class Foreign:
    """What a run has to wait for although it did not begin it: `status` in AWS's words, as it was seen last."""

    ref: Ref
    status: str
    sighting: Sighting
