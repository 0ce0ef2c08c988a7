"""What stands in the start-up recipes: their documents, and the command lines in them, word by word."""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from orchestrator.cli.values import duration

ROOT = Path(__file__).parent.parent.parent
COMPOSE = ROOT / "docker-compose.yml"
EXAMPLES = ROOT / "examples"
ENTRYPOINT = EXAMPLES / "entrypoint.sh"
WORKFLOW = EXAMPLES / "github-workflow.yaml"
MANIFESTS = sorted((EXAMPLES / "kubernetes").glob("*.yaml"))
TOOL = "schema"
"""The name of each container that runs the command."""

Document = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """A command line: who has it, and its words after `orchestrator`."""

    name: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return self.name

    def seconds(self, option: str) -> int:
        """A duration that it states."""
        return duration(self.words[self.words.index(option) + 1])


def manifest(path: Path) -> Sequence[Document]:
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def the(kind: str, path: Path) -> Document:
    """The only document of that kind."""
    (found,) = (document for document in manifest(path) if document["kind"] == kind)
    return found


def pod(workload: Document) -> Document:
    found: Document = workload["spec"]["template"]["spec"]
    return found


def tool(workload: Document) -> Document:
    """The container that runs the command."""
    containers = [*pod(workload).get("initContainers", ()), *pod(workload)["containers"]]
    (found,) = (container for container in containers if container["name"] == TOOL)
    return dict(found)


def workloads() -> Iterator[tuple[Path, Document]]:
    for path in MANIFESTS:
        yield from ((path, document) for document in manifest(path) if "template" in document.get("spec", {}))


def container_line(path: Path, workload: Document) -> Line:
    return Line(f"{path.name}:{workload['kind']}", tuple(tool(workload)["args"]))


def workflow() -> Document:
    # `on` is a key here, and not YAML 1.1's word for true.
    text = re.sub("^on:", '"on":', WORKFLOW.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found: Document = yaml.safe_load(text)
    return found


def steps(job: str) -> Sequence[Document]:
    found: list[Document] = workflow()["jobs"][job]["steps"]
    return found


def step(job: str, name: str) -> Document:
    (found,) = (one for one in steps(job) if one.get("name") == name)
    return found


def step_lines(job: str) -> Iterator[Line]:
    """What the scripts of a job call, without what the shell does with it."""
    for one in steps(job):
        for called in re.findall(r"^orchestrator (.*?)(?: \|\| .*)?$", one.get("run", ""), re.MULTILINE):
            yield Line(f"{WORKFLOW.name}:{job}:{one['name']}", tuple(shlex.split(called)))


def services() -> Document:
    found: Document = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    return found
