"""How a step can end, each way with the event that says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from orchestrator.model import NOT_DONE, What


class Ending(Protocol):
    """One way for a step to end. `good`: its goal is reached; `lets_on`: what needs the step may go on."""

    @property
    def good(self) -> bool: ...

    @property
    def lets_on(self) -> bool: ...

    @property
    def what(self) -> What: ...

    def details(self) -> Mapping[str, Any]:
        """The event's facts."""
        ...


@dataclass(frozen=True, slots=True)
class Done:
    """The goal is visible and everything is settled.

    `adopted`: no call of ours was answered with success, and yet it is so; `answer` is then what the last one was answered
    with. `seconds`, here and below, since the step began.
    """

    seconds: float
    adopted: bool = False
    answer: str = ""
    good = True
    lets_on = True
    what: What = "settled"

    def details(self) -> Mapping[str, Any]:
        return {"seconds": self.seconds, **({"adopted": True, "answer": self.answer} if self.adopted else {})}


@dataclass(frozen=True, slots=True)
class Partly:
    """This run's share of it is done, and others have theirs still to do (`left`): what needs it waits for them."""

    seconds: float
    left: str
    good = True
    lets_on = False
    what: What = "settled"

    def details(self) -> Mapping[str, Any]:
        return {"seconds": self.seconds, "left": self.left}


@dataclass(frozen=True, slots=True)
class AlreadyInPlace:
    """The goal was reached before any call."""

    seconds: float
    good = True
    lets_on = True
    what: What = "already_in_place"

    def details(self) -> Mapping[str, Any]:
        return {"seconds": self.seconds}


@dataclass(frozen=True, slots=True)
class Failure:
    """It will not come about by itself. `where` is a resource and an API call; `exit_code` is the command's.

    `outdated`: things are not as they were planned against, and the run may plan anew.
    """

    code: str
    message: str
    action: str
    where: str
    exit_code: int = 1
    seconds: float = 0.0
    outdated: bool = False
    good = False
    lets_on = False

    @property
    def what(self) -> What:
        return "outdated" if self.outdated else "failed"

    def details(self) -> Mapping[str, Any]:
        error = _error(self.code, self.message, self.action, self.where)
        return {**error, "exit_code": self.exit_code, "seconds": self.seconds}


@dataclass(frozen=True, slots=True)
class InProgress:
    """AWS goes on working and this run no longer watches. `since` is in seconds since the epoch.

    `unseen`: why it can't be watched any more, where that is a reason of its own (the endpoint is gone, no permission to look).
    """

    status: str
    since: float
    reason: str
    unseen: Failure | None = None
    good = False
    lets_on = False
    what: What = "in_progress"

    def details(self) -> Mapping[str, Any]:
        unseen = self.unseen.details() if self.unseen else {}
        return {"status": self.status, "since": self.since, "reason": self.reason, **unseen}


@dataclass(frozen=True, slots=True)
class Begun:
    """A task that this run does no more of: nothing goes on in AWS, the next run does. `status` is how far it is, `since` as in
    InProgress, `where` the task.
    """

    status: str
    since: float
    reason: str
    where: str
    good = False
    lets_on = False
    what: What = "in_progress"

    def details(self) -> Mapping[str, Any]:
        so_far = f"So far: {self.status}" if self.status else "It has begun"
        message = f"{self.reason[0].upper()}{self.reason[1:]}. {so_far}; the next run goes on from there."
        told = {"status": self.status or "begun", "since": self.since, "reason": self.reason}
        return told | _error(NOT_DONE, message, "Run again.", self.where)


@dataclass(frozen=True, slots=True)
class NotRun:
    """No call was sent, or none that took effect.

    `because` is the step that stopped it, None where the run itself was stopped. `queued`: a later run goes on with it
    as it is, for nothing has failed. `until`: AWS takes it, or what it rests on, at the latest from then on (seconds since the
    epoch); nothing else waits for it. `postponed`: by then it is background work, whatever its gate.
    """

    message: str
    where: str
    because: str | None = None
    queued: bool = False
    action: str = "Run again."
    postponed: bool = False
    until: float | None = None
    good = False
    what: What = "not_run"

    @property
    def lets_on(self) -> bool:
        """What AWS takes only later holds back no more than what rests on it."""
        return self.until is not None and self.because is None

    def details(self) -> Mapping[str, Any]:
        error = _error("not-run", self.message, self.action, self.where)
        return {
            **error,
            "because": self.because,
            "queued": self.queued,
            "postponed": self.postponed,
            "until": self.until,
        }


@dataclass(frozen=True, slots=True)
class Yields:
    """In place of an Ending: AWS takes the call only later (`until`, in seconds since the epoch), and as background work, so
    that the rest of the lane goes first.
    """

    until: float


def _error(code: str, message: str, action: str, where: str) -> dict[str, str]:
    return {"code": code, "message": message, "action": action, "where": where}
