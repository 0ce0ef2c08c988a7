"""Reading live state: within a budget, persistently, and once for all who ask."""

from collections.abc import Mapping
from typing import Any

import anyio
import pytest

from orchestrator.engine.limits import Limited, Limits, Rate
from orchestrator.engine.observe import Observer, observe
from orchestrator.engine.persistence import DURING_A_RUN
from orchestrator.errors import Fault, Unreachable
from orchestrator.model import UNREAD, Call
from orchestrator.sandbox.faults import Faults
from tests.engine.scene import ORDERS, Answer, Scene, Scripted, Watched, function, functions, plan, table, tables


async def test_a_thousand_tables_are_read_neither_all_at_once_nor_one_after_the_other() -> None:
    scene = Scene(latency=0.5)
    cloud = Watched(scene.cloud, scene.clock)
    began = scene.clock.now()
    world = await observe(tables(**{f"t{n:04}": table() for n in range(1000)}), cloud, scene.clock)
    assert len(world) == 1000
    assert set(world.values()) == {None}
    assert 5 < cloud.most_at_once <= 20
    assert 49 < scene.clock.now() - began < 55  # 20 a second; one after the other they would take 500 s
    assert len(cloud.calls) == 1000


async def test_the_budget_can_be_set() -> None:
    scene = Scene(latency=0.5)
    cloud = Watched(scene.cloud, scene.clock)
    limits = Limits({"dynamodb:DescribeTable": Rate(100)}, reads_in_flight=3)
    await observe(tables(**{f"t{n:04}": table() for n in range(30)}), cloud, scene.clock, limits=limits)
    assert cloud.most_at_once == 3


async def test_only_what_the_plan_states_is_read_and_what_is_asked_beyond_it() -> None:
    scene = Scene()
    scene.create_table()
    await scene.clock.sleep(60)
    bare = await observe(tables(orders=table()), scene.cloud, scene.clock)
    more = await observe(tables(orders=table()), scene.cloud, scene.clock, hazards=True)
    assert (bare[ORDERS].pitr, bare[ORDERS].tags) == (UNREAD, UNREAD)
    assert more[ORDERS].pitr is not UNREAD


@pytest.mark.parametrize(
    ("answer", "advice"),
    [
        (Answer("DescribeTable", "AccessDeniedException", "User: x is not authorized"), "Allow"),
        (Answer("DescribeTable", "ExpiredTokenException", "The security token is expired"), "credentials"),
        (Answer("DescribeTable", "NoCredentials", "Unable to locate", status=None, sent=False), "credentials"),
        (Answer("DescribeTable", "SomethingNew", "no idea"), "message"),
    ],
)
async def test_what_may_not_be_read_ends_with_exit_7_and_names_resource_and_call(answer: Answer, advice: str) -> None:
    scene = Scene()
    began = scene.clock.now()
    with pytest.raises(Unreachable) as caught:
        await observe(tables(orders=table(), other=table()), Scripted(scene.cloud, answer), scene.clock)
    (problem,) = caught.value.problems
    assert caught.value.exit_code == 7
    assert problem.where in {f"tables.{name} (dynamodb:DescribeTable)" for name in ("orders", "other")}
    assert answer.message in problem.message
    assert advice in problem.action
    assert scene.clock.now() == began


async def test_an_endpoint_that_nobody_answers_at_is_given_up_soon() -> None:
    scene = Scene()
    silent = Answer("DescribeTable", "EndpointUnreachable", "Could not connect", status=None, sent=False)
    began = scene.clock.now()
    with pytest.raises(Unreachable, match="endpoint"):
        await observe(tables(orders=table()), Scripted(scene.cloud, silent), scene.clock)
    assert 10 < scene.clock.now() - began < 60


async def test_an_endpoint_that_comes_up_late_is_waited_for() -> None:
    scene = Scene()
    starting = Answer("DescribeTable", "EndpointUnreachable", "refused", status=None, sent=False, times=3)
    assert await observe(tables(orders=table()), Scripted(scene.cloud, starting), scene.clock) == {ORDERS: None}


@pytest.mark.parametrize("seed", range(5))
async def test_throttles_errors_and_lost_answers_are_read_through(seed: int) -> None:
    faults = Faults(seed, throttle=0.2, error_before=0.05, drop_after=0.05, unreachable=0.02)
    scene = Scene(faults=faults, seed=seed)
    scene.create_table(Tags=[{"Key": "team", "Value": "a"}])
    await scene.clock.sleep(60)
    body = table(tags={"team": "a"}, ttl="expires_at", point_in_time_recovery=True)
    world = await scene.world(tables(orders=body, **{f"t{n}xx": table() for n in range(50)}))
    assert world[ORDERS].tags == {"team": "a"}
    assert sum(live is None for live in world.values()) == 50


class Slow:
    """Takes a second for each call."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    async def send(self, call: Call) -> Mapping[str, Any]:
        await self._scene.clock.sleep(1)
        return await self._scene.cloud.send(call)


async def settled_observer() -> tuple[Scene, Watched, Observer]:
    scene = Scene()
    scene.create_table()
    await scene.clock.sleep(60)
    cloud = Watched(Slow(scene), scene.clock)
    return scene, cloud, Observer(cloud, scene.clock, lambda: 0.5, tables(orders=table()), {})


async def test_one_read_serves_all_who_ask_meanwhile() -> None:
    _, cloud, observer = await settled_observer()
    seen: list[Any] = []

    async def ask() -> None:
        seen.append(await observer.read(ORDERS, frozenset(), DURING_A_RUN))

    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(ask)
    assert len(cloud.times("DescribeTable")) == 1
    assert {live.name for live in seen} == {"orders"}
    assert observer.latest(ORDERS) is seen[0]


async def test_who_needs_more_aspects_reads_for_itself() -> None:
    _, cloud, observer = await settled_observer()
    async with anyio.create_task_group() as group:
        group.start_soon(observer.read, ORDERS, frozenset(), DURING_A_RUN)
        group.start_soon(observer.read, ORDERS, frozenset({"tags"}), DURING_A_RUN)
    assert len(cloud.times("DescribeTable")) == 2


async def test_where_the_reader_is_cancelled_another_reads_in_its_place() -> None:
    scene, cloud, observer = await settled_observer()
    seen: list[Any] = []

    async def ask() -> None:
        seen.append(await observer.read(ORDERS, frozenset(), DURING_A_RUN))

    async with anyio.create_task_group() as group:
        leader = anyio.CancelScope()

        async def lead() -> None:
            with leader:
                await ask()

        group.start_soon(lead)
        await scene.clock.sleep(0.1)
        group.start_soon(ask)
        group.start_soon(ask)
        await scene.clock.sleep(0.1)
        leader.cancel()
    assert len(seen) == 2
    assert len(cloud.times("DescribeTable")) == 2


async def test_a_fault_goes_to_all_who_asked() -> None:
    scene = Scene()
    cloud = Scripted(Slow(scene), Answer("DescribeTable", "AccessDeniedException"))
    observer = Observer(Limited(cloud, scene.clock), scene.clock, lambda: 0.5, tables(orders=table()), {})
    faults: list[str] = []

    async def ask() -> None:
        try:
            await observer.read(ORDERS, frozenset(), DURING_A_RUN)
        except Fault as fault:
            faults.append(fault.code)

    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(ask)
    assert faults == ["AccessDeniedException"] * 3


async def test_tables_and_functions_are_read_in_one_go() -> None:
    scene = Scene()
    both = plan(*tables(orders=table())[0].resources, *functions(fn=function())[0].resources)
    assert [str(ref) for ref in await scene.world(both)] == ["tables.orders", "functions.fn"]
