"""What lets go of something goes before what ends it, whatever the kinds: the compiler only matches what they say of steps."""

from orchestrator.model import Gate, Ref, Step
from orchestrator.planning.draining import drained

WELL = "well"


def step(
    name: str, *, ends: str = "", releases: str = "", only: bool = False, gate: Gate = "start", plan: str = "p"
) -> Step:
    ref = Ref(plan, ("things", name))
    return Step(
        id=f"{ref}:update",
        ref=ref,
        lane=name,
        action="update",
        summary="",
        call=None,
        because=(),
        deadline=1,
        gate=gate,
        ends=frozenset({ends} if ends else ()),
        releases=frozenset({releases} if releases else ()),
        only_releases=only,
    )


def test_what_ends_waits_for_all_that_let_go_of_it() -> None:
    end, one, other = step("end", ends=WELL), step("one", releases=WELL), step("other", releases=WELL)
    stranger, plain = step("stranger", releases="spring"), step("plain")
    found = drained([[end], [one, stranger], [other, plain]])
    assert found.readers(end) == (one.id, other.id)
    assert [found.early(each) for each in (one, other, stranger, plain, end)] == [True, True, False, False, False]
    assert found.ordered([plain, stranger, other]) == (other, plain, stranger)


def test_what_only_lets_go_is_left_out_where_nothing_ends() -> None:
    needless, useful = step("needless", releases=WELL, only=True), step("useful", releases=WELL)
    assert drained([[needless, useful]]).ordered([needless, useful]) == (useful,)
    ending = drained([[needless], [step("end", ends=WELL)]])
    assert ending.ordered([needless]) == (needless,)


def test_it_is_no_background_work_where_what_it_is_for_is_none() -> None:
    late = step("late", releases=WELL, gate="background")
    (kept,) = drained([[late], [step("end", ends=WELL)]]).ordered([late])
    assert kept.gate == "start"
    (kept,) = drained([[late], [step("end", ends=WELL, gate="background")]]).ordered([late])
    assert kept.gate == "background"


def test_another_plan_ends_nothing_of_this_one() -> None:
    end, reader = step("end", ends=WELL, plan="q"), step("reader", releases=WELL)
    found = drained([[end], [reader]])
    assert (found.readers(end), found.early(reader)) == ((), False)
