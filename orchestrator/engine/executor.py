"""Running a graph: lanes side by side, one report at the end, whatever happens in between.

A Preview, the World it was compiled from and the ports enter; a Report leaves. Everything is told as events on the way.
"""

import secrets
from collections import Counter
from collections.abc import Sequence

from orchestrator.engine.fold import Closing, fold
from orchestrator.engine.forgetful import Forgetful
from orchestrator.engine.guard import Unguarded
from orchestrator.engine.limits import Limited, Slots
from orchestrator.engine.observe import Observer
from orchestrator.engine.options import Options
from orchestrator.engine.origins import Origins
from orchestrator.engine.pacing import CHANCE, Draw
from orchestrator.engine.record import Listener, Recorder, subject
from orchestrator.engine.rounds import Again, Rounds
from orchestrator.engine.run import Run
from orchestrator.engine.stop import Stop
from orchestrator.engine.unfinished import unfinished
from orchestrator.errors import OrchestratorError
from orchestrator.kinds import is_there
from orchestrator.model import Graph, Preview, Report, Step, World
from orchestrator.ports import Clock, Cloud, Guard, Journal, Memory

__all__ = ["Again", "Options", "Stop", "execute", "new_run_id"]


async def execute(
    preview: Preview,
    world: World,
    cloud: Cloud,
    clock: Clock,
    journal: Journal,
    options: Options | None = None,
    *,
    run: str | None = None,
    started: float | None = None,
    stop: Stop | None = None,
    listeners: Sequence[Listener] = (),
    draw: Draw = CHANCE,
    again: Again | None = None,
    guard: Guard | None = None,
    memory: Memory | None = None,
) -> Report:
    """Run the graph of `preview` and report one outcome per step.

    `guard` says whether the run may go on (none: it always may), `memory` which tasks were done, and how far (none: nothing).
    `run` is the run's id (a new ULID unless given), `started` when it began, if not now; `draw` jitters polls and retries.
    `again` has the last word: once every step has ended well, or has met another thing than it was planned for, it looks at
    what was touched and may plan anew (requirement C7: somebody else may have changed it behind us, and while somebody's
    change is under way a description shows old values). What only an outdated plan wanted and nothing was sent for is not in
    the report.

    Failures, deadlines and stops are in the report; nothing but a cancellation is raised, and that only after every step's
    ending has been told. No task outlives this call.
    """
    options, stop, started = options or Options(), stop or Stop(), clock.now() if started is None else started
    limited = Limited.over(cloud, clock, options.limits)
    running = Run(
        cloud=limited,
        clock=clock,
        observer=Observer(limited, clock, draw, preview.plans, world),
        recorder=Recorder(run or new_run_id(started), clock, journal, listeners),
        options=options,
        slots=Slots(options.max_parallel),
        draw=draw,
        origins=Origins(limited, clock, preview.target.caller),
        ends=started + options.deadline if options.deadline is not None else float("inf"),
        replans=again is not None,
        guard=guard or Unguarded(),
        memory=memory or Forgetful(),
    )
    for ref, live in world.items():
        if ref in running.observer.declared and is_there(ref, live):
            running.recorder.tell("", "found", **subject(ref, running.observer.declared[ref]))
    steps, halted = await Rounds(running, stop, again).live(preview)
    return await _report(running, steps, started, stop, halted)


async def _report(
    run: Run, steps: Sequence[Step], started: float, stop: Stop, halted: OrchestratorError | None
) -> Report:
    """Fold the events of `steps`, and tell how it ended."""
    if stop.why:
        await run.recorder.record("", "notice", message=f"{stop.why[0].upper()}{stop.why[1:]}.")
    for problem in halted.problems if halted else ():
        await run.recorder.record("", "notice", message=f"{problem.message} {problem.action}".rstrip())
    for message in unfinished(steps, run.recorder.events):
        await run.recorder.record("", "notice", message=message)
    if lost := run.recorder.lost:
        await run.recorder.record("", "notice", message=f"The journal did not keep {lost} of this run's events.")
    closing = Closing(
        run.recorder.run, started, run.clock.now(), dict(run.cloud.calls), stop.signal, run.options.wait, halted
    )
    report = fold(Graph(tuple(steps)), run.recorder.events, closing)
    await run.recorder.record(
        "",
        "finished",
        outcome=report.outcome,
        exit_code=report.exit_code,
        seconds=report.finished - report.started,
        steps=dict(Counter(step.outcome for step in report.steps)),
    )
    return report


ULID_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_run_id(at: float) -> str:
    """A ULID: 48 bits of milliseconds since the epoch, then 80 of chance, so that ids sort by time."""
    number = int(at * 1000) << 80 | secrets.randbits(80)
    return "".join(ULID_ALPHABET[number >> 5 * place & 31] for place in reversed(range(26)))
