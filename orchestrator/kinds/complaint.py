"""What a rule says about one place of a declaration, wherever that is told: in a file by the loader, or as a finding."""

from dataclasses import dataclass, replace

from orchestrator.model import Path


@dataclass(frozen=True, slots=True)
class Complaint:
    """`path` is below the resource; `<path>` in `message` becomes the full one as the plan writes it.

    `lacks` is the path, below the resource too, of what is not there: where that stands but is wrong, this is not said.
    """

    path: Path
    code: str
    message: str
    action: str = ""
    lacks: Path = ()

    def under(self, *path: str | int) -> "Complaint":
        """The same of something that stands at `path` of a resource."""
        return replace(self, path=(*path, *self.path), lacks=(*path, *self.lacks) if self.lacks else ())

    def said_of(self, shown: str) -> str:
        """The message about the place that is `shown` like this."""
        return self.message.replace("<path>", shown)
