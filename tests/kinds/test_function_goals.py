"""Whether live state shows a change as made: what the engine asks before each call and after it."""

from dataclasses import replace
from typing import Any

import pytest

from orchestrator.kinds import KINDS, alias, function
from orchestrator.kinds.function.live import FunctionLive, Unreadable
from orchestrator.model import UNREAD, Blob, Broken, Change, Effect, FromLive, Scope, Text, hide
from tests.kinds.applied import CONTEXT, LEAST, REF, Applied, declared

FULL = {
    **LEAST,
    "memory": 512,
    "environment": {"KEY": "5ec7e7"},
    "tags": {"team": "orders"},
    "layers": ["arn:aws:lambda:eu-west-1:123456789012:layer:tools:1"],
    "architecture": "arm64",
}
LIVE = REF.child("aliases", "live")


def made() -> tuple[Applied, Change, FunctionLive]:
    """A function just made, and the change that made it."""
    account = Applied()
    wanted = declared({**FULL, "aliases": {"live": "published"}})
    change = account.plan(wanted)[0].changes[0]
    account.apply(wanted)
    live = account.look(function.reads(wanted.spec))
    assert live is not None
    return account, change, live


def test_a_creation_shows_when_digest_and_all_that_was_stated_do() -> None:
    """C7."""
    _, change, live = made()
    assert change.effect == "create"
    assert function.reached(change, live)
    assert not function.reached(change, None)
    content = live.content
    others = [
        replace(live, content=replace(content, code="other")),
        replace(live, content=replace(content, memory=128)),
        replace(live, content=replace(content, layers=())),
        replace(live, content=replace(content, architecture="x86_64")),
        replace(live, content=replace(content, environment={"KEY": hide("other")})),
        replace(live, content=replace(content, environment={**content.environment, "MORE": hide("x")})),  # type: ignore[dict-item] # readable here
        replace(live, tags={}),
        replace(live, status=replace(live.status, state="Deleting")),
    ]
    assert [function.reached(change, other) for other in others] == [False] * len(others)
    assert function.reached(change, replace(live, description="not stated"))


def test_a_version_shows_when_it_holds_what_is_live() -> None:
    _, _, live = made()
    publish = Change(REF, "version", None, "published", "create")
    assert function.reached(publish, live)
    assert not function.reached(publish, replace(live, content=replace(live.content, memory=128)))
    assert not function.reached(publish, replace(live, newest=None))
    assert not function.reached(publish, replace(live, newest=UNREAD))


def test_a_deletion_shows_when_the_function_is_gone() -> None:
    _, _, live = made()
    gone = Change(REF, "", REF.name, None, "delete")
    assert function.reached(gone, None)
    assert not function.reached(gone, replace(live, status=replace(live.status, state="Deleting")))


def test_an_alias_shows_by_what_the_plan_states_of_it() -> None:
    _, _, live = made()
    create = Change(LIVE, "", None, {"version": "1", "weights": {}}, "create")
    assert alias.reached(create, live)
    assert not alias.reached(replace(create, after={"version": "2", "weights": {}}), live)
    assert not alias.reached(replace(create, after={"version": "1", "weights": {"2": 0.1}}), live)
    assert not alias.reached(replace(create, ref=REF.child("aliases", "beta")), live)
    assert not alias.reached(create, replace(live, aliases=UNREAD))
    late = Change(LIVE, "version", "0", Text((FromLive(REF, "version"),)), "update")
    assert not alias.reached(late, live)
    assert alias.reached(replace(late, after="1"), live)
    delete = Change(LIVE, "", {}, None, "delete")
    assert not alias.reached(delete, live)
    assert not alias.reached(delete, replace(live, aliases=UNREAD))
    assert alias.reached(delete, replace(live, aliases={}))
    assert alias.reached(delete, None)


@pytest.mark.parametrize(
    ("somebody", "outdated"),
    [
        ({"MemorySize": 1024}, {"memory"}),
        ({"Environment": {"Variables": {"KEY": "other"}}}, {"environment"}),
        ({"Layers": [], "MemorySize": 128}, {"memory", "layers"}),
        ({"Timeout": 77}, set()),  # not stated
    ],
)
def test_what_is_published_must_still_be_what_the_plan_states(somebody: dict[str, Any], outdated: set[str]) -> None:
    """The digest that PublishVersion takes guards only the code."""
    account, wanted = Applied(), declared({**FULL, "publish": True})
    publish = account.plan(wanted)[1][-1]
    account.apply(wanted)
    assert {change.field for change in publish.given} >= {"memory", "environment", "layers", "code", "architecture"}
    account.world.call("UpdateFunctionConfiguration", FunctionName=REF.name, **somebody)
    live = account.look(publish.reads)
    assert {change.field for change in publish.given if not function.reached(change, live)} == outdated


@pytest.mark.parametrize(
    ("section", "field", "after", "effect"),
    [
        ("functions", "", {"memory": 512}, "create"),
        ("functions", "", None, "delete"),
        ("functions", "memory", 512, "update"),
        ("functions", "memory", None, "update"),
        ("functions", "code", Blob(b"zip"), "update"),
        ("functions", "tags", {}, "update"),
        ("functions", "tags", {"team": "a"}, "update"),
        ("functions", "version", "published", "update"),
        ("functions", "last_update", None, "update"),
        ("functions", "unknown", "x", "update"),
        ("aliases", "", {"version": "1", "weights": {}}, "create"),
        ("aliases", "", None, "delete"),
        ("aliases", "version", "1", "update"),
        ("aliases", "version", Text((FromLive(REF, "version"),)), "update"),
        ("aliases", "weights", {"1": 0.5}, "update"),
        ("aliases", "unknown", "x", "update"),
    ],
)
def test_goals_are_total(section: str, field: str, after: Any, effect: Effect) -> None:
    """The engine may ask at any time, whatever was read and whatever is there: nothing is raised."""
    _, _, live = made()
    change = Change(REF if section == "functions" else LIVE, field, None, after, effect)
    blind = replace(live, tags=Unreadable("x"), content=replace(live.content, environment=Unreadable("x")))
    leaving = replace(live, status=replace(live.status, state="Deleting"))
    for seen in (None, live, replace(live, aliases=UNREAD, newest=UNREAD), blind, leaving):
        assert KINDS[section].reached(change, seen) in (True, False)


# --------------------------------------------------------------------------------------------------- failures of Lambda


def test_a_failed_update_ends_its_step_and_the_next_run_mends_it() -> None:
    """C5: the step ends with LastUpdateStatusReason and its code; a fresh update is offered."""
    account, _, _ = made()
    wanted = declared({**FULL, "memory": 1024})
    account.world.rules.fail_next(REF.name, "The KMS key is disabled.", "DisabledKMSKey")
    (step,) = account.plan(wanted)[1]
    account.world.call(step.call.operation, FunctionName=REF.name, MemorySize=1024)  # type: ignore[union-attr] # it has one
    verdict, _ = account.seen(step)
    action = "Enable the KMS key, or name another one with `kms_key`."
    assert verdict == Broken("LastUpdateStatus Failed: The KMS key is disabled.", "DisabledKMSKey", True, action)
    assert account.apply(wanted) == ("UpdateFunctionConfiguration",)
    assert account.plan(wanted)[1] == ()


def test_a_failed_update_that_left_nothing_to_do_is_sent_again() -> None:
    """C5: what a failed update shows proves nothing, so it is only over once an update was Successful."""
    account, _, _ = made()
    account.world.rules.fail_next(REF.name, "No.", "InternalError")
    account.world.call("UpdateFunctionConfiguration", FunctionName=REF.name, MemorySize=1024)
    account.world.wait(10)
    assert account.apply(declared(FULL)) == ("UpdateFunctionCode",)
    assert account.plan(declared(FULL))[1] == ()


def test_a_second_equal_failure_is_told_from_the_first() -> None:
    """An engine that compares what it saw before and after its call must see that something happened."""
    account, _, _ = made()
    seen = []
    for _ in range(2):
        account.world.rules.fail_next(REF.name, "No.", "InternalError")
        account.world.call("UpdateFunctionConfiguration", FunctionName=REF.name, MemorySize=1024)
        account.world.wait(10)
        seen.append(account.look())
    assert function.verdict(seen[0], Scope.WHOLE) == function.verdict(seen[1], Scope.WHOLE)
    assert seen[0] != seen[1]


def test_a_creation_that_failed_is_deleted_by_the_plan_that_says_so() -> None:
    account = Applied()
    account.world.rules.fail_next(REF.name, "No such group.", "InvalidSecurityGroup")
    account.world.create(REF.name)
    account.world.wait(10)
    diff, steps = account.plan(declared(LEAST))
    assert [finding.code for finding in diff.findings] == ["function-failed"]
    assert "No such group. (InvalidSecurityGroup)" in diff.findings[0].message
    assert steps == ()
    assert account.apply(declared("absent")) == ("DeleteFunction",)
    assert account.apply(declared(LEAST)) == ("CreateFunction",)


def test_two_pipelines_one_after_the_other() -> None:
    """C4: the second waits for the first's update, then does what is left."""
    account, _, _ = made()
    account.world.call("UpdateFunctionConfiguration", FunctionName=REF.name, MemorySize=2048)
    assert account.apply(declared({**FULL, "memory": 2048})) == ("wait",)
    account.world.call("UpdateFunctionConfiguration", FunctionName=REF.name, Timeout=60)
    assert account.apply(declared({**FULL, "memory": 1024})) == ("wait", "UpdateFunctionConfiguration")


def test_no_secret_shows_in_what_a_diff_makes() -> None:
    account, _, live = made()
    diff, steps = account.plan(declared({**FULL, "environment": {"KEY": "an0ther"}}))
    shown = repr((live, diff, steps, function.diff(declared(FULL), None, CONTEXT)))
    assert "5ec7e7" not in shown
    assert "an0ther" not in shown


def test_changing_attributes() -> None:
    """What a referrer must not take for known: all of a new function, whatever went before it; else what the changes touch."""
    account = Applied()
    wanted = declared({**LEAST, "publish": True})
    assert account.plan(wanted)[0].changing == {"arn", "code_sha256", "version", "url"}
    assert account.plan(declared(LEAST))[0].changing == {"arn", "code_sha256", "version", "url"}
    account.apply(wanted)
    assert account.plan(wanted)[0].changing == frozenset()
    assert account.plan(declared({**LEAST, "publish": True, "memory": 512}))[0].changing == {"version"}
    assert account.plan(declared({**LEAST, "memory": 512}))[0].changing == frozenset()
    assert account.plan(declared(LEAST, code="two"))[0].changing == {"code_sha256"}


def test_a_plan_that_holds_sends_reads_only() -> None:
    account, _, _ = made()
    account.sent.clear()
    assert account.apply(declared({**FULL, "aliases": {"live": "published"}})) == ()
    reads = {"GetFunction", "ListVersionsByFunction", "ListAliases", "ListProvisionedConcurrencyConfigs"}
    assert {call.operation for call in account.sent} <= reads
