"""What one command was asked to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.engine.executor import Options
from orchestrator.engine.limits import Limits
from orchestrator.model import Plan, Share, Wait
from orchestrator.planning.load import Said

if TYPE_CHECKING:
    import aioboto3


LOCK_TIMEOUT = 900.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Request:
    """What one command was asked to do. Durations are in seconds.

    `state` names the store; None is the usual table, and memory with `sandbox`. `lock_timeout`: how long runs of other plans are
    waited for. `allow_older`: what newer plans made may be made as these state it. `share`: what of its backfills this job
    does, where that is not what the plans say. `count_items`: whether a preview reads items, to count what backfills would
    change. `wait`, `limits` and `iam_lag` as in the engine's Options, None for its defaults.
    `said` is what the one who asked calls `variables`, for messages about them.
    """

    plans: tuple[Path, ...]
    variables: Mapping[str, object] = field(default_factory=dict)
    var_files: tuple[Path, ...] = ()
    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    sandbox: bool = False
    state: str | None = None
    lock_timeout: float = LOCK_TIMEOUT
    allow_older: bool = False
    allow_destructive: bool = False
    max_parallel: int | None = None
    fail_fast: bool = False
    deadline: float | None = None
    wait: Wait = "gate"
    session: "aioboto3.Session | None" = None
    limits: Limits | None = None
    share: Share | None = None
    count_items: bool = False
    iam_lag: float | None = None
    said: Said = "variables="


def options_of(request: Request, plans: Sequence[Plan]) -> Options:
    deadlines = [plan.policy.deadline for plan in plans if plan.policy.deadline is not None]
    deadline = request.deadline if request.deadline is not None else min(deadlines, default=None)
    defaults = Options()
    return Options(
        max_parallel=request.max_parallel or defaults.max_parallel,
        fail_fast=request.fail_fast,
        deadline=deadline,
        wait=request.wait,
        iam_lag=defaults.iam_lag if request.iam_lag is None else request.iam_lag,
    )
