"""The dry run of backfills: some items of their tables are read, and nothing is changed."""

from collections.abc import Mapping

from orchestrator.engine.pacing import CHANCE
from orchestrator.engine.persistence import BEFORE_A_RUN, Persistent, unnoted
from orchestrator.engine.redaction import forms, redacted
from orchestrator.engine.tasks.sampling import counted
from orchestrator.errors import Fault
from orchestrator.kinds import is_there
from orchestrator.model import Backfill, Finding, Preview, Ref, Sample, World, unknown
from orchestrator.pipeline.opening import Opened
from orchestrator.planning import table_keys

MOST_ITEMS = 10_000
"""Read of each table: 10 MB or so, some 2,500 read units where items have 1 kB."""


async def samples(run: Opened, shown: Preview, world: World) -> tuple[Mapping[Ref, Sample], tuple[Finding, ...]]:
    """What each backfill that is due would change of the items that are there now, and which can't be counted, and why."""
    cloud = Persistent(run.cloud, run.clock, CHANCE, BEFORE_A_RUN, unnoted)
    found: dict[Ref, Sample] = {}
    told: list[Finding] = []
    for step in shown.graph:
        if step.task is None or not isinstance(step.work, Backfill):
            continue
        (table,) = step.task.acts_on
        try:
            why = _uncountable(step.work, table, shown, world)
            if not why:
                keys = list(table_keys.live(table, world) or ())
                found[step.ref] = await counted(cloud, step.work, keys, MOST_ITEMS)
        except Fault as refusal:
            fault = redacted(refusal, forms(step.work.stated))
            why = f"its table can't be read ({fault.title}: {fault.message.rstrip('.') or fault.code})"
        if why:
            message = f"What {step.ref} would change is not counted: {why}."
            told.append(Finding("notice", "not-counted", message, "", step.ref))
    return found, tuple(told)


def _uncountable(work: Backfill, table: Ref, shown: Preview, world: World) -> str:
    """Why there is nothing to count, empty where there is."""
    made = any(change.comes and change.ref == table for other in shown.graph for change in other.because)
    if made or not is_there(table, world[table]):
        return f"{table} is yet to be made"
    return "a value in it is known only while running" if unknown(work.stated) else ""
