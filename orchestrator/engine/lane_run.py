"""One lane: its steps in their order, each once what it needs has ended well."""

from collections.abc import Sequence
from dataclasses import replace

from orchestrator.engine.ending import Begun, Ending, Failure, InProgress, NotRun, Partly, Yields
from orchestrator.engine.resting import alike, rests_on
from orchestrator.engine.run import Run
from orchestrator.engine.step import StepRun
from orchestrator.engine.tasks.running import TaskRun
from orchestrator.model import Step


class LaneRun:
    """The steps of one lane; `begun` are those that were begun, by id."""

    def __init__(self, run: Run, steps: Sequence[Step]) -> None:
        self._run = run
        self._steps = steps
        self._later: list[tuple[Step, NotRun]] = []
        self._yielded: dict[str, Yields] = {}
        self.begun: dict[str, StepRun | TaskRun] = {}

    async def live(self) -> None:
        """Live every step until one does not end well; those after it are not run.

        One that AWS takes only later costs those after it nothing, unless they rest on it. One that yields comes again once
        the others are done, before what is about the same as it.
        """
        before, left = self._run.clock.now(), list(self._steps)
        while left:
            step, *left = left
            held = await self._held_back(step)
            ending = held or self._resting(step) or await self._lived(step, before, left)
            before = self._run.clock.now()
            if isinstance(ending, Yields):
                self._yielded[step.id] = ending
                left = [*_others(step, left), step, *(one for one in left if alike(step, one))]
                continue
            await self._end(step, ending)
            if held or not (ending.lets_on or _later(ending)):
                for later in left:
                    await self._end(later, not_run(later, step.id, ending))
                return

    def _resting(self, step: Step) -> NotRun | None:
        """How a step ends that rests on one whose time has not come; None where it rests on none."""
        live = self._run.observer.latest(step.ref.root)
        return next(
            (not_run(step, other.id, ending) for other, ending in self._later if rests_on(step, other, live)), None
        )

    async def _end(self, step: Step, ending: Ending) -> None:
        """What is behind a step that is left out is so for other lanes too, however it ends itself."""
        if isinstance(ending, NotRun) and _later(ending):
            self._run.parking.park(step, ending)
            self._later.append((step, ending))
        short = next(((other.id, left) for other, left in self._later if not left.lets_on), None)
        if short and ending.lets_on:
            self._run.behind[step.id] = short
        await self._run.end(step.id, ending)

    async def _held_back(self, step: Step) -> NotRun | None:
        """Wait for what `step` needs of other lanes; a NotRun where that, or what comes before it there, did not end well."""
        own = {one.id for one in self._steps}
        for need in step.needs:
            if need in own:
                continue  # it came before, or has yielded
            await self._run.ended[need].wait()
            stopper, ending = self._run.behind.get(need, (need, self._run.endings[need]))
            if not ending.lets_on:
                return not_run(step, stopper, ending)
        return None

    def _begun(self, step: Step) -> StepRun | TaskRun:
        return StepRun(self._run, step) if step.task is None else TaskRun(self._run, step, step.task)

    async def _lived(self, step: Step, before: float, left: Sequence[Step]) -> Ending | Yields:
        """`before` is when the step before it on the lane ended, `left` what comes after it."""
        again = self._yielded.get(step.id)
        step_run = self.begun.setdefault(step.id, self._begun(step))
        try:
            if again is None and (ending := await step_run.paused(before)):
                return ending
            await self._run.guard.before_step()
            if step.call is not None:
                await step_run.slot.take()
            if self._run.options.fail_fast and self._run.failed:
                return not_run(step, self._run.failed, self._run.endings[self._run.failed])
            return await step_run.live(may_yield=again is None and bool(_others(step, left)), again=again)
        except Exception as defect:  # noqa: BLE001 - a defect met on one lane must not cost the others their report
            return Failure("internal-error", told(defect), REPORT_IT, str(step.ref))
        finally:
            step_run.slot.give_back()


def _later(ending: Ending) -> bool:
    """Whether it is left to a later run because AWS does not take it, or what it rests on, sooner."""
    return isinstance(ending, NotRun) and ending.until is not None


def _others(step: Step, left: Sequence[Step]) -> list[Step]:
    return [one for one in left if not alike(step, one)]


def not_run(step: Step, stopper: str, ending: Ending) -> NotRun:
    """`step` has to wait for a later run, because `stopper` ended as it did. The first cause is the one that is named."""
    if isinstance(ending, NotRun) and ending.lets_on:
        message = f"Waits for {stopper}, which AWS does not take yet: {ending.message}"
        return replace(ending, message=message, where=str(step.ref), because=stopper)
    if isinstance(ending, NotRun):
        return replace(ending, where=str(step.ref))
    if isinstance(ending, Begun):
        return NotRun(f"Waits for {stopper}, which the next run goes on with.", str(step.ref), stopper, queued=True)
    if isinstance(ending, InProgress):
        return NotRun(f"Waits for {stopper}, which is still in progress.", str(step.ref), stopper, queued=True)
    if isinstance(ending, Partly):
        message = f"Waits for {stopper}, whose shares {ending.left} other jobs have still to do."
        return NotRun(message, str(step.ref), stopper, queued=True, action="Run again once they are done.")
    return NotRun(
        f"Not run, because {stopper} failed.", str(step.ref), stopper, action="Mend that one, then run again."
    )


REPORT_IT = "Report it. Running again is safe: live state is looked at anew."


def told(defect: BaseException) -> str:
    """A defect of this program in a sentence: its type and place only, for a message may quote what must stay hidden."""
    while isinstance(defect, BaseExceptionGroup):
        defect = defect.exceptions[0]  # task groups wrap what is raised inside them
    trace = defect.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    return f"{type(defect).__name__}{place}: a defect of this program, not of the plan."
