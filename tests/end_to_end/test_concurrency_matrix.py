"""Aliases, SnapStart, reserved and provisioned concurrency bound each other (fact sheet 11.4, 11.8, 11.9, 11.12).

From any state of the four to any other: one run gets there without one refused call, and a second run does nothing. Where
a plan states only some of them and the rest stands in the way, that is told before anything is sent.
"""

import json
import tempfile
from itertools import pairwise, product
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.errors import InvalidPlan
from orchestrator.sandbox.clock import run_virtual
from tests.end_to_end.attachments import ROLE, started, write
from tests.end_to_end.matrix import account
from tests.end_to_end.virtual import VirtualAws

State = dict[str, Any]

SHARED = {"version": "published", "weights": {"1": 0.5}}
ALIASES: dict[str, tuple[Any, ...]] = {
    "live": ("published", "1", "$LATEST", SHARED, "absent"),
    "beta": ("published", "1", "absent"),
}
PRUNED: State = {"aliases": {}, "prune": ["aliases"]}
NAMED = [{"aliases": dict(zip(ALIASES, some, strict=True))} for some in product(*ALIASES.values())]
SNAPSHOTS: list[State] = [{"snap_start": "off"}, {"snap_start": "published_versions"}]
RESERVED: list[State] = [{"reserved_concurrency": value} for value in ("off", 2, 5)]
PROVISIONED: list[State] = [
    {"provisioned_concurrency": {"live": live, "beta": beta}}
    for live, beta in (("off", "off"), (2, "off"), (5, "off"), ("off", 2), (2, 3), (3, 2))
]
AXES = ([PRUNED, *NAMED], SNAPSHOTS, RESERVED, PROVISIONED)


def legal(state: State) -> bool:
    """Whether Lambda takes all of it together."""
    given = {name: one for name, one in state["provisioned_concurrency"].items() if one != "off"}
    versions = [state["aliases"].get(name, "absent") for name in given]
    published = all(version in ("published", "1") for version in versions) and len({*versions}) == len(versions)
    reserved = state["reserved_concurrency"]
    fits = reserved == "off" or sum(given.values()) <= reserved
    return published and fits and not (given and state["snap_start"] != "off")


WHOLE = [state for state in ({**a, **b, **c, **d} for a, b, c, d in product(*AXES)) if legal(state)]
PARTS = st.tuples(*(st.sampled_from([{}, *axis]) for axis in AXES)).map(
    lambda found: {key: value for one in found for key, value in one.items()}
)


def plan(**stated: Any) -> str:
    """JSON is YAML."""
    made = {"runtime": "python3.13", "handler": "app.handler", "role": ROLE, "code": {"directory": "code"}}
    body = {"plan": "any", "policy": {"destructive": "allow"}}
    return json.dumps({**body, "functions": {"api": {**made, "publish": True, **stated}}})


async def two_versions(folder: Path) -> VirtualAws:
    """A function whose newest version is another than version 1."""
    aws = started(folder, account=account())
    await aws.apply(plan())
    write(folder, "2")
    await aws.apply(plan())
    aws.refused.clear()  # a role that is new cannot be assumed at once
    return aws


async def reaches(aws: VirtualAws, text: str) -> None:
    report = await aws.apply(text)
    assert report.exit_code == 0, (text, [step.error for step in report.steps if step.error])
    assert not aws.refused, (text, aws.refused)
    again = await aws.apply(text)
    assert again.outcome == "nothing_to_do", (text, [step.id for step in again.steps])


def walks(*states: State, last: State | None = None) -> None:
    """From one whole state to the next; `last` may be refused, before anything is sent."""

    async def main() -> None:
        with tempfile.TemporaryDirectory() as folder:
            aws = await two_versions(Path(folder))
            for state in states:
                await reaches(aws, plan(**state))
            sent = len(aws.sent)
            try:
                await reaches(aws, plan(**(last or {})))
            except InvalidPlan:
                assert len(aws.sent) == sent

    run_virtual(main)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(WHOLE), min_size=2, max_size=5))
def test_any_state_is_reached_from_any_other_without_a_refusal(states: list[State]) -> None:
    walks(*states)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.sampled_from(WHOLE), PARTS)
def test_what_is_stated_in_part_is_reached_or_refused_before_the_first_call(before: State, after: State) -> None:
    walks(before, last=after)


def test_every_pair_of_these_is_crossed() -> None:
    """Each to each of the states in which the four have most to do with each other, on one account."""
    chosen = [
        whole("published", "absent", 2),
        whole("$LATEST", "absent"),
        whole(SHARED, "absent"),
        whole("published", "absent", snap="published_versions"),
        whole("published", "1", 2, 3, reserved=5),
        whole("1", "published", 3, 2, reserved=5),
        whole("published", "absent", 5, reserved=5),
        whole("absent", "1", "off", 2, reserved=2),
        {**PRUNED, "reserved_concurrency": 2, "snap_start": "off", "provisioned_concurrency": {}},
    ]
    way = around(len(chosen))
    assert {*pairwise(way)} == {(a, b) for a, b in product(range(len(chosen)), repeat=2) if a != b}
    walks(*(chosen[place] for place in way))


def around(places: int) -> list[int]:
    """From each of so many places to each other one, each way once. That each leads to itself every step of a walk shows."""
    way, left = [0], {a: [b for b in range(places) if b != a] for a in range(places)}
    found = list[int]()
    while way:
        if left[way[-1]]:
            way.append(left[way[-1]].pop())
        else:
            found.append(way.pop())
    return found[::-1]


def whole(
    live: Any, beta: Any, of_live: Any = "off", of_beta: Any = "off", *, reserved: Any = "off", snap: str = "off"
) -> State:
    return {
        "aliases": {"live": live, "beta": beta},
        "snap_start": snap,
        "reserved_concurrency": reserved,
        "provisioned_concurrency": {"live": of_live, "beta": of_beta},
    }
