"""What a run is asked to keep to."""

from dataclasses import dataclass

from orchestrator.engine.limits import Limits
from orchestrator.model import Wait


@dataclass(frozen=True, slots=True)
class Options:
    """Durations are in seconds.

    `max_parallel`: lanes in motion at once. `deadline`: for the whole run, None for none. `wait`: `gate` leaves background
    work once it is issued, `none` leaves everything, `all` nothing. `iam_lag`: how long a role,
    policy or key may stay unseen (fact sheet 12.3: 15 minutes at most). `grace`: how long a call on its way may take to
    be answered after a stop. `limits`: request rates; a cloud that is limited already keeps its own.
    """

    max_parallel: int = 50
    fail_fast: bool = False
    deadline: float | None = None
    wait: Wait = "gate"
    iam_lag: float = 120.0
    grace: float = 3.0
    limits: Limits | None = None
