"""The course of plans through their legs, and who waits for whom."""

from collections.abc import Mapping, Sequence

from orchestrator.model import Declared, Plan, Ref
from orchestrator.planning import fingerprint
from orchestrator.planning.courses import Course, begun, ready
from orchestrator.planning.past import Past


def plan(name: str, *stages: str, requires: tuple[str, ...] = ()) -> Plan:
    """Each stage declares a table that is called like it."""
    tables = [Declared(Ref(name, ("tables", stage)), stage, None) for stage in stages]
    legs = tuple(Plan(name, "plan.yaml", "", (table,), stage=table.name, requires=requires) for table in tables)
    return Plan(name, "plan.yaml", "", resources=(), stages=legs, requires=requires)


def names(found: Sequence[Plan]) -> list[tuple[str, str | None]]:
    return [(leg.name, leg.stage) for leg in found]


def digests(whole: Plan, key: bytes) -> tuple[str, ...]:
    return tuple(fingerprint.stage(stage, place, key) for place, stage in enumerate(whole.stages))


def test_a_plan_without_stages_is_one_leg() -> None:
    course = begun([plan("shop")], Past())["shop"]
    assert course.last
    assert course.next == plan("shop")
    course.pass_on()
    assert not ready({"shop": course})
    assert course.passed == ()


def test_stages_are_passed_one_by_one_each_with_its_digest() -> None:
    shop = plan("shop", "expand", "switch")
    course = begun([shop], Past(key=b"k"))["shop"]
    assert (course.next, course.last, course.passed) == (shop.stages[0], False, ())
    course.pass_on()
    assert (course.next, course.last, course.passed) == (shop.stages[1], True, digests(shop, b"k")[:1])


def test_a_plan_goes_on_after_the_last_stage_that_was_done_and_always_looks_at_the_last() -> None:
    shop = plan("shop", "expand", "switch", "contract")
    first, second, third = digests(shop, b"k")
    for done, stage in (
        ((), "expand"),
        ((first,), "switch"),
        ((second,), "contract"),
        ((first, second, third), "contract"),
    ):
        following = begun([shop], Past(key=b"k", stages={"shop": done}))["shop"].next
        assert following is not None
        assert following.stage == stage


def test_a_plan_that_stops_has_nothing_next_and_has_passed_no_more() -> None:
    course = begun([plan("shop", "expand", "switch")], Past())["shop"]
    course.stop()
    assert (course.next, course.last, course.passed) == (None, False, ())


def test_a_plan_waits_until_what_it_requires_is_in_its_last_leg() -> None:
    plans = [plan("api", requires=("base",)), plan("base", "expand", "contract", requires=("keys",)), plan("keys")]
    courses: Mapping[str, Course] = begun(plans, Past())
    assert names(ready(courses)) == [("base", "expand"), ("keys", None)]
    courses["base"].pass_on()
    assert names(ready(courses)) == [("api", None), ("base", "contract"), ("keys", None)]


def test_a_plan_waits_for_what_is_required_by_what_it_requires() -> None:
    plans = [plan("api", requires=("base",)), plan("base", requires=("keys",)), plan("keys", "expand", "contract")]
    courses = begun(plans, Past())
    assert names(ready(courses)) == [("keys", "expand")]
    courses["keys"].pass_on()
    assert names(ready(courses)) == [("api", None), ("base", None), ("keys", "contract")]


def test_nothing_that_requires_a_plan_which_stops_goes_on() -> None:
    courses = begun([plan("api", requires=("base",)), plan("base")], Past())
    courses["base"].stop()
    assert names(ready(courses)) == []


def test_a_stage_that_says_what_an_earlier_one_said_is_its_own() -> None:
    shop = plan("shop", "expand", "switch", "expand")
    first, _, third = digests(shop, b"k")
    assert first != third
    following = begun([shop], Past(key=b"k", stages={"shop": (first,)}))["shop"].next
    assert following is shop.stages[1]
