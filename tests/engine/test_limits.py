"""Request rates, the shared slowdown, slots, and the count of calls."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import anyio
import pytest

from orchestrator.engine.limits import DEFAULT_RATES, Limited, Limits, Rate, Slots, Slowdown, Spacing
from orchestrator.engine.treatment import Situation
from orchestrator.errors import Fault
from orchestrator.model import Call
from orchestrator.sandbox.clock import VirtualClock

DESCRIBE = Call("dynamodb", "DescribeTable", {"TableName": "orders"})


class Obliging:
    """Answers at once, and throttles while told to."""

    def __init__(self, clock: VirtualClock) -> None:
        self.at: list[float] = []
        self.throttling = False
        self.code = "ThrottlingException"
        self._clock = clock

    async def send(self, call: Call) -> Mapping[str, Any]:
        self.at.append(self._clock.now())
        if self.throttling:
            raise Fault(call.service, call.operation, self.code, "Rate exceeded", status=400)
        return {}


async def flood(cloud: Limited, calls: list[Call]) -> None:
    async with anyio.create_task_group() as group:
        for call in calls:
            group.start_soon(cloud.send, call)


def busiest_second(times: list[float]) -> int:
    return max(sum(at <= other < at + 1 for other in times) for at in times)


@pytest.mark.parametrize(
    ("service", "operation", "a_second"),
    [
        ("dynamodb", "DescribeTable", 20),
        ("dynamodb", "ListTagsOfResource", 10),
        ("dynamodb", "DescribeContinuousBackups", 10),
        ("dynamodb", "TagResource", 5),
        ("dynamodb", "UntagResource", 5),
        ("lambda", "GetFunction", 30),
        ("lambda", "UpdateFunctionCode", 10),
        ("lambda", "ListAliases", 10),
    ],
)
async def test_each_api_keeps_to_its_rate(service: str, operation: str, a_second: float, clock: VirtualClock) -> None:
    cloud, calls = Obliging(clock), 300
    began = clock.now()
    await flood(Limited(cloud, clock), [Call(service, operation)] * calls)
    assert len(cloud.at) == calls
    burst = max(row.burst for row in DEFAULT_RATES.values())
    assert (calls - burst - 1) / a_second <= clock.now() - began <= calls / a_second


async def test_all_of_lambda_but_get_function_shares_one_rate_below_the_accounts_fifteen(clock: VirtualClock) -> None:
    """Fact sheet 12.2: 15 a second for everything else together, other teams' deployments included."""
    cloud = Obliging(clock)
    operations = ["UpdateFunctionCode", "PublishVersion", "TagResource", "ListVersionsByFunction"]
    await flood(Limited(cloud, clock), [Call("lambda", operation) for operation in operations * 20])
    assert busiest_second(cloud.at) < 15


async def test_tagging_never_exceeds_five_a_second(clock: VirtualClock) -> None:
    """Fact sheet 4.1: TagResource and UntagResource together, as a hard limit."""
    cloud = Obliging(clock)
    await flood(Limited(cloud, clock), [Call("dynamodb", f"{way}Resource") for way in ("Tag", "Untag")] * 20)
    assert busiest_second(cloud.at) <= 5 + 1  # a window that is closed at both ends holds one more


async def test_rates_can_be_set(clock: VirtualClock) -> None:
    cloud, began = Obliging(clock), clock.now()
    limits = Limits({"dynamodb:DescribeTable": Rate(2)})
    await flood(Limited(cloud, clock, limits), [DESCRIBE] * 11)
    assert clock.now() - began == pytest.approx(5)
    assert limits.polls_per_second("tables") == 2
    assert limits.polls_per_second("functions") == Limits().polls_per_second("functions") == 30


async def test_a_throttle_slows_all_of_the_service_and_is_forgotten(clock: VirtualClock) -> None:
    """The same work takes longer after a throttle, also for other APIs of the service; half a minute later it does not."""
    cloud = Obliging(clock)
    limited = Limited(cloud, clock)

    async def seconds_for_a_hundred() -> float:
        began = clock.now()
        await flood(limited, [DESCRIBE] * 100)
        return clock.now() - began

    usual = await seconds_for_a_hundred()
    await clock.sleep(10)
    cloud.throttling = True
    with pytest.raises(Fault):
        await limited.send(Call("dynamodb", "UpdateTable"))
    cloud.throttling = False
    assert await seconds_for_a_hundred() > 1.3 * usual
    await clock.sleep(60)
    assert await seconds_for_a_hundred() == pytest.approx(usual, rel=0.05)


async def test_a_quota_that_a_change_meets_is_no_throttle(clock: VirtualClock) -> None:
    """LimitExceededException means something else for a describe than for a CreateTable (fact sheet 1.5)."""
    cloud = Obliging(clock)
    cloud.throttling, cloud.code = True, "LimitExceededException"
    limited = Limited(cloud, clock)
    with pytest.raises(Fault):
        await limited.forward(Call("dynamodb", "CreateTable"), Situation("create"))
    cloud.throttling = False
    began = clock.now()
    await flood(limited, [DESCRIBE] * 100)
    assert clock.now() - began == pytest.approx((100 - 10) / 20, abs=0.1)


async def test_each_region_has_rates_of_its_own_and_the_count_is_by_api(clock: VirtualClock) -> None:
    """Fact sheet 4.1, 12.2: limits are per account and Region; a call of the run's own Region names none."""
    cloud, began = Obliging(clock), clock.now()
    limited = Limited(cloud, clock, Limits({"dynamodb:DescribeTable": Rate(2)}))
    calls = [replace(DESCRIBE, region=region) for region in (None, "us-west-2", "eu-central-1")]
    await flood(limited, calls * 11)
    assert clock.now() - began == pytest.approx(5)
    assert limited.calls == {"dynamodb:DescribeTable": 33}


async def test_a_throttle_in_one_region_slows_no_other(clock: VirtualClock) -> None:
    cloud = Obliging(clock)
    limited = Limited(cloud, clock)
    cloud.throttling = True
    with pytest.raises(Fault):
        await limited.send(Call("dynamodb", "UpdateTable", region="us-west-2"))
    cloud.throttling = False

    async def seconds_for_a_hundred(region: str | None) -> float:
        began = clock.now()
        await flood(limited, [replace(DESCRIBE, region=region)] * 100)
        return clock.now() - began

    there, here = await seconds_for_a_hundred("us-west-2"), await seconds_for_a_hundred(None)
    assert here == pytest.approx((100 - 10) / 20, abs=0.1)
    assert there > 1.2 * here


def test_throttles_of_one_second_are_one_signal_and_the_slowdown_has_an_end() -> None:
    slowdown = Slowdown()
    for _ in range(100):
        slowdown.throttled(10.0)
    assert slowdown.factor(10.0) == 2
    for second in range(100):
        slowdown.throttled(11.0 + second)
    assert slowdown.factor(110.0) == Slowdown.MOST
    assert slowdown.factor(1000.0) == 1


def test_a_burst_goes_at_once_and_the_rest_at_the_rate() -> None:
    spacing = Spacing(Rate(10, burst=3))
    assert [round(spacing.delay(100.0), 6) for _ in range(5)] == [0, 0, 0, 0.1, 0.2]


async def test_calls_are_counted_by_api_and_a_limited_cloud_is_not_limited_twice(clock: VirtualClock) -> None:
    limited = Limited(Obliging(clock), clock)
    await flood(limited, [DESCRIBE, DESCRIBE, Call("lambda", "GetFunction")])
    assert limited.calls == {"dynamodb:DescribeTable": 2, "lambda:GetFunction": 1}
    assert Limited.over(limited, clock) is limited


async def test_slots_are_handed_on_in_order_and_taken_once(clock: VirtualClock) -> None:
    slots, order = Slots(1), list[int]()

    async def lane(number: int) -> None:
        slot = slots.slot()
        await slot.take()
        await slot.take()
        order.append(number)
        await clock.sleep(1)
        slot.give_back()
        slot.give_back()

    began = clock.now()
    async with anyio.create_task_group() as group:
        for number in range(4):
            group.start_soon(lane, number)
    assert order == [0, 1, 2, 3]
    assert clock.now() - began == 4
