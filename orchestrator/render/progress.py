"""Where a run stands, lane by lane: a pure fold of its preview and its events, for whoever draws it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from orchestrator.model import Event, Preview, Sighting, Step, whose
from orchestrator.render.moments import clock_time, duration
from orchestrator.render.origins import foreign
from orchestrator.render.stages import stages as stages_of
from orchestrator.render.text.words import called, clean

LaneState = Literal["queued", "working", "done", "left", "failed", "stopped"]
"""queued: no step has begun. left: what is not done is background work. stopped: it is not run, or goes on in AWS without us."""

LAST: tuple[LaneState, ...] = ("done", "left", "failed", "stopped")
SILENT_SECONDS = 20.0
"""A heartbeat comes each 10 s or so: what is older is worth a word."""
AGAIN = ", again"
"""What parts the words for a refusal from the delay until the next attempt."""
UNTOLD = ("notice", "not_accepted")
"""Events that change nothing of a step's state: what becomes of a call that was not accepted, the next event tells."""
TAKEN = "this run has the locks now: it looks again, and goes on"
"""What is said once a run that waited for another one has its turn."""
ENDS = {"settled", "already_in_place", "failed", "outdated", "in_progress", "not_run"}


@dataclass(frozen=True, slots=True)
class LaneProgress:
    """One lane: its resource, how many of its `total` steps are done (0: it is only waited for), and what it does now.

    `doing` is the summary of the step at hand, `status` what that step does or sees AWS doing, `percent` how far that is and
    `left` how many seconds it will still take, where that is known, `whose` since when somebody else's doing is seen, and who
    began it, `why` what it is waited for or how it goes on, `since` (seconds since the epoch) when the step began.
    """

    resource: str
    total: int
    done: int = 0
    state: LaneState = "queued"
    doing: str = ""
    status: str = ""
    percent: float | None = None
    whose: str = ""
    why: str = ""
    since: float | None = None
    left: float | None = None

    @property
    def standing(self) -> str:
        """`index by_day CREATING 41 %, until UpdateTable has taken effect`."""
        percent = f" {self.percent:.0f} %" if self.percent is not None else ""
        whose = f" ({self.whose})" if self.whose else ""
        return f"{self.status}{percent}{whose}{', ' if self.why else ''}{self.why}"

    @property
    def place(self) -> str:
        """`2/4`: how many steps are done, the one at hand not among them. Empty for what has no steps."""
        return f"{self.done}/{self.total}" if self.total else ""


def following(holder: Mapping[str, Any]) -> str:
    """Whom a run waits for, and how far that one is: the details of `lock_waiting`."""
    verb = "following" if holder["same_plan"] else "waiting for"
    steps = f"{holder['done']}/{holder['total']} steps" if holder["total"] else "it begins"
    percent = f" {holder['percent']:.0f} %" if holder["percent"] is not None else ""
    now = f", {holder['resource']}: {holder['step']}, {holder['status']}{percent}" if holder["step"] else ""
    left = f", about {duration(holder['eta'])} left" if holder["eta"] else ""
    silent = holder["heartbeat_seconds"]
    heard = f", last heard of {duration(silent)} ago" if silent is not None and silent > SILENT_SECONDS else ""
    paused = ", paused" if holder["paused"] else ""
    return f"{verb} run {holder['holder']} of {holder['plans']} ({whose(holder['who'])}): {steps}{now}{left}{paused}{heard}"


def heard(event: Event) -> str:
    """What a run was told from elsewhere, and by whom: the details of `told`."""
    by = event.details["by"]
    match event.details["wish"]:
        case "pause":
            return f"paused by {by}: no new step begins until `orchestrator continue {event.run}`"
        case "cancel":
            return f"cancelled by {by}"
        case _:
            return f"told to go on by {by}"


@dataclass(frozen=True, slots=True)
class Progress:
    """All lanes, in the order in which they come up. `ended` holds the steps that are over, `besides` says what the run itself
    does before the first of them begins (follow another run) and once all of them are over, `paused` by whom
    it was told to pause. `stages` are those under way, and `before` is how many steps were done in stages before them, or until
    the run was planned anew.
    """

    lanes: Mapping[str, LaneProgress] = field(default_factory=dict)
    steps: Mapping[str, Step] = field(default_factory=dict)
    ended: frozenset[str] = frozenset()
    besides: str = ""
    paused: str = ""
    stages: tuple[str, ...] = ()
    before: int = 0

    @classmethod
    def of(cls, preview: Preview, before: "Progress | None" = None) -> "Progress":
        """Before anything of it has happened; `before` is how far the same run came until then."""
        steps = {step.id: step for step in preview.graph}
        several = len(preview.plans) > 1
        lanes: dict[str, LaneProgress] = {}
        for step in preview.graph:
            name = called(step.ref.root, several=several)
            lane = lanes.get(step.lane, LaneProgress(name, 0))
            lanes[step.lane] = replace(lane, total=lane.total + 1)
        stages = tuple(_under_way(preview, several=several))
        if before is None:
            return cls(lanes, steps, stages=stages)
        return cls(lanes, steps, paused=before.paused, stages=stages, before=before.steps_done[0])

    def lane_of(self, event: Event) -> str:
        """The lane that an event belongs to. What no preview has announced gets a lane of its own."""
        return self.steps[event.step].lane if event.step in self.steps else event.step

    def after(self, event: Event) -> "Progress":
        """The next state. Events that tell nothing about a step change nothing."""
        if event.what == "lock_waiting":
            return replace(self, besides=following(event.details))
        if event.what == "lock_acquired":
            return replace(self, besides="")
        if event.what == "told":
            return replace(self, paused=event.details["by"] if event.details["wish"] == "pause" else "")
        if not event.step and event.what in ("waiting", "retrying"):
            reason = event.details.get("reason") or event.details.get("resource")
            return replace(self, besides=f"{_status(event)}{f', {reason}' if reason else ''}")
        if not event.step or event.what in UNTOLD:
            return self
        name = self.lane_of(event)
        # What is waited for without a step: its id has the plan where there are several.
        unannounced = LaneProgress(event.step.removesuffix(":wait"), 0)
        lane = _after(self.lanes.get(name, unannounced), event, self.steps.get(event.step))
        ended = self.ended | {event.step} if event.what in ENDS else self.ended
        return replace(self, lanes={**self.lanes, name: lane}, ended=ended)

    def held_by(self, name: str) -> str:
        """What a queued lane waits for: the resources whose steps it needs."""
        first = next((step for step in self.steps.values() if step.lane == name and step.id not in self.ended), None)
        needs = [self.steps[need] for need in first.needs if need not in self.ended] if first else []
        return ", ".join(dict.fromkeys(str(need.ref.root) for need in needs if need.lane != name))

    def count(self, *states: LaneState) -> int:
        return sum(lane.state in states for lane in self.lanes.values())

    @property
    def steps_done(self) -> tuple[int, int]:
        """How many steps of all stages are done, and how many there are as far as can be told."""
        done, total = sum(lane.done for lane in self.lanes.values()), sum(lane.total for lane in self.lanes.values())
        return self.before + done, self.before + total


def _under_way(preview: Preview, *, several: bool) -> Iterator[str]:
    """`Stage 2 of 3, switch`, with the plan where there are several."""
    for plan in preview.plans:
        for stage in stages_of(preview, plan):
            if stage.standing == "now":
                yield f"{stage.title} ({plan.name})" if several else stage.title


def _after(lane: LaneProgress, event: Event, step: Step | None) -> LaneProgress:
    doing = step.summary if step else lane.doing
    match event.what:
        case "settled" | "already_in_place":
            done = lane.done + 1
            state: LaneState = "done" if done >= lane.total else "working"
            return replace(
                lane,
                done=done,
                state=state,
                doing=doing,
                status=_status(event),
                percent=None,
                whose="",
                why="",
                since=None,
            )
        case "failed" | "outdated" | "in_progress" | "not_run":
            # What ended a lane stands; the steps behind it only say that they were not run.
            if lane.state in ("failed", "stopped", "left"):
                return lane
            if event.details.get("until") is not None:
                lane = replace(lane, total=lane.total - 1)  # AWS takes it only later, and nothing else waits for it
            state = _ended(lane, event, step)
            return replace(lane, state=state, doing=doing, status=_status(event), percent=None, whose="", why="")
    sighting = Sighting.told(event.details) if event.what == "waiting" else None
    began = lane.since if lane.since is not None and lane.doing == doing else event.at
    return replace(
        lane,
        state="working",
        doing=doing,
        status=_status(event),
        percent=event.details.get("progress"),
        whose=foreign(sighting) if sighting else "",
        why=str(event.details.get("reason", "")),
        since=began,
        left=event.details.get("eta_seconds"),
    )


def _ended(lane: LaneProgress, event: Event, step: Step | None) -> LaneState:
    """How a lane stands whose step did not end well."""
    if event.what == "failed":
        return "failed"
    if event.details.get("until") is not None and lane.done < lane.total:
        return "working"
    if event.details.get("postponed"):
        return "left"
    background = step is not None and step.gate == "background" and event.what in ("in_progress", "not_run")
    return "left" if background else "stopped"


def _status(event: Event) -> str:
    """What an event says, in a few words."""
    details = event.details
    match event.what:
        case "intent":
            place = f" in {details['region']}" if details.get("region") else ""
            return f"calling {details.get('operation', 'AWS')}{place}"
        case "sent":
            return "accepted, not visible yet"
        case "retrying":
            code, delay = str(details.get("code", "an error")), details.get("delay_seconds")
            what = f"{details['why']} ({code})" if details.get("why") else code
            return f"{what}{AGAIN}{f' in {duration(delay)}' if delay else ''}"
        case "waiting":
            return str(details.get("status", "waiting"))
        case "settled":
            return "done"
        case "already_in_place":
            return "already in place"
        case "failed":
            return ": ".join(str(details[key]) for key in ("code", "message") if details.get(key)) or "failed"
        case "outdated":
            return f"{details.get('message', 'outdated')} Planning anew."
        case "in_progress":
            return "left in progress"
        case _:
            return str(details.get("message") or "not run")


def line(lane: LaneProgress, at: float) -> str:
    """One plain line: `12:04:30Z tables.orders 1/4 create index by_day: CREATING 41 %, until it is there (3m 10s)`."""
    waited = at - lane.since if lane.since is not None else 0
    took = f" ({duration(waited)})" if waited >= 1 else ""
    place = f" {lane.place}" if lane.place else ""
    doing = f"{lane.doing}: " if lane.doing else ""
    return clean(f"{clock_time(at)} {lane.resource}{place} {doing}{lane.standing}{took}")
