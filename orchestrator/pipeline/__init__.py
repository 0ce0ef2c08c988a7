"""The stages in order: load, connect, observe, compile, then show or run.

A Request (what the command line or a caller asked for) enters; plans, a Preview, an Applied, a Waited, a Status or a History
leaves. Everything that goes wrong is an OrchestratorError that carries its exit code. Each command is two functions: one opens
the target and closes it again, the other (`…_on`) works on an open one, whatever is behind its ports. Adapters are built in
`opening` alone.
"""

from orchestrator.pipeline.applying import Applied, apply, apply_on
from orchestrator.pipeline.looking import preview, preview_on, status, status_on, validate, wait, wait_on
from orchestrator.pipeline.opening import Opened, opened, opened_store
from orchestrator.pipeline.request import Request
from orchestrator.pipeline.runs import history, unlock, wish

__all__ = [
    "Applied",
    "Opened",
    "Request",
    "apply",
    "apply_on",
    "history",
    "opened",
    "opened_store",
    "preview",
    "preview_on",
    "status",
    "status_on",
    "unlock",
    "validate",
    "wait",
    "wait_on",
    "wish",
]
