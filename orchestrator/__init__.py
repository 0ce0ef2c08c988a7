"""Serialized schema changes for DynamoDB tables, indexes and Lambda functions.

    report = await orchestrator.apply("plans/orders.yaml", variables={"stage": "dev"})

`load` reads plans, `preview` says what would be done, `apply` does it, `wait` blocks until it holds, `status` says where
things stand. Every function takes the caller's own aioboto3 session if given, keeps no global state and can be cancelled.
What goes wrong is raised as an OrchestratorError with its problems and the exit code that the command line would have ended
with.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.errors import (
        Fault,
        InvalidPlan,
        Locked,
        OrchestratorError,
        Problem,
        Refused,
        StillInProgress,
        Unreachable,
        Usage,
    )
    from orchestrator.library import (
        Limits,
        Log,
        Rate,
        RunFailed,
        RunStillInProgress,
        apply,
        load,
        preview,
        status,
        wait,
    )
    from orchestrator.model import (
        Event,
        Finding,
        Graph,
        Plan,
        Preview,
        Report,
        Status,
        StatusLine,
        Step,
        StepReport,
        Target,
        Waited,
    )

__all__ = [
    "Event",
    "Fault",
    "Finding",
    "Graph",
    "InvalidPlan",
    "Limits",
    "Locked",
    "Log",
    "OrchestratorError",
    "Plan",
    "Preview",
    "Problem",
    "Rate",
    "Refused",
    "Report",
    "RunFailed",
    "RunStillInProgress",
    "Status",
    "StatusLine",
    "Step",
    "StepReport",
    "StillInProgress",
    "Target",
    "Unreachable",
    "Usage",
    "Waited",
    "apply",
    "load",
    "preview",
    "status",
    "wait",
]


def __dir__() -> list[str]:
    return sorted(__all__)


def __getattr__(name: str) -> object:
    """Load the face on first use: `orchestrator --help` must not pay for pydantic and the SDK (command-line page)."""
    if name in __all__:
        for module in ("library", "model", "errors"):
            face = import_module(f"orchestrator.{module}")
            if hasattr(face, name):
                return getattr(face, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
