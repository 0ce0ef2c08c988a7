"""A function as Lambda keeps it: $LATEST, numbered versions and aliases, and the moves between states (fact sheet 11.2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.sandbox.rules.ground import Ground
from orchestrator.sandbox.rules.lambda_.attachments import Attachments
from orchestrator.sandbox.rules.lambda_.names import LATEST
from orchestrator.sandbox.rules.lambda_.package import Package
from orchestrator.sandbox.rules.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Status:
    """State and LastUpdateStatus, each with reason and code. `update` is None, not Successful, until Active is reached."""

    state: str = "Active"
    reason: str | None = None
    code: str | None = None
    update: str | None = "Successful"
    update_reason: str | None = None
    update_code: str | None = None


ACTIVE = Status()
CREATING = Status("Pending", "The function is being created.", "Creating", None)
RESTORING = Status("Pending", "The function is being restored.", "Restoring", None)
IDLE = Status("Inactive", "The function is idle.", "Idle")
# What AWS says of a function without durable executions on its way out is written nowhere: no code then.
DELETING = Status("Deleting", "The function is being deleted.", None, None)
# AWS gives an update the words of a creation, with a code that the model's enum does not know (fact sheet 11.1).
UPDATING = Status(update="InProgress", update_reason="The function is being created.", update_code="Creating")


@dataclass(frozen=True, slots=True)
class Failure:
    """A scripted end: Lambda's reason and code (`InvalidSubnet`, `ImageAccessDenied`, …).

    `of` is the move that it ends, `create`, `update`, `publish` or `restore`; None: whichever comes first.
    """

    reason: str
    code: str
    of: str | None = None

    @property
    def creation(self) -> Status:
        return Status("Failed", self.reason, self.code, None)

    @property
    def update(self) -> Status:
        return Status(update="Failed", update_reason=self.reason, update_code=self.code)


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that a version freezes. Two equal contents make no second version."""

    package: Package
    architectures: tuple[str, ...]
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Move:
    """At `due` (epoch seconds) the version reaches `status`, with `content` in service."""

    due: float
    status: Status
    content: Content


@dataclass(slots=True)
class Version:
    """$LATEST or a numbered version."""

    number: str
    content: Content
    status: Status
    revision: str
    modified: float
    move: Move | None = None

    def settle(self, now: float) -> bool:
        """Finish the move that is due; True if one was."""
        if self.move is None or now < self.move.due:
            return False
        self.status, self.content, self.move = self.move.status, self.move.content, None
        return True


@dataclass(slots=True)
class Alias:
    name: str
    version: str
    revision: str
    description: str = ""
    weights: Mapping[str, float] = field(default_factory=dict)

    def names(self, version: str) -> bool:
        """Whether traffic may go to `version` through this alias."""
        return version == self.version or version in self.weights


@dataclass(slots=True)
class Function:
    """One function with all that hangs on it.

    `unseen` is how many reads still miss it after its creation, `gone` when its deletion is over (epoch seconds).
    """

    ground: Ground
    name: str
    package_type: str
    latest: Version
    created: float
    unseen: int = 0
    gone: float | None = None
    versions: dict[str, Version] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    reserved: int | None = None
    attachments: Attachments = field(default_factory=Attachments)
    published: tuple[str, Content] | None = None
    """The newest version's number, and what $LATEST held when it was published."""
    _revisions: int = 0

    @property
    def arn(self) -> str:
        return self.ground.arn("lambda", f"function:{self.name}")

    def revise(self) -> str:
        """A new RevisionId."""
        self._revisions += 1
        return self.ground.uuid("revision", self.arn, self.created, self._revisions)

    def settle(self, now: float) -> None:
        """Let time pass until `now`. $LATEST gets a new RevisionId when it settles, a version does not (fact sheet 11.5)."""
        if self.latest.settle(now):
            self.latest.revision = self.revise()
        for version in self.versions.values():
            version.settle(now)

    def leave(self, when: float) -> None:
        """Be on the way out until `when`, every version with it."""
        self.gone = when
        for version in (self.latest, *self.versions.values()):
            version.status, version.move = DELETING, None

    def version(self, qualifier: str | None) -> Version | None:
        """The version that a number, `$LATEST`, an alias or nothing names."""
        if qualifier is None or qualifier == LATEST:
            return self.latest
        if qualifier in self.aliases:
            qualifier = self.aliases[qualifier].version
            return self.latest if qualifier == LATEST else self.versions[qualifier]
        return self.versions.get(qualifier)

    def must_stay(self) -> None:
        """Refuse whatever is to change of a function on its way out. What AWS takes by then is written nowhere: nothing here."""
        if self.gone is not None:
            raise Refusal(
                "ResourceConflictException",
                "The operation cannot be performed at this time. "
                f"The function is currently in the following state: {self.latest.status.state}",
                409,
                in_transition=True,
            )

    def must_be_settled(self) -> None:
        """Refuse a change while the function is on its way, or broken (fact sheet 11.3, 11.4)."""
        self.must_stay()
        status = self.latest.status
        if status.state in ("Pending", "Failed"):
            raise Refusal(
                "ResourceConflictException",
                "The operation cannot be performed at this time. "
                f"The function is currently in the following state: {status.state}",
                409,
                in_transition=status.state == "Pending",
            )
        if status.update == "InProgress":
            raise Refusal(
                "ResourceConflictException",
                f"The operation cannot be performed at this time. An update is in progress for resource: {self.arn}",
                409,
                in_transition=True,
            )

    def must_not_be_updating(self) -> None:
        """Refuse what is taken while Pending too, but not beside an update (fact sheet 11.3; for some of it unsure).

        What a Failed function takes is written nowhere, so that it takes nothing.
        """
        self.must_stay()
        if self.latest.status.state == "Failed":
            self.must_be_settled()
        if self.latest.status.update == "InProgress":
            raise Refusal(
                "ResourceConflictException",
                "The function could not be updated due to a concurrent update operation.",
                409,
                in_transition=True,
            )

    def must_match(self, revision: str | None) -> None:
        """Refuse a RevisionId that is not the newest (fact sheet 11.5)."""
        if revision and revision != self.latest.revision:
            raise stale_revision()


def stale_revision() -> Refusal:
    return Refusal(
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id. "
        "Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
        412,
    )
