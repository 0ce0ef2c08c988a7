"""A function as its settings see it."""

from dataclasses import dataclass

from orchestrator.kinds.contract import Subject, arn
from orchestrator.kinds.fields import Absent
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.function.spec import FunctionSpec
from orchestrator.model import Blob, Declared


@dataclass(frozen=True, slots=True)
class Body:
    """What a plan states of a function: its spec, the zip that this names, and the function's real name."""

    spec: FunctionSpec
    zip: Blob | None = None
    name: str = ""


Function = Subject[Body, FunctionLive]


def subject(declared: Declared, live: FunctionLive | None) -> Function:
    """A function as its settings see it; `live` None where it is yet to be made. Of one that shall go nothing is stated."""
    spec = FunctionSpec() if isinstance(declared.spec, Absent) else declared.spec
    body = Body(spec, declared.blobs.get("code"), declared.name)
    return Subject(declared.ref, declared.name, arn(declared.ref, live), body, live)
