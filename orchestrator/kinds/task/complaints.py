"""Everything that is wrong with a value or a task, gathered and raised at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from orchestrator.kinds.complaint import Complaint
from orchestrator.model import Path


class NotConverted(ValueError):
    """What can't be what it is to become; `complaints` has all that is wrong, with paths below the value."""

    def __init__(self, complaints: Iterable[Complaint]) -> None:
        self.complaints = tuple(complaints)
        super().__init__(*self.complaints)


@dataclass(slots=True)
class Gathered:
    """Complaints as they are found."""

    found: list[Complaint] = field(default_factory=list)

    def say(self, path: Path, code: str, message: str, action: str = "") -> None:
        """`message` goes on after `<path>`."""
        self.found.append(Complaint(path, code, f"<path>{message}", action))

    def add(self, complaint: Complaint | None) -> None:
        """One more, if there is one."""
        self.found += [complaint] if complaint else []

    def end(self) -> None:
        """Raises NotConverted if there is any."""
        if self.found:
            raise NotConverted(self.found)
