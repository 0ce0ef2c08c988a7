"""What can end a command, as exceptions that carry facts; messages are made from the facts.

OrchestratorError            exit 1    something failed that has no better name
├── InvalidPlan              exit 3    a plan, a variable or a file named by one is wrong; holds every Problem found
├── Refused                  exit 4    destructive change not allowed, account guard, no approval
├── Locked                   exit 5    another run holds the resource
├── StillInProgress          exit 6    a deadline passed while AWS goes on working
├── Unreachable              exit 7    no credentials, no permission to look, endpoint not reachable
└── Usage                    exit 64   a command or option that does not exist

Fault                                  one API call that did not answer 200; raised by every Cloud, classified by the engine
Contradicted                           a conditional write to the state store met another row than it expected
StoreUnavailable                       the state store can't be read or written
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: what happened, what to do about it, and where (a place in a file, or a resource and call)."""

    code: str
    message: str
    action: str = ""
    file: str | None = None
    line: int | None = None
    column: int | None = None
    subject: str | None = None

    @property
    def where(self) -> str | None:
        """`file:line:column`, or the resource, or None."""
        if self.file is None:
            return self.subject
        return ":".join([self.file, *(str(n) for n in (self.line, self.column) if n is not None)])

    def __str__(self) -> str:
        head = f"{self.where}: " if self.where else ""
        return f"{head}{self.message}" + (f"\n    {self.action}" if self.action else "")


class OrchestratorError(Exception):
    """The root: `problems` say what happened and what to do, `exit_code` is the command's."""

    exit_code = 1
    outcome = "failed"

    def __init__(self, problems: Sequence[Problem] | Problem) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(*self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


class InvalidPlan(OrchestratorError):
    """A plan file, a variable, or a file that a plan names can't be used; `problems` lists all of them."""

    exit_code = 3
    outcome = "invalid"


class Refused(OrchestratorError):
    """What was to be done was not, because the plan, a guard or a person does not allow it."""

    exit_code = 4
    outcome = "refused"


class Locked(OrchestratorError):
    """Another run holds what this one needs."""

    exit_code = 5
    outcome = "locked"


class StillInProgress(OrchestratorError):
    """A deadline passed; AWS goes on working and a later run picks it up."""

    exit_code = 6
    outcome = "in_progress"


class Unreachable(OrchestratorError):
    """No credentials, expired ones, no permission to look, or the endpoint does not answer."""

    exit_code = 7
    outcome = "unreachable"


class Usage(OrchestratorError):
    """The command line itself is wrong."""

    exit_code = 64
    outcome = "invalid"


class Fault(Exception):
    """One API call that was not answered with success.

    `status` is the HTTP status, or None where no answer came. `sent` says whether the request may have reached the
    service: False only when that is certain (no connection, no credentials, refused by the client's own validation),
    so that `sent and status is None` is an unknown outcome. `retry_after` is in seconds. `region` is where the call went
    if that is another Region than the run's own. `reasons` are those of a cancelled transaction, one for each of its
    actions, as DynamoDB gives them (`Code`, `Message`, `Item`).
    """

    def __init__(
        self,
        service: str,
        operation: str,
        code: str,
        message: str,
        *,
        status: int | None = None,
        sent: bool = True,
        retry_after: float | None = None,
        request_id: str | None = None,
        region: str | None = None,
        reasons: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self.service = service
        self.operation = operation
        self.code = code
        self.message = message
        self.status = status
        self.sent = sent
        self.retry_after = retry_after
        self.request_id = request_id
        self.region = region
        self.reasons: tuple[Mapping[str, Any], ...] = tuple(reasons)
        super().__init__(f"{self.title} answered {code}: {message}")

    @property
    def title(self) -> str:
        """The call: `dynamodb:UpdateTable`, and ` in us-west-2` where that is not the run's own Region."""
        api = f"{self.service}:{self.operation}"
        return f"{api} in {self.region}" if self.region else api


class Contradicted(Exception):
    """A write to the state store met another row than it expected, so that nothing of it happened."""


class StoreUnavailable(Exception):
    """The state store can't be read or written. `lost`: it is gone or may not be used, so that trying again is of no use.

    `silent`: nothing answers, so that what it would say is not known. `code` is AWS's or the database's own word, `message`
    what it says, without secrets.
    """

    def __init__(self, code: str, message: str, *, lost: bool = False, silent: bool = False) -> None:
        self.code = code
        self.message = message
        self.lost = lost
        self.silent = silent
        super().__init__(f"{code}: {message}")
