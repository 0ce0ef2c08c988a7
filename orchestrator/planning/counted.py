"""What was counted of the items of backfills says how long these take, more surely than what AWS tells of their tables."""

from collections.abc import Mapping
from dataclasses import replace

from orchestrator.model import Graph, Preview, Ref, Sample, Wait
from orchestrator.planning.compile import critical_path, waited_for
from orchestrator.planning.task_steps import counted_time


def counted(shown: Preview, samples: Mapping[Ref, Sample], wait: Wait) -> Preview:
    """`shown` with `samples`, and the times that follow from them; `wait` is what a run would wait for."""
    steps = (
        replace(step, estimate=counted_time(step, samples[step.ref])) if step.ref in samples else step
        for step in shown.graph
    )
    shown = replace(shown, graph=Graph(tuple(steps)), samples=samples)
    if not shown.critical_path:
        return shown
    path, total = critical_path(shown.graph if wait == "all" else waited_for(shown.graph))
    return replace(shown, critical_path=path, estimate=total)
