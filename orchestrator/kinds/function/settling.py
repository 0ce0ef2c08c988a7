"""Whether a function is settled (fact sheet 11.2, 14.1): a total function of what was observed."""

from orchestrator.kinds.function import reasons
from orchestrator.kinds.function.live import FunctionLive, Status, VersionLive
from orchestrator.model import Broken, Pending, Scope, Settled, Verdict

STEADY = frozenset({"Active", "Inactive"})
"""The states in which nothing moves, Failed apart. All others are waited for, unknown ones too."""
AT_REST = STEADY | {"ActiveNonInvocable"}
"""Those of $LATEST: where only versions are invoked it comes to rest without being invocable itself (fact sheet 11.2). What
an update does to a Deactivated function is not documented: the cautious reading is to wait.
"""


def verdict(live: FunctionLive | None, scope: Scope) -> Verdict:
    """Settled where it is absent. SELF asks only whether anything moves; WHOLE also whether anything failed.

    What hangs on the function and has reads of its own counts in both, for it is read only where it matters; in PART alone.
    """
    if live is None:
        return Settled()
    attached = live.attached.verdict
    if scope is Scope.PART:
        return attached
    own = of_function(live, scope)
    return own if isinstance(own, Pending) or attached == Settled() or own != Settled() else attached


def of_function(live: FunctionLive, scope: Scope) -> Verdict:
    """The same of the function and its newest version alone."""
    failed = _failed(live) if scope is Scope.WHOLE else None
    if live.status.state == "Failed":
        return failed or Settled()
    return _moving(live) or failed or Settled()


def _moving(live: FunctionLive) -> Pending | None:
    status = live.status
    if status.state not in AT_REST:
        return Pending(_words(f"State {status.state or 'unknown'}", status.reason, status.code))
    if status.update is None:
        return Pending("LastUpdateStatus not known yet")
    if status.update not in ("Successful", "Failed"):
        return Pending(_words(f"LastUpdateStatus {status.update}", status.update_reason, status.update_code))
    return _version_moving(live.newest) if isinstance(live.newest, VersionLive) else None


def _version_moving(newest: VersionLive) -> Pending | None:
    status = newest.status
    if status.state in STEADY or status.state == "Failed":
        return None
    return Pending(_words(f"version {newest.number} {status.state or 'unknown'}", status.reason, status.code))


def _failed(live: FunctionLive) -> Broken | None:
    """A failed creation stays: no update is documented to mend it. A failed update or version is overwritten by the next one.

    A failed version counts while it is the one of what $LATEST holds now: publishing again would give the same one.
    """
    status = live.status
    if status.state == "Failed":
        cause = reasons.advice(status.code) or "Mend the cause."
        what = _words("State Failed", status.reason)
        return Broken(what, status.code, action=f"{cause} Then delete the function, and run again: it is created anew.")
    if status.update == "Failed":
        return _broken("LastUpdateStatus Failed", status.update_reason, status.update_code)
    if isinstance(live.newest, VersionLive) and live.published and live.newest.status.state == "Failed":
        return _version_failed(live.newest)
    return None


def _version_failed(newest: VersionLive) -> Broken:
    status: Status = newest.status
    return _broken(f"version {newest.number} Failed", status.reason, status.code)


def _broken(what: str, reason: str, code: str) -> Broken:
    return Broken(_words(what, reason), code, recoverable=True, action=reasons.advice(code))


def _words(what: str, reason: str, code: str = "") -> str:
    """`State Pending (Creating): The function is being created.`"""
    head = f"{what} ({code})" if code else what
    return f"{head}: {reason}" if reason else head
