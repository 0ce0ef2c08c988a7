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

    What hangs on the function and has reads of its own counts in both, for it is read only where it matters, and so do the
    versions that aliases come to; what hangs on it counts in PART alone.
    """
    if live is None:
        return Settled()
    attached = live.attached.verdict
    if scope is Scope.PART:
        return attached
    found: tuple[Verdict, ...] = (of_function(live, scope), _named(live), attached)
    return next((one for one in found if one != Settled()), Settled())


def of_function(live: FunctionLive, scope: Scope) -> Verdict:
    """The same of the function and its newest version alone."""
    failed = _failed(live) if scope is Scope.WHOLE else None
    if live.status.state == "Failed":
        return failed or Settled()
    return _moving(live) or failed or Settled()


def _moving(live: FunctionLive) -> Pending | None:
    status = live.status
    if status.state not in AT_REST:
        return _pending(f"State {status.state or 'unknown'}", status.reason, status.code)
    if status.update is None:
        return Pending("LastUpdateStatus not known yet")
    if status.update not in ("Successful", "Failed"):
        return _pending(f"LastUpdateStatus {status.update}", status.update_reason, status.update_code)
    return version_moving(live.newest) if isinstance(live.newest, VersionLive) else None


def version_moving(version: VersionLive) -> Pending | None:
    """What is to be waited for until a version can be given traffic (fact sheet 11.8); one that failed moves no more."""
    status = version.status
    if status.state in STEADY or status.state == "Failed":
        return None
    return _pending(f"version {version.number} {status.state or 'unknown'}", status.reason, status.code)


def _named(live: FunctionLive) -> Verdict:
    """No update overwrites a version that failed: no alias can be given it."""
    versions = [one for one in live.named.values() if one is not None]
    moving = next((found for one in versions if (found := version_moving(one))), None)
    failed = next((one for one in versions if one.status.state == "Failed"), None)
    return moving or (_unusable(failed) if failed else Settled())


def _unusable(version: VersionLive) -> Broken:
    status = version.status
    action = f"{reasons.advice(status.code)} Name another version for the alias.".strip()
    return Broken(_words(f"version {version.number} Failed", status.reason), status.code, action=action)


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


def _pending(what: str, reason: str, code: str) -> Pending:
    """AWS's reason without its full stop: the sentence goes on."""
    return Pending(_words(what, reason.rstrip("."), code))


def _words(what: str, reason: str, code: str = "") -> str:
    """`State Pending (Creating): The function is being created`"""
    head = f"{what} ({code})" if code else what
    return f"{head}: {reason}" if reason else head
