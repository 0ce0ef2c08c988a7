"""See that what was made answers (requirement A9)."""

from orchestrator.engine.faults import classify
from orchestrator.engine.persistence import Noted, Persistence, persistently
from orchestrator.engine.run import Run
from orchestrator.engine.treatment import Rule, Situation, Treatment
from orchestrator.errors import Fault
from orchestrator.model import Call, Step


async def probed(run: Run, step: Step, probe: Call, persistence: Persistence, note: Noted) -> tuple[Fault, Rule] | None:
    """Why it does not answer; None where it does. Where that may not be asked, that is told and is no reason."""
    situation = Situation(made=frozenset({(step.ref.section, step.ref.name)}))
    try:
        await persistently(lambda: run.cloud.send(probe), run.clock, run.draw, persistence, note, situation)
    except Fault as fault:
        rule = classify(fault, situation)
        if rule.treatment is not Treatment.DENIED:
            return fault, rule
        message = f"{step.ref} was not tried out: these credentials may not call {fault.title}."
        await run.recorder.record(step.id, "notice", message=message)
    return None
