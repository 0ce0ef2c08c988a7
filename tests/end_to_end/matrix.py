"""Every pair of settings from every starting state: what a plan can change of one thing, and the run that changes two.

A Choice is one setting (or one part that comes or goes) with the forms that a plan can give it; a Start is how the thing is
before, made by a plan and perhaps set in motion by somebody else. `Matrix.part` makes things so, changes both choices
of a pair in one plan, and looks at what was sent, what was refused, and what a second run does.
"""

import json
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, TypeAlias

from orchestrator.errors import Fault, InvalidPlan, Refused
from orchestrator.model import Call, Report, reveal
from orchestrator.ports import Cloud
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Durations
from tests.end_to_end.virtual import READS, VirtualAws

Body: TypeAlias = Mapping[str, Any]

REST = 2 * 3600.0
"""Seconds between making a thing and changing it: past the hour between two changes of time to live (fact sheet, section 3)."""
SEEN = 5.0
"""Seconds after which somebody else's call shows in every read (fact sheet, section 7)."""
EVERY_START = "ORCHESTRATOR_TEST_EVERY_START"
"""The environment variable that asks for every pair from every start."""
WHOLE = frozenset({"code"})
"""What is one value in a plan, although it is written as a map."""
INVALID = 3
"""The exit code of a plan that can't hold."""
TOGETHER = 20
"""How many things are made side by side: making them costs more than changing them."""
SETTLED = 60.0
"""Seconds after which tags and policies show in every read."""
MOVING = SEEN + 3
"""Seconds that a change takes: longer than somebody else's is not seen, and no longer, for all of it is polled through."""


@dataclass(frozen=True)
class Choice:
    """What a plan can change, and the forms it can give it, as parts of a body; the first is what a new thing has."""

    name: str
    forms: tuple[Body, ...]


@dataclass(frozen=True)
class Start:
    """How a thing is before the run.

    `has` is which form of a choice is there (None: none of them), and `stated` whether the plan that makes the thing says so;
    where it does not, the thing is `bare`, or absent. `motion` are the calls that somebody else makes right before the run:
    service, operation, and what they say beside the thing's name; `left` is what that leaves, over what it had.
    """

    name: str
    has: Callable[[Choice], int | None] = lambda choice: 0
    stated: bool = True
    absent: bool = False
    motion: tuple[tuple[str, str, Body], ...] = ()
    left: Body = field(default_factory=dict)

    def had(self, choice: Choice) -> Body:
        """What the plan that makes the thing says of the choice."""
        place = self.has(choice)
        return choice.forms[place] if self.stated and place is not None else {}


Rule: TypeAlias = Callable[[Body, Body], bool]
"""Whether a thing that has this can't be what a plan says of it."""
Pair: TypeAlias = tuple[Choice, Choice]


def by_turns(start: Start, pair: Pair) -> int:
    """Every second pair where nothing moves, and every fourth where somebody else is at work."""
    return 4 if start.motion else 2


def nothing_else(pair: Pair) -> bool:
    """No other matrix has any of the pairs."""
    return False


@dataclass(frozen=True)
class Matrix:
    """All pairs of one section. `needed` is what making a thing takes, `name` the parameter that names a thing in a call.

    `impossible` are the rules of AWS and of the plan language that some pairs break, by the code of the refusal;
    `unforeseeable` the answers that no look beforehand can avoid, with the reason, by operation, code and message. `share`
    is of how many pairs that are like this one, one is run from a start: they take turns, and every pair has one, but for those
    that another matrix has too (`elsewhere`).
    `between` stands between the runs and the account, and raises where a call is sent that must not be, although AWS takes it.
    """

    section: str
    name: str
    needed: Body
    choices: Sequence[Choice]
    starts: Sequence[Start]
    impossible: Mapping[str, Rule]
    unforeseeable: Mapping[tuple[str, str, str], str]
    share: Callable[[Start, Pair], int] = by_turns
    between: Callable[[VirtualAws, Cloud], Cloud] = lambda _, cloud: cloud
    elsewhere: Callable[[Pair], bool] = nothing_else

    @property
    def pairs(self) -> Sequence[Pair]:
        return list(combinations(self.choices, 2))

    def due(self, start: Start) -> Sequence[Pair]:
        """The pairs that are run from a start: those whose turn it is, or on demand all of them."""
        if os.environ.get(EVERY_START):
            return self.pairs
        return [
            pair
            for number, pair in enumerate(self.pairs)
            if self._has_its_turn(number, pair, start) or self._only(number, pair) is start
        ]

    def _has_its_turn(self, number: int, pair: Pair, start: Start) -> bool:
        return (number + self.starts.index(start)) % self.share(start, pair) == 0

    def _only(self, number: int, pair: Pair) -> Start | None:
        """Where a pair is run whose turn comes at no start at which the thing is there and nothing moves: at one of these."""
        settled = [start for start in self.starts if not (start.motion or start.absent)]
        if self.elsewhere(pair) or any(self._has_its_turn(number, pair, start) for start in settled):
            return None
        return settled[number % len(settled)]

    def parts(self) -> list[tuple[Start, Sequence[Pair]]]:
        """All that is run, by starts, in parts of which one account holds the things."""
        return [(start, some) for start in self.starts for some in _portions(self.due(start))]

    async def part(self, aws: VirtualAws, start: Start, pairs: Sequence[Pair]) -> list[str]:
        """Run some pairs, each on a thing of its own; what is wrong with any of them."""
        names, wrong = [f"thing-{number:02d}" for number in range(len(pairs))], list[str]()
        await self._begin(aws, start, names)
        aws.between = lambda cloud: self.between(aws, cloud)
        for name, pair in zip(names, pairs, strict=True):
            await self._move(aws, start, name)
            body = {**(self.needed if start.absent else {}), **merged(self.changed(start, pair))}
            found = [problem async for problem in self._run(aws, start, name, body)]
            wrong += [f"{pair[0].name} + {pair[1].name}: {json.dumps(body)}: {problem}" for problem in found]
        return wrong

    def changed(self, start: Start, pair: Pair) -> list[Body]:
        """Of each of the two a form that the thing does not have; which one goes by the pair and the start.

        Not by the number alone that says whose turn it is: that one would always pick the same.
        """
        turn = self.pairs.index(pair) // self.share(start, pair) + self.starts.index(start)
        forms = list[Body]()
        for choice in pair:
            others = [form for place, form in enumerate(choice.forms) if place != start.has(choice)]
            forms.append(others[turn % len(others)])
            turn //= len(others)
        return forms

    async def _begin(self, aws: VirtualAws, start: Start, names: Sequence[str]) -> None:
        """Make the things: the first as a plan does, the others by the same calls at the same moments."""
        if not start.absent:
            calls = Recorded(aws, names[0])
            aws.between = calls.watch
            report = await aws.apply(self._plan({names[0]: {**self.needed, **self._had(start)}}), wait="all")
            assert report.exit_code == 0, [step.error for step in report.steps]
            aws.between = lambda cloud: cloud
            for name in names[1:]:
                calls.repeat(name)
        await aws.clock.sleep(REST)
        assert [call for call in aws.account.timeline.served if call.foreign and call.code] == []

    async def _move(self, aws: VirtualAws, start: Start, name: str) -> None:
        for service, operation, parameters in start.motion:
            aws.send(service, operation, **{self.name: name, **parameters})
        await aws.clock.sleep(SEEN)

    async def _run(self, aws: VirtualAws, start: Start, name: str, body: Body) -> AsyncIterator[str]:
        """Apply the plan twice; what is wrong with that."""
        text, had = self._plan({name: body}), self._had(start)
        seen, left = self._broken(had, body), self._broken(merged((had, start.left)), body)
        refusal, report = await self._applied(aws, text)
        if seen and not left and refusal <= seen and refusal and not aws.sent:
            # What is seen forbids it, but only until somebody else's change is over.
            await aws.clock.sleep(REST)
            refusal, report = await self._applied(aws, text)
        if left:
            # What shows only once somebody else's change is over is refused when it is planned anew.
            if not (refusal and refusal <= left) if report is None else report.exit_code != INVALID:
                yield f"ended with {report or refusal}, but it breaks {left}"
            if aws.sent:
                yield f"sent {aws.sent} before it was refused"
            return
        if report is None or report.exit_code != 0:
            errors = [(step.id, step.error) for step in report.steps if step.error] if report else refusal
            yield f"ended with {errors}"
        if refused := [fault for fault in aws.refused if not self._excused(fault)]:
            yield f"was refused {refused}"
        await aws.clock.sleep(SETTLED)
        refusal, report = await self._applied(aws, text)
        if report is None or (report.outcome, report.steps, aws.sent) != ("nothing_to_do", (), []):
            yield f"a second run does {[step.id for step in report.steps] if report else refusal}"

    def _excused(self, fault: Fault) -> bool:
        return any(
            (fault.operation, fault.code) == (operation, code) and message in fault.message
            for operation, code, message in self.unforeseeable
        )

    def _had(self, start: Start) -> Body:
        return {} if not start.stated else {**self.needed, **merged(start.had(choice) for choice in self.choices)}

    def _broken(self, had: Body, body: Body) -> set[str]:
        return {code for code, rule in self.impossible.items() if rule(had, body)}

    @staticmethod
    async def _applied(aws: VirtualAws, text: str) -> tuple[set[str], Report | None]:
        """What the plan is refused for before its first call, and what came of it where it is not."""
        aws.sent.clear()
        aws.refused.clear()
        try:
            return set(), await aws.apply(text, wait="all")
        except (InvalidPlan, Refused) as refused:
            return {problem.code for problem in refused.problems}, None

    def _plan(self, things: Body) -> str:
        """JSON is YAML."""
        return json.dumps({"plan": "any", "policy": {"destructive": "allow"}, self.section: things})


def _portions(pairs: Sequence[Pair]) -> list[Sequence[Pair]]:
    return [pairs[place : place + TOGETHER] for place in range(0, len(pairs), TOGETHER)]


class Recorded:
    """A Cloud that keeps what changed a thing, and does the same to others."""

    def __init__(self, aws: VirtualAws, name: str) -> None:
        self._aws = aws
        self._name = name
        self._began = aws.clock.now()
        self._calls: list[tuple[float, Call]] = []

    def watch(self, cloud: Cloud) -> Cloud:
        self._cloud = cloud
        return self

    async def send(self, call: Call) -> Mapping[str, Any]:
        reply = await self._cloud.send(call)
        if not READS.match(call.operation):
            self._calls.append((self._aws.clock.now() - self._began, call))
        return reply

    def repeat(self, name: str) -> None:
        """Let somebody make the calls from now on, of a thing of another name."""
        for after, call in self._calls:
            account = self._aws.account.elsewhere(call.region) if call.region else self._aws.account
            parameters = _renamed(reveal(call.parameters), self._name, name)
            account.schedule(self._aws.clock.now() + after, call.service, call.operation, parameters)


def _renamed(value: Any, old: str, new: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _renamed(inner, old, new) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_renamed(inner, old, new) for inner in value]
    return value.replace(old, new) if isinstance(value, str) else value


def merged(bodies: Iterable[Any]) -> Any:
    """One body that says what all of them say: maps by key, lists together, of anything else the last; of WHOLE the first."""
    result: Any = {}
    for body in bodies:
        if isinstance(result, Mapping) and isinstance(body, Mapping):
            both = {**result, **body}
            result = {key: _together(key, [one[key] for one in (result, body) if key in one]) for key in both}
        elif isinstance(result, list) and isinstance(body, list):
            result = [*result, *(item for item in body if item not in result)]
        else:
            result = body
    return result


def _together(key: str, values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 or key in WHOLE else merged(values)


def account() -> Account:
    """One in which nothing takes long to be waited for, and auto scaling moves nothing in the middle of a run.

    That it may come in between at any time is tested in test_scaling.py.
    """
    quick = Durations(
        auto_scaling=86_400,
        throughput=MOVING,
        flip_to_provisioned=MOVING,
        flip_to_on_demand=MOVING,
        flip_indexes=2,
        stream=MOVING,
        table_class=MOVING,
        table_delete=MOVING,
        warm_throughput=MOVING,
        destination_update=MOVING,
        index_allocate=MOVING,
        index_backfill=MOVING,
        index_delete=MOVING,
        index_throughput=MOVING,
        encryption=MOVING,
        function_update=SEEN + 1,
        vpc_attach=MOVING,
        provisioned_concurrency=MOVING,
        snap_start=MOVING,
        event_source_create=SEEN + 1,
        event_source_update=5,
        event_source_delete=5,
        replica_listed=2,
        replica_described=3,
        replica_create=MOVING,
        replica_update=MOVING,
        replica_delete=MOVING + 4,
        replica_deleting=MOVING,
        replica_gone=3,
        index_elsewhere=3,
    )
    return Account(durations=quick)
