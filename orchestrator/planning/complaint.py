"""What a check says about one place of a resource; `load` adds the file and the resource's own path."""

from dataclasses import dataclass

from orchestrator.planning.problems import Path


@dataclass(frozen=True, slots=True)
class Complaint:
    """`path` is below the resource; `<path>` in `message` becomes the full one as the plan writes it.

    `lacks` is the key of the resource whose absence is complained of: where that key stands but is wrong, this is not said.
    """

    path: Path
    code: str
    message: str
    action: str = ""
    lacks: str = ""
