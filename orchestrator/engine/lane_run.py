"""One lane: its steps in their order, each once what it needs has ended well."""

from collections.abc import Sequence

from orchestrator.engine.ending import Ending, Failure, InProgress, NotRun
from orchestrator.engine.run import Run
from orchestrator.engine.step import StepRun
from orchestrator.model import Step


class LaneRun:
    """The steps of one lane; `current` is the one being lived."""

    def __init__(self, run: Run, steps: Sequence[Step]) -> None:
        self._run = run
        self._steps = steps
        self.current: tuple[Step, StepRun] | None = None

    async def live(self) -> None:
        """Live every step until one does not end well; those after it are not run."""
        before = self._run.clock.now()
        for place, step in enumerate(self._steps):
            ending = await self._held_back(step) or await self._lived(step, before)
            before = self._run.clock.now()
            await self._run.end(step.id, ending)
            if not ending.good:
                for later in self._steps[place + 1 :]:
                    await self._run.end(later.id, not_run(later, step.id, ending))
                return

    async def _held_back(self, step: Step) -> NotRun | None:
        """Wait for what `step` needs; a NotRun where that did not end well."""
        for need in step.needs:
            await self._run.ended[need].wait()
            if not self._run.endings[need].good:
                return not_run(step, need, self._run.endings[need])
        return None

    async def _lived(self, step: Step, before: float) -> Ending:
        """`before` is when the step before it on the lane ended."""
        step_run = StepRun(self._run, step)
        try:
            self.current = step, step_run
            if ending := await step_run.paused(before):
                return ending
            if step.call is not None:
                await step_run.slot.take()
            if self._run.options.fail_fast and self._run.failed:
                return not_run(step, self._run.failed, self._run.endings[self._run.failed])
            return await step_run.live()
        except Exception as defect:  # noqa: BLE001 - a defect met on one lane must not cost the others their report
            return Failure("internal-error", told(defect), REPORT_IT, str(step.ref))
        finally:
            step_run.slot.give_back()


def not_run(step: Step, stopper: str, ending: Ending) -> NotRun:
    """`step` has to wait for a later run, because `stopper` ended as it did. The first cause is the one that is named."""
    if isinstance(ending, NotRun):
        return NotRun(ending.message, str(step.ref), ending.because, ending.queued, ending.action)
    if isinstance(ending, InProgress):
        return NotRun(f"Waits for {stopper}, which is still in progress.", str(step.ref), stopper, queued=True)
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
