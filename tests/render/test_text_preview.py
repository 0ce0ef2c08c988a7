"""What a reviewer reads in special cases; the ordinary ones are golden files."""

from dataclasses import replace

import pytest

from orchestrator.model import Declared, Finding, Graph, Plan, Ref
from orchestrator.render import PLAIN, View, text
from tests.render import nouns


def last_line(shown: str) -> str:
    return shown.rstrip("\n").splitlines()[-1]


def test_with_errors_the_last_line_says_that_nothing_can_be_applied() -> None:
    error = Finding("error", "key-immutable", "The key cannot be changed in place.")
    shown = text.preview(replace(nouns.NOTHING, findings=(error,)), View(advice="Run it."))
    assert last_line(shown) == "1 error: nothing can be applied before the plan is corrected."
    assert "As planned already" not in shown


def test_what_an_error_keeps_from_being_told_is_named_and_so_is_what_comes_after_it() -> None:
    table, function = (root for root in nouns.PLAN.resources if root.ref in {step.ref.root for step in nouns.STEPS})
    error = Finding(
        "error", "key-immutable", "The key cannot be changed in place.", ref=table.ref.child("indexes", "x")
    )
    others = Graph(tuple(step for step in nouns.STEPS if step.ref.root == function.ref))
    plan = replace(nouns.PLAN, resources=(table, replace(function, needs=frozenset({table.ref}))))
    shown = text.preview(replace(nouns.PREVIEW, plans=(plan,), graph=others, findings=(error,), critical_path=()))
    assert f"{table.ref}: its steps are not shown, for it has an error (below)." in shown
    assert f"after {table.ref}, whose steps are not shown" in shown


def test_with_refusals_the_last_line_says_that_apply_refuses() -> None:
    refusal = Finding("warning", "destructive-refused", "Not allowed.", refuses=True)
    shown = text.preview(replace(nouns.PREVIEW, findings=(refusal,)), View(advice="Run it."))
    assert last_line(shown).endswith("Apply refuses: 1 finding above must be allowed first.")


def test_what_a_start_up_does_not_wait_for_is_marked_and_counted() -> None:
    late = tuple(
        replace(step, gate="background") if step is nouns.CREATE_INDEX else step for step in nouns.PREVIEW.graph
    )
    shown = text.preview(replace(nouns.PREVIEW, graph=Graph(late)))
    (line,) = [line for line in shown.splitlines() if "create index" in line and "UpdateTable" in line]
    assert "  background  " in line
    assert f"A start-up waits for {len(late) - 1} steps, not for the 1 in the background." in shown
    assert last_line(shown).endswith("; 1 destructive; 1 in the background.")
    only = replace(nouns.PREVIEW, graph=Graph((replace(nouns.SETTLE, gate="background"),)), critical_path=())
    assert "A start-up does not wait for the 1 in the background." in text.preview(only)
    assert "background" not in text.preview(nouns.PREVIEW)


def test_a_step_that_aws_takes_only_later_says_when_at_the_earliest() -> None:
    """The second half of another attribute of time to live: the hour is counted from the step before on the lane."""
    later = replace(nouns.BILLING, id="tables.orders:update-ttl-2", needs=(nouns.DROP.id,), pause=3660.0)
    shown = text.preview(replace(nouns.PREVIEW, graph=Graph((nouns.DROP, later)), critical_path=()))
    assert "not before 1h 01m after step 1\n" in shown
    assert "not before" not in text.preview(nouns.PREVIEW)


@pytest.mark.parametrize(("view", "shown"), [(PLAIN, False), (View(requests=True), True)])
def test_requests_are_shown_when_asked_for_with_secrets_hidden(view: View, shown: bool) -> None:
    """Values known later, hidden and binary ones are words in what a person reads."""
    written = text.preview(nouns.PREVIEW, view)
    assert ('"Role": "(known after tables.users)"' in written) is shown
    assert ('"TOKEN": "(hidden)"' in written) is shown
    assert ('"ZipFile": "(zip, 12.3 kB, sha256' in written) is shown
    assert nouns.SECRET not in written


def test_long_words_of_a_step_move_no_column_of_the_others() -> None:
    """Beside them, the call stands on the next line, in its column."""
    words = "set on-demand ceilings: no ceiling for read units, at most 400 write units a second"
    long, short = replace(nouns.BILLING, summary=words), nouns.DROP
    pictured = replace(nouns.PREVIEW, graph=Graph((short, long)), critical_path=())
    lines = text.preview(pictured).splitlines()
    first = next(line for line in lines if short.summary in line)
    number = next(number for number, line in enumerate(lines) if words in line)
    assert lines[number].endswith(words)
    assert lines[number + 1].index("UpdateTable") == first.index("UpdateTable")
    assert not lines[number + 1][: first.index("UpdateTable")].strip()
    assert lines[number + 1].index("about") > lines[number + 1].index("UpdateTable")


def test_a_request_for_another_region_names_it() -> None:
    assert nouns.DROP.call is not None
    abroad = replace(nouns.DROP, call=replace(nouns.DROP.call, region="us-west-2"))
    pictured = replace(nouns.PREVIEW, graph=Graph((abroad, nouns.BILLING)), critical_path=(abroad.id,))
    shown = text.preview(pictured, View(requests=True))
    assert "delete index by_old                     UpdateTable in us-west-2  destructive" in shown
    assert "on_demand, stream on  UpdateTable               about" in shown
    assert " dynamodb:UpdateTable in us-west-2\n" in shown


def test_each_plan_has_its_own_section() -> None:
    other = Plan("users", "plans/users.yaml", "sha256:2", (Declared(Ref("users", ("tables", "all")), "all", None),))
    written = text.preview(replace(nouns.PREVIEW, plans=(nouns.PLAN, other)))
    assert written.index("Plan orders") < written.index("functions.order-events") < written.index("Plan users")
    assert written.index("Plan users") < written.index("As planned already: tables.all")


def test_of_many_unchanged_resources_only_the_number_is_told() -> None:
    resources = tuple(Declared(Ref("orders", ("tables", f"t{n}")), f"t{n}", None) for n in range(1000))
    plan = replace(nouns.PLAN, resources=resources)
    assert "tables.t9 and 990 more" in text.preview(replace(nouns.NOTHING, plans=(plan,)))


def test_a_long_chain_is_cut_in_its_middle() -> None:
    steps = tuple(replace(nouns.SETTLE, id=f"s{n}", needs=()) for n in range(1, 41))
    shown = replace(nouns.PREVIEW, graph=Graph(steps), critical_path=tuple(step.id for step in steps))
    assert "steps 1 > 2 > 3 > 4 > 5 > 6 > 7 > 8 > ... > 33 > 34" in text.preview(shown)


def test_a_forged_line_in_a_description_stays_one_line() -> None:
    plan = replace(nouns.PLAN, description="fine\x1b[1A\rNothing to change.")
    assert "\x1b" not in text.preview(replace(nouns.PREVIEW, plans=(plan,)))


def test_on_a_narrow_terminal_a_step_takes_two_lines() -> None:
    """All steps alike, so that the columns of a page stay columns; no line of a step is broken by the terminal."""
    wide, narrow = (text.preview(nouns.PREVIEW, View(width=width)) for width in (120, 80))
    assert wide == text.preview(nouns.PREVIEW)
    assert (
        "  1  -     delete index by_old\n           UpdateTable  destructive  about 2 min (30 s to 5 min)\n" in narrow
    )
    assert "  5  wait  wait until the function is settled\n           about 60 s (1 s to 10 min)\n" in narrow
