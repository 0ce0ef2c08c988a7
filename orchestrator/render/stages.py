"""The stages of plans as a reviewer is told of them: which are done, what is to be done in which, and how long that takes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from orchestrator.model import Estimate, Plan, Preview, Step
from orchestrator.planning.compile import critical_path

Standing = Literal["done", "now", "foretold", "nothing_to_do", "not_foretold"]


@dataclass(frozen=True, slots=True)
class StageView:
    """One stage of a plan, the `number`-th of `of`. `foretold` steps are planned anew once it is its turn."""

    plan: str
    name: str
    number: int
    of: int
    standing: Standing
    steps: tuple[Step, ...]
    estimate: Estimate

    @property
    def title(self) -> str:
        """`Stage 2 of 3, switch`."""
        return f"Stage {self.number} of {self.of}, {self.name}"


def stages(shown: Preview, plan: Plan) -> Iterator[StageView]:
    """Those of one plan in their order; none where it has none."""
    own = [step for step in shown.graph if step.ref.plan == plan.name]
    names = [str(stage.stage) for stage in plan.stages]
    steps = {name: tuple(step for step in own if step.stage == name) for name in names}
    for place, name in enumerate(names):
        done = not steps[name] and place < len(shown.passed.get(plan.name, ()))
        standing = "done" if done else _standing(steps[name], told=place < shown.foretold.get(plan.name, 0))
        yield StageView(plan.name, name, place + 1, len(names), standing, steps[name], critical_path(steps[name])[1])


def _standing(steps: tuple[Step, ...], *, told: bool) -> Standing:
    """Of a stage that is not done; nothing is `told` of those after one whose outcome can't be foretold."""
    if not steps:
        return "nothing_to_do" if told else "not_foretold"
    return "foretold" if steps[0].wave else "now"
