"""Gates in whole runs: what a start-up waits for, what goes on behind it, and how later runs go on from there."""

from pathlib import Path

import anyio
import pytest

from orchestrator import pipeline
from orchestrator.model import Event, Report
from tests.end_to_end.virtual import VirtualAws
from tests.engine.scene import Answer, Scripted, outcome, outcomes

pytestmark = pytest.mark.virtual

BY_A, BY_B = "tables.orders.indexes.by_a:create", "tables.orders.indexes.by_b:create"
WAIT = "tables.orders:wait"
HOUR = 3600
BUILD = 420
"""Seconds that an index takes in the simulated account."""


def orders(**settings: str) -> str:
    """A plan with one on-demand table."""
    lines = "".join(f"    {key}: {value}\n" for key, value in settings.items())
    return f"plan: shop\ntables:\n  orders:\n    partition_key: {{id: S}}\n    billing: on_demand\n{lines}"


def indexes(**more: str) -> str:
    """Index `by_x` on attribute x; `more` is what its body says beside."""
    bodies = [f"{name}: {{partition_key: {{{name[3:]}: S}}{text and ', '}{text}}}" for name, text in more.items()]
    return f"{{{', '.join(bodies)}}}"


BACKGROUND = "gate: background"
MARKS = {"BillingMode", "GlobalSecondaryIndexUpdates"}
TWO = indexes(by_a=BACKGROUND, by_b=BACKGROUND)


@pytest.fixture
async def aws(tmp_path: Path) -> VirtualAws:
    """An account in which the table is there, without any index."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text("def handler(event, context): ...\n")
    aws = VirtualAws(tmp_path)
    assert (await aws.apply(orders())).exit_code == 0
    await aws.clock.sleep(60)
    aws.events.clear()
    return aws


def quiet(aws: VirtualAws) -> bool:
    return not aws.account.timeline.refused_in_transition and not aws.account.timeline.clashes()


def ended(report: Report) -> tuple[int, str, list[str], tuple[str, ...]]:
    return report.exit_code, report.outcome, [str(one.ref) for one in report.still_running], report.queued


async def test_two_background_indexes_the_first_is_issued_the_second_queued(aws: VirtualAws) -> None:
    began = aws.clock.now()
    report = await aws.apply(orders(indexes=TWO, stream="new_image"))
    assert ended(report) == (0, "succeeded", ["tables.orders.indexes.by_a"], (BY_B,))
    assert outcomes(report) == {"tables.orders:update-stream": "done", BY_A: "in_progress", BY_B: "not_run"}
    assert report.still_running[0].gate == "background"
    assert "index by_a CREATING" in report.still_running[0].status
    assert began <= report.still_running[0].since <= report.finished
    assert aws.clock.now() - began < 60
    assert quiet(aws)


async def test_later_runs_adopt_what_is_under_way_and_issue_the_next(aws: VirtualAws) -> None:
    plan = orders(indexes=TWO)
    await aws.apply(plan)
    began, calls = aws.clock.now(), aws.account.timeline.calls["dynamodb:UpdateTable"]
    second = await aws.apply(plan)
    assert ended(second) == (0, "succeeded", ["tables.orders"], (BY_B,))
    assert outcomes(second) == {WAIT: "in_progress", BY_B: "not_run"}
    assert "index by_a CREATING" in second.still_running[0].status
    assert aws.clock.now() - began < 10
    assert aws.account.timeline.calls["dynamodb:UpdateTable"] == calls
    await aws.clock.sleep(BUILD + 60)
    third = await aws.apply(plan)
    assert ended(third) == (0, "succeeded", ["tables.orders.indexes.by_b"], ())
    await aws.clock.sleep(BUILD + 60)
    assert (await aws.apply(plan)).outcome == "nothing_to_do"
    assert aws.account.timeline.calls["dynamodb:UpdateTable"] == 2
    assert quiet(aws)


async def test_what_a_later_look_shows_to_be_done_runs_no_more(aws: VirtualAws) -> None:
    """Another table takes so long that the index in the background is there by the run's end."""
    report = await aws.apply(
        orders(indexes=indexes(by_a=BACKGROUND))
        + "  slow:\n    partition_key: {id: S}\n    indexes: {by_b: {partition_key: {b: S}}}\n",
    )
    assert outcomes(report)[BY_A] == "in_progress"
    text = orders(indexes=TWO) + "  slow:\n    partition_key: {id: S}\n    indexes: {by_c: {partition_key: {c: S}}}\n"
    await aws.clock.sleep(BUILD / 2)
    report = await aws.apply(text)
    assert report.exit_code == 0
    assert outcomes(report)[WAIT] == "done"
    assert "tables.orders" not in [str(one.ref) for one in report.still_running]


SLOW = "  slow:\n    partition_key: {id: S}\n    indexes: {by_c: {partition_key: {c: S}}}\n"
OURS = {"IndexName": "by_b", "KeySchema": [{"AttributeName": "b", "KeyType": "HASH"}]}
THEIR_INDEX = {
    "TableName": "orders",
    "AttributeDefinitions": [{"AttributeName": "b", "AttributeType": "S"}],
    "GlobalSecondaryIndexUpdates": [{"Create": {**OURS, "Projection": {"ProjectionType": "ALL"}}}],
}


async def test_an_index_that_is_there_runs_no_more_though_another_pipeline_builds_the_next(aws: VirtualAws) -> None:
    """It is told by its own status, and asked a query as any new index (requirement A9)."""
    await aws.apply(orders() + SLOW.partition("    indexes")[0])
    await aws.clock.sleep(60)
    aws.account.schedule(aws.clock.now() + BUILD + 60, "dynamodb", "UpdateTable", THEIR_INDEX)
    report = await aws.apply(orders(indexes=TWO) + SLOW.replace("by_c: {", "by_d: {partition_key: {d: S}}, by_c: {"))
    assert outcomes(report)[BY_A] == "done"
    assert [str(one.ref) for one in report.still_running] == []
    assert aws.account.timeline.calls["dynamodb:Query"] == 3


async def test_an_index_that_does_not_answer_is_not_told_to_be_done(aws: VirtualAws) -> None:
    await aws.apply(orders() + SLOW.partition("    indexes")[0])
    await aws.clock.sleep(60)
    aws.between = lambda cloud: Scripted(cloud, Answer("Query", "ValidationException", "no", of="orders"))
    report = await aws.apply(orders(indexes=TWO) + SLOW.replace("by_c: {", "by_d: {partition_key: {d: S}}, by_c: {"))
    assert (report.exit_code, outcomes(report)[BY_A]) == (0, "in_progress")
    assert [str(one.ref) for one in report.still_running] == ["tables.orders.indexes.by_a"]


async def test_wait_all_waits_for_everything(aws: VirtualAws) -> None:
    report = await aws.apply(orders(indexes=TWO), wait="all")
    assert (report.exit_code, set(outcomes(report).values())) == (0, {"done"})
    assert quiet(aws)


async def test_wait_all_adopts_too(aws: VirtualAws) -> None:
    await aws.apply(orders(indexes=TWO))
    report = await aws.apply(orders(indexes=TWO), wait="all")
    assert outcomes(report) == {WAIT: "done", BY_B: "done"}


async def test_a_deadline_with_only_background_work_left_is_in_progress_only_where_that_was_waited_for(
    aws: VirtualAws,
) -> None:
    report = await aws.apply(orders(indexes=TWO), wait="all", deadline=60)
    assert ended(report) == (6, "in_progress", ["tables.orders.indexes.by_a"], (BY_B,))
    report = await aws.apply(orders(indexes=TWO), wait="gate", deadline=60)
    assert report.exit_code == 0


async def test_start_work_that_is_left_is_exit_6_whatever_runs_behind_it(aws: VirtualAws) -> None:
    text = orders(indexes=indexes(by_a="", by_b=BACKGROUND))
    report = await aws.apply(text, deadline=60)
    assert ended(report) == (6, "in_progress", ["tables.orders.indexes.by_a"], (BY_B,))


async def test_a_start_index_is_waited_for_and_goes_before_one_in_the_background(aws: VirtualAws) -> None:
    report = await aws.apply(orders(indexes=indexes(by_a=BACKGROUND, by_b="")))
    assert [step.id for step in report.steps] == [BY_B, BY_A]
    assert outcomes(report) == {BY_B: "done", BY_A: "in_progress"}
    assert quiet(aws)


async def test_other_operations_need_not_wait_for_a_background_index(aws: VirtualAws) -> None:
    await aws.apply(orders(indexes=TWO))
    await aws.clock.sleep(30)
    began = aws.clock.now()
    report = await aws.apply(orders(indexes=TWO, ttl="expires_at", tags="{team: orders}"))
    assert [step.id for step in report.steps] == ["tables.orders:update-ttl", "tables.orders:update-tags", WAIT, BY_B]
    assert list(outcomes(report).values()) == ["done", "done", "in_progress", "not_run"]
    assert report.exit_code == 0
    assert aws.clock.now() - began < 30
    assert quiet(aws)


@pytest.mark.parametrize(
    ("more", "held"),
    [({}, False), ({"deletion_protection": "true"}, True)],
    ids=["nothing else", "and what waits for the index"],
)
async def test_what_a_replica_has_of_its_own_waits_for_no_background_index(
    aws: VirtualAws, more: dict[str, str], *, held: bool
) -> None:
    """Tags and recovery are calls of other operations than UpdateTable in the replica's Region as they are here."""
    await aws.apply(orders(replicas="{us-west-2: {}}"))
    await aws.clock.sleep(HOUR)
    await aws.apply(orders(replicas="{us-west-2: {}}", indexes=indexes(by_a=BACKGROUND)))
    await aws.clock.sleep(30)
    west, began = "tables.orders.replicas.us-west-2", aws.clock.now()
    own = "{us-west-2: {tags: {team: orders}, point_in_time_recovery: true}}"
    report = await aws.apply(orders(replicas=own, indexes=indexes(by_a=BACKGROUND), **more))
    ahead = [f"{west}:update-point_in_time_recovery", f"{west}:update-tags"]
    assert [step.id for step in report.steps][:3] == [*ahead, WAIT]
    assert outcomes(report)[WAIT] == ("done" if held else "in_progress")
    assert {outcomes(report)[step] for step in ahead} == {"done"}
    assert (report.exit_code, aws.clock.now() - began > 60) == (0, held)
    assert quiet(aws)


async def test_what_a_new_replica_has_of_its_own_comes_after_it(aws: VirtualAws) -> None:
    await aws.apply(orders(indexes=indexes(by_a=BACKGROUND)))
    text = orders(replicas="{us-west-2: {tags: {team: orders}}}", indexes=indexes(by_a=BACKGROUND))
    report = await aws.apply(text)
    west = "tables.orders.replicas.us-west-2"
    steps = [step.id for step in report.steps]
    assert steps.index(WAIT) < steps.index(f"{west}:create") < steps.index(f"{west}:update-tags")
    assert report.exit_code == 0


async def test_an_update_table_that_a_start_up_waits_for_waits_for_a_background_index(aws: VirtualAws) -> None:
    """And what needs no wait is done before it."""
    await aws.apply(orders(indexes=TWO))
    report = await aws.apply(orders(indexes=TWO, ttl="expires_at", stream="new_image"))
    assert [step.id for step in report.steps] == [
        "tables.orders:update-ttl",
        WAIT,
        "tables.orders:update-stream",
        BY_B,
    ]
    assert list(outcomes(report).values()) == ["done", "done", "done", "in_progress"]
    assert aws.account.timeline.served[-1].at - aws.events[0].at > BUILD
    assert quiet(aws)


async def test_indexes_of_a_new_table_come_with_it_whatever_their_gate(aws: VirtualAws) -> None:
    text = orders(indexes=TWO).replace("  orders:\n", "  others:\n")
    report = await aws.apply(text)
    assert outcomes(report) == {"tables.others:create": "done"}


async def test_an_index_made_anew_in_the_background_is_deleted_in_one_run_and_made_in_a_later_one(
    aws: VirtualAws,
) -> None:
    await aws.apply(orders(indexes=indexes(by_a="")), wait="all")
    text = orders(indexes=indexes(by_a=f"sort_key: {{at: N}}, replace: recreate, {BACKGROUND}"), tags="{a: b}")
    delete = "tables.orders.indexes.by_a:delete"
    report = await aws.apply(text, allow_destructive=True)
    assert outcomes(report) == {"tables.orders:update-tags": "done", delete: "in_progress", BY_A: "not_run"}
    assert report.exit_code == 0
    report = await aws.apply(text, allow_destructive=True)
    assert (report.exit_code, outcomes(report)) == (0, {WAIT: "in_progress", BY_A: "not_run"})
    await aws.clock.sleep(300)
    assert outcomes(await aws.apply(text)) == {BY_A: "in_progress"}
    await aws.clock.sleep(BUILD + 60)
    assert (await aws.apply(text)).outcome == "nothing_to_do"
    assert quiet(aws)


async def test_a_table_in_the_background_is_made_and_left(aws: VirtualAws) -> None:
    text = orders(gate="background", ttl="at", tags="{a: b}").replace("  orders:\n", "  others:\n")
    report = await aws.apply(text)
    assert report.exit_code == 0
    assert outcomes(report) == {"tables.others:create": "in_progress", "tables.others:update-ttl": "not_run"}
    await aws.clock.sleep(60)
    assert outcomes(await aws.apply(text)) == {"tables.others:update-ttl": "done"}


FUNCTION = """\
functions:
  api:
    runtime: python3.13
    handler: app.handler
    role: arn:aws:iam::123456789012:role/r
    code: {directory: code}
"""


async def test_a_function_waits_for_a_table_without_its_background_index(aws: VirtualAws) -> None:
    report = await aws.apply(orders(indexes=TWO) + FUNCTION + "    after: [tables.orders]\n")
    assert outcomes(report) == {BY_A: "in_progress", BY_B: "not_run", "functions.api:create": "done"}
    assert report.exit_code == 0


async def test_a_function_in_the_background_waits_for_what_it_names_there(aws: VirtualAws) -> None:
    text = orders(indexes=TWO) + FUNCTION + f"    {BACKGROUND}\n    after: [tables.orders.indexes.by_a]\n"
    report = await aws.apply(text)
    assert outcomes(report)["functions.api:create"] == "not_run"
    assert (report.exit_code, report.queued) == (0, (BY_B, "functions.api:create"))
    assert set(outcomes(await aws.apply(text, wait="all")).values()) == {"done"}


async def test_somebody_elses_background_index_is_waited_for_like_ours(aws: VirtualAws) -> None:
    """It counts as background work by the plan's gate, whoever began it."""
    index = {"IndexName": "by_a", "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}]}
    aws.send(
        "dynamodb",
        "UpdateTable",
        TableName="orders",
        AttributeDefinitions=[{"AttributeName": "a", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": {**index, "Projection": {"ProjectionType": "ALL"}}}],
    )
    await aws.clock.sleep(10)
    report = await aws.apply(orders(indexes=TWO))
    assert ended(report) == (0, "succeeded", ["tables.orders"], (BY_B,))
    text = orders(indexes=indexes(by_a="", by_b=BACKGROUND))
    assert outcomes(await aws.apply(text)) == {WAIT: "done", BY_B: "in_progress"}


# ---------------------------------------------------------------------------------------------------------------- wait


async def test_wait_ends_when_only_background_work_is_left(aws: VirtualAws) -> None:
    text = orders(indexes=TWO, stream="new_image")
    began = aws.clock.now()
    async with anyio.create_task_group() as group:
        group.start_soon(aws.apply, text)
        waited = await aws.wait(text)
        assert aws.clock.now() - began < 60
    assert [line.gate for line in waited.lines] == ["background"]
    waited = await aws.wait(text)
    assert (waited.exit_code, waited.outcome) == (0, "succeeded")
    (line,) = waited.lines
    assert (line.state, line.gate) == ("in_transition", "background")
    assert {part.ref.name: (part.state, part.gate) for part in line.parts} == {
        "by_a": ("in_transition", "background"),
        "by_b": ("pending_change", "background"),
    }
    assert waited.pending == (line,)


async def test_wait_all_waits_for_background_work_too(aws: VirtualAws) -> None:
    text = orders(indexes=indexes(by_a=BACKGROUND))
    await aws.apply(text)
    began = aws.clock.now()
    waited = await aws.wait(text, wait="all")
    assert (waited.exit_code, waited.pending) == (0, ())
    assert aws.clock.now() - began > BUILD / 2


async def test_wait_all_gives_up_on_background_work_at_its_deadline(aws: VirtualAws) -> None:
    waited = await aws.wait(orders(indexes=TWO), wait="all", deadline=30)
    assert waited.exit_code == 6


# ---------------------------------------------------------------------------------------------- what AWS rations by time


async def test_a_ttl_change_that_comes_too_early_is_left_and_all_else_is_done(aws: VirtualAws) -> None:
    await aws.apply(orders(ttl="first"))
    began = aws.clock.now()
    text = orders(ttl="off", tags="{a: b}", stream="new_image") + FUNCTION + "    after: [tables.orders]\n"
    report = await aws.apply(text)
    ttl = outcome(report, "tables.orders:update-ttl")
    assert (report.exit_code, report.outcome, report.queued) == (6, "in_progress", ("tables.orders:update-ttl",))
    assert ttl.error is not None
    assert "Possible again at the latest at 2026-01-01 01:0" in ttl.error["message"]
    assert {one for step, one in outcomes(report).items() if step != ttl.id} == {"done"}
    assert aws.clock.now() - began < 60
    assert aws.account.timeline.calls["dynamodb:UpdateTimeToLive"] == 2
    await aws.clock.sleep(HOUR)
    assert outcomes(await aws.apply(text)) == {"tables.orders:update-ttl": "done"}


async def test_with_wait_all_it_is_waited_for(aws: VirtualAws) -> None:
    await aws.apply(orders(ttl="first"))
    began = aws.clock.now()
    report = await aws.apply(orders(ttl="off"), wait="all")
    assert (report.exit_code, outcomes(report)) == (0, {"tables.orders:update-ttl": "done"})
    assert 3000 < aws.clock.now() - began < 4300


async def test_the_second_half_of_a_ttl_change_holds_no_start_up(aws: VirtualAws) -> None:
    """Live state does not tell when the first half was: where apply ends with 0, wait does, and lists it."""
    await aws.apply(orders(ttl="first"))
    await aws.clock.sleep(2 * HOUR)
    text = orders(ttl="second")
    assert (await aws.apply(text)).exit_code == 0
    assert (await aws.apply(text)).exit_code == 0, "asked for once more within the hour"
    waited = await aws.wait(text, deadline=30)
    assert waited.exit_code == 0
    assert [(line.state, line.gate) for line in waited.pending] == [("pending_change", "background")]
    assert (await aws.wait(text, wait="all", deadline=30)).exit_code == 6


@pytest.mark.parametrize("after", ["second", "off"])
async def test_time_to_live_that_can_not_be_turned_off_yet_holds_a_start_up(aws: VirtualAws, after: str) -> None:
    """Plan language, Gates: only the second half of a change of the attribute is background work."""
    await aws.apply(orders(ttl="first"))
    await aws.clock.sleep(60)
    text = orders(ttl=after)
    report = await aws.apply(text)
    assert (report.exit_code, report.outcome, set(outcomes(report).values())) == (6, "in_progress", {"not_run"})
    assert report.queued == tuple(step.id for step in report.steps)
    waited = await aws.wait(text, deadline=30)
    assert (waited.exit_code, [(line.state, line.gate) for line in waited.pending]) == (
        6,
        [("pending_change", "start")],
    )
    await aws.clock.sleep(HOUR)
    assert (await aws.apply(text)).exit_code == 0
    assert (await aws.wait(text, deadline=30)).exit_code == 0


async def test_what_else_is_to_change_of_the_table_holds_it_as_before(aws: VirtualAws) -> None:
    waited = await aws.wait(orders(ttl="first", stream="new_image"), deadline=30)
    assert (waited.exit_code, [line.gate for line in waited.pending]) == (6, ["start"])
    created = orders(ttl="first").replace("  orders:\n", "  others:\n")
    assert (await aws.wait(created, deadline=30)).exit_code == 6


async def test_with_wait_all_the_rest_of_the_lane_does_not_wait_with_it(aws: VirtualAws) -> None:
    """Fact sheet 14.4: what is rationed holds no worker. The second half of another attribute still comes after the first."""
    await aws.apply(orders(ttl="first"))
    began, sent = aws.clock.now(), len(aws.sent)
    plan = orders(ttl="second", indexes=TWO, tags="{a: b}")
    report = await aws.apply(plan, wait="all")
    assert (report.exit_code, set(outcomes(report).values())) == (0, {"done"})
    ttl = [number for number, call in enumerate(aws.sent[sent:]) if call.operation == "UpdateTimeToLive"]
    others = [number for number, call in enumerate(aws.sent[sent:]) if call.operation != "UpdateTimeToLive"]
    assert ttl[0] == 0
    assert ttl[1] > others[-1]
    assert aws.clock.now() - began < 2 * HOUR + 600
    assert (await aws.apply(plan, wait="all")).outcome == "nothing_to_do"


async def test_what_has_yielded_is_told_of_where_the_run_ends_first(aws: VirtualAws) -> None:
    await aws.apply(orders(ttl="first"))
    report = await aws.apply(orders(ttl="off", indexes=TWO), wait="all", deadline=BUILD / 2)
    ttl = outcome(report, "tables.orders:update-ttl")
    assert (report.exit_code, ttl.outcome) == (6, "not_run")
    assert ttl.id in report.queued


async def test_what_can_not_be_waited_for_in_time_costs_the_rest_of_the_lane_nothing(aws: VirtualAws) -> None:
    await aws.apply(orders(ttl="first"))
    report = await aws.apply(orders(ttl="off", indexes=TWO), wait="all", deadline=HOUR / 2)
    assert outcomes(report) == {BY_A: "done", BY_B: "done", "tables.orders:update-ttl": "not_run"}
    assert (report.exit_code, report.queued) == (6, ("tables.orders:update-ttl",))


async def test_with_wait_none_it_is_left_too(aws: VirtualAws) -> None:
    await aws.apply(orders(ttl="first"))
    report = await aws.apply(orders(ttl="off", tags="{a: b}"), wait="none")
    assert report.exit_code == 0
    assert report.queued == ("tables.orders:update-ttl",)


async def test_what_is_planned_anew_does_not_ask_again_for_what_has_to_wait(aws: VirtualAws) -> None:
    """Somebody undoes one change while the others are made."""
    await aws.apply(orders(ttl="first"))
    stream = "tables.orders:update-stream"

    def undo(event: Event) -> None:
        if (event.step, event.what) == (stream, "settled"):
            aws.send("dynamodb", "UpdateTable", TableName="orders", StreamSpecification={"StreamEnabled": False})

    run = aws.opened(orders(ttl="off", stream="new_image"))
    report = (await pipeline.apply_on(run, approve=None, listeners=(undo,))).report
    assert (report.exit_code, report.queued) == (6, ("tables.orders:update-ttl-2",))
    assert outcomes(report) == {stream: "done", f"{stream}-2": "done", "tables.orders:update-ttl-2": "not_run"}
    refused = [one for one in aws.account.timeline.served if one.code == "ValidationException"]
    assert [one.api for one in refused] == ["dynamodb:UpdateTimeToLive"]


# -------------------------------------------------------------------------------------------------- what needs the room


async def test_a_background_index_without_numbers_goes_before_a_switch_from_on_demand_with_ceilings(
    aws: VirtualAws,
) -> None:
    """Ceilings or none, the switch to provisioned wants numbers for every index that is there (fact sheet 2.5)."""
    ceilings = "{on_demand: {max_write: 50}}"
    await aws.apply(orders(indexes=indexes(by_a="")).replace("billing: on_demand", f"billing: {ceilings}"))
    sent = len(aws.sent)
    again = f"{{by_a: {{partition_key: {{b: S}}, replace: recreate, {BACKGROUND}}}}}"
    provisioned = "{provisioned: {read: 5, write: 5}}"
    text = orders(indexes=again).replace("billing: on_demand", f"billing: {provisioned}")
    report = await aws.apply(text, allow_destructive=True)
    assert (report.exit_code, aws.refused) == (0, [])
    assert [next(iter(set(call.parameters) & MARKS)) for call in aws.sent[sent:]] == [
        "GlobalSecondaryIndexUpdates",
        "BillingMode",
        "GlobalSecondaryIndexUpdates",
    ]
