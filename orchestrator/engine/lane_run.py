"""One lane: its steps in their order, each once what it needs has ended well."""

from collections.abc import Sequence

from orchestrator.engine.ending import Ending, Failure, InProgress, NotRun
from orchestrator.engine.run import Run
from orchestrator.engine.step import StepRun
from orchestrator.model import Step


class LaneRun:
    """The steps of one lane; `begun` are those that were begun, by id."""

    def __init__(self, run: Run, steps: Sequence[Step]) -> None:
        self._run = run
        self._steps = steps
        self.begun: dict[str, StepRun] = {}

    async def live(self) -> None:
        """Live every step until one does not end well; those after it are not run.

        One that yields comes again once the others are done, before what is about the same as it.
        """
        before, left = self._run.clock.now(), list(self._steps)
        while left:
            step, *left = left
            ending = await self._held_back(step) or await self._lived(step, before, left)
            before = self._run.clock.now()
            if ending is None:
                left = [*_others(step, left), step, *(one for one in left if _alike(step, one))]
                continue
            await self._run.end(step.id, ending)
            if not ending.good:
                for later in left:
                    await self._run.end(later.id, not_run(later, step.id, ending))
                return

    async def _held_back(self, step: Step) -> NotRun | None:
        """Wait for what `step` needs of other lanes; a NotRun where that did not end well."""
        own = {one.id for one in self._steps}
        for need in step.needs:
            if need in own:
                continue  # it came before, or has yielded
            await self._run.ended[need].wait()
            if not self._run.endings[need].good:
                return not_run(step, need, self._run.endings[need])
        return None

    async def _lived(self, step: Step, before: float, left: Sequence[Step]) -> Ending | None:
        """`before` is when the step before it on the lane ended, `left` what comes after it; None where it yields to that."""
        again = step.id in self.begun
        step_run = self.begun.setdefault(step.id, StepRun(self._run, step))
        step_run.yields = not again and bool(_others(step, left))
        try:
            if not again and (ending := await step_run.paused(before)):
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


def _alike(step: Step, other: Step) -> bool:
    """Whether both change the same setting of the same thing: then their order is not free."""
    return not {(one.ref, one.field) for one in step.because}.isdisjoint((one.ref, one.field) for one in other.because)


def _others(step: Step, left: Sequence[Step]) -> list[Step]:
    return [one for one in left if not _alike(step, one)]


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
