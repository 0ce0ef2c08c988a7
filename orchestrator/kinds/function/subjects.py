"""A function as its settings see it."""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.kinds.contract import Subject, arn
from orchestrator.kinds.fields import Absent
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.function.spec import ALIASES, FunctionSpec
from orchestrator.kinds.parts import Parts
from orchestrator.model import Blob, Declared


@dataclass(frozen=True, slots=True)
class Body:
    """What a plan states of a function: its spec, the zip that this names, and the function's real name.

    `released` are the aliases that go and have provisioned concurrency: it goes with them, and before them.
    """

    spec: FunctionSpec
    zip: Blob | None = None
    name: str = ""
    released: frozenset[str] = frozenset()


Function = Subject[Body, FunctionLive]


def subject(declared: Declared, live: FunctionLive | None) -> Function:
    """A function as its settings see it; `live` None where it is yet to be made. Of one that shall go nothing is stated."""
    spec = FunctionSpec() if isinstance(declared.spec, Absent) else declared.spec
    body = Body(spec, declared.blobs.get("code"), declared.name, _released(declared, live))
    return Subject(declared.ref, declared.name, arn(declared.ref, live), body, live)


def leaving(declared: Declared, live: FunctionLive | None) -> frozenset[str]:
    """The aliases that are there and go: declared absent, or pruned."""
    if live is None or isinstance(declared.spec, Absent) or not isinstance(live.aliases, Mapping):
        return frozenset()
    spec: FunctionSpec = declared.spec
    sort = Parts.of(declared.ref, ALIASES, spec.aliases, live.aliases, spec.prune)
    return frozenset(name for name, _ in sort.going)


def _released(declared: Declared, live: FunctionLive | None) -> frozenset[str]:
    there = live.attached.provisioned if live is not None else {}
    return frozenset(name for name in leaving(declared, live) if there.get(name) is not None)
