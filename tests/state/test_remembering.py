"""What one run knows of stages that are done, beside what the store says of them."""

from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.model import Plan, Target
from orchestrator.pipeline.memory import Remembering
from orchestrator.sandbox.clock import VirtualClock

STAGES = tuple(Plan("shop", "plan.yaml", "", resources=(), stage=name) for name in ("expand", "contract"))
SHOP = Plan("shop", "plan.yaml", "", resources=(), stages=STAGES)


def remembering(clock: VirtualClock) -> Remembering:
    return Remembering(MemoryStore(), clock, Target("123456789012", "eu-west-1"), (SHOP,), None)


async def test_that_a_stage_is_done_is_news_once(clock: VirtualClock) -> None:
    found = remembering(clock)
    news = [found.passes("shop", stages) for stages in (["a"], ["a"], ["a", "b"], ["a", "b"])]
    assert news == [True, False, True, False], "what is no news is not written again"


async def test_what_a_run_has_seen_to_be_done_stays_so_while_nobody_keeps_it(clock: VirtualClock) -> None:
    found = remembering(clock)
    found.passes("shop", ["a"])
    await found.refresh()
    assert found.past.stages == {"shop": ("a",)}
