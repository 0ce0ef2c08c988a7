"""An invocation goes on, with one token, until the function has answered; what it answers is compared and explained."""

import base64
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest

from orchestrator.adapters.journal import MemoryJournal
from orchestrator.engine.executor import Options, execute
from orchestrator.model import Call, Expectation, Graph, Invocation, Preview, Ref, Report, RunRule, Step, Task, Text
from orchestrator.sandbox.faults import Faults, Injection, Script
from orchestrator.sandbox.rules.lambda_.answers import Answer, Context, FunctionFailed
from tests.end_to_end.dying import Dead
from tests.engine.scene import TARGET, Scene, Scripted, function, functions, outcomes
from tests.engine.scene import Answer as Scene_Answer
from tests.engine.tasks.once_only import Killed, Mortal, Remembered

WARM = Ref("shop", ("tasks", "warm"))
FN = Ref("shop", ("functions", "fn"))
SECRET = Text(("hunter2",), hidden=True)
PLANS = functions(fn=function())


class Invoked:
    """One account with the function `fn`, which keeps what it is given and answers as it is told."""

    def __init__(self, answer: Answer = lambda given, context: given, faults: Faults | None = None) -> None:
        self.scene = Scene(faults=faults)
        self.given: list[tuple[Any, Context]] = []
        self.answer = answer
        self.memory = Remembered()
        self._runs = 0

    async def run(
        self, given: Any = '{"warm": true}', run: RunRule = "once", *, cloud: Any = None, **expected: Any
    ) -> Report:
        """One run of the task, with the parameters that the plan gives it."""
        parameters = {"FunctionName": "fn", "InvocationType": "RequestResponse", "Payload": given}
        return await self.call(Invocation(Call("lambda", "Invoke", parameters), Expectation(**expected)), run, cloud)

    async def call(self, work: Invocation, run: RunRule = "once", cloud: Any = None) -> Report:
        self._runs += 1
        if self._runs == 1:
            await self.scene.settled(PLANS)
            self.scene.account.lambda_.answers("fn", self._answers)
        world = await self.scene.world(PLANS)
        task = Task(WARM, work, run, acts_on={FN: "fn"})
        step = Step(f"{WARM}:run", WARM, task.lane, "run", "Warm.", work.call, (), 900, task=task)
        return await execute(
            Preview(PLANS, TARGET, Graph((step,))),
            world,
            cloud or self.scene.cloud,
            self.scene.clock,
            MemoryJournal(),
            Options(),
            listeners=[self.scene.events.append],
            run=f"R{self._runs}",
            draw=self.scene.draw,
            memory=self.memory,
        )

    def _answers(self, given: Any, context: Context) -> Any:
        self.given.append((given, context))
        return self.answer(given, context)

    @property
    def tokens(self) -> list[str]:
        return [context.client["custom"]["orchestrator_token"] for _, context in self.given]


def error(report: Report) -> Mapping[str, str]:
    (step,) = report.steps
    assert step.error is not None, report
    return step.error


async def test_a_function_is_invoked_once_with_its_payload_and_a_token() -> None:
    invoked = Invoked()
    assert (await invoked.run(status=200, payload={"warm": True})).exit_code == 0
    assert (await invoked.run(status=200, payload={"warm": True})).steps[0].outcome == "already_in_place"
    ((given, context),) = invoked.given
    assert given == {"warm": True}
    assert len(context.client["custom"]["orchestrator_token"]) == 32


@pytest.mark.parametrize("injection", [Injection.DROP_AFTER, Injection.ERROR_AFTER, Injection.THROTTLE])
async def test_an_invocation_whose_answer_is_lost_is_sent_again_with_its_token(injection: Injection) -> None:
    invoked = Invoked(faults=Faults(scripts=[Script("lambda:Invoke", 1, injection)]))
    assert (await invoked.run()).exit_code == 0
    assert len(invoked.given) == (2 if injection.takes_effect else 1)
    assert len(set(invoked.tokens)) == 1


@pytest.mark.parametrize(
    ("code", "status"),
    [("ResourceNotReadyException", 502), ("SnapStartNotReadyException", 409), ("EC2ThrottledException", 502)],
)
async def test_a_function_that_is_being_brought_back_is_waited_for(code: str, status: int) -> None:
    invoked = Invoked()
    cloud = Scripted(invoked.scene.cloud, Scene_Answer("Invoke", code, status=status, times=3))
    assert (await invoked.run(cloud=cloud)).exit_code == 0
    assert len(invoked.given) == 1


async def test_what_was_killed_anywhere_goes_on_with_the_same_token() -> None:
    for at in range(1, 20):
        invoked = Invoked()
        mortal = invoked.memory.mortal = Mortal(at)
        with suppress(Dead, BaseExceptionGroup):
            await invoked.run(cloud=Killed(invoked.scene.cloud, mortal))
        invoked.memory.mortal = Mortal()
        assert outcomes(await invoked.run())["tasks.warm:run"] in ("done", "already_in_place")
        assert 1 <= len(invoked.given) <= 2
        assert len(set(invoked.tokens)) == 1
        if mortal.moves < at:
            return
    pytest.fail("it never came to its end")


async def test_each_invocation_of_a_task_that_is_always_done_has_a_token_of_its_own() -> None:
    invoked = Invoked()
    for _ in range(3):
        assert (await invoked.run(run="always")).exit_code == 0
    assert len(set(invoked.tokens)) == 3


async def test_an_error_of_the_function_is_told_with_the_end_of_its_log() -> None:
    def fails(given: Any, context: Context) -> Any:
        raise FunctionFailed("KeyError", "no such order; pin is hunter2")

    invoked = Invoked(fails)
    report = await invoked.run(Text(('{"pin":"hunter2"}',), hidden=True))
    told = error(report)
    assert told["code"] == "function-error"
    first, second, *tail = told["message"].splitlines()
    assert first == "The function failed (Unhandled): KeyError: no such order; pin is (hidden)"
    assert second == "The end of its log:"
    assert any("[ERROR] KeyError: no such order; pin is (hidden)" in line for line in tail)
    assert "hunter2" not in str(report) + str(invoked.scene.events) + str(invoked.memory.parts)


async def test_of_a_long_log_only_the_end_is_told() -> None:
    log = base64.b64encode("\n".join(f"line {number}" for number in range(100)).encode()).decode()

    class Long:
        async def send(self, call: Call) -> Mapping[str, Any]:
            if call.operation != "Invoke":
                return await invoked.scene.cloud.send(call)
            assert call.parameters["LogType"] == "Tail"
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": b'"x"', "LogResult": log}

    invoked = Invoked()
    lines = error(await invoked.run(cloud=Long()))["message"].splitlines()
    assert lines[2:] == [f"line {number}" for number in range(80, 100)]


async def test_after_an_error_of_the_function_the_next_run_invokes_it_again_with_the_same_token() -> None:
    def fails(given: Any, context: Context) -> Any:
        raise FunctionFailed("Timeout", "too slow")

    invoked = Invoked(fails)
    assert (await invoked.run()).exit_code == 1
    invoked.answer = lambda given, context: given
    assert (await invoked.run()).exit_code == 0
    assert len(set(invoked.tokens)) == 1


@pytest.mark.parametrize(
    ("wanted", "answered", "line"),
    [
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3], "c": 0}}, "payload.a.b[1]: wanted 2, found 3"),
        ({"a": True}, {"a": 1}, "payload.a: wanted true, found 1"),
        ({"a": "x"}, {}, 'payload.a: wanted "x", found nothing'),
        ([1], [1, 2], "payload: wanted [1], found [1, 2]"),
        ({"a": SECRET}, {"a": "hunter3"}, "payload.a: wanted (hidden), found something else"),
        (
            {"a": "x", "b": SECRET},
            {"a": "hunter2", "b": "hunter2"},
            'payload.a: wanted "x", found "(hidden)"',
        ),
    ],
)
async def test_what_is_not_answered_as_expected_is_told_by_its_path(wanted: Any, answered: Any, line: str) -> None:
    invoked = Invoked(lambda given, context: answered)
    told = error(await invoked.run(payload=wanted, status=200))
    assert told["code"] == "unexpected-answer"
    assert told["message"].splitlines()[1:] == [line]


@pytest.mark.parametrize(("wanted", "answered"), [({"a": 1}, {"a": 1.0, "b": 2}), ({"a": SECRET}, {"a": "hunter2"})])
async def test_what_is_answered_may_say_more(wanted: Any, answered: Any) -> None:
    assert (await Invoked(lambda given, context: answered).run(payload=wanted)).exit_code == 0


async def test_nobody_waits_for_an_event_and_no_token_goes_with_it() -> None:
    invoked = Invoked()
    parameters = {"FunctionName": "fn", "InvocationType": "Event", "Payload": "{}"}
    work = Invocation(Call("lambda", "Invoke", parameters), Expectation(202))
    assert (await invoked.call(work)).exit_code == 0
    ((_, context),) = invoked.given
    assert context.asynchronous
    assert context.client is None
