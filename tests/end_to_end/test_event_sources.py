"""Event sources as a user meets them: made, changed, moved, replaced when the table's stream is cycled, and taken away."""

from pathlib import Path

import pytest

from orchestrator.errors import InvalidPlan, Refused
from orchestrator.pipeline import status_on
from orchestrator.sandbox.faults import Faults, Injection, Script
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Staleness
from tests.end_to_end.attachments import ARN, DESTRUCTIVE, QUEUE, calls, ids, mappings, plan, settled, started, stream
from tests.end_to_end.dying import Dying
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

SOURCE = "event_sources: {orders: {source: '${tables.orders.stream_arn}', starting_position: latest%s}}"
PLAIN = SOURCE % ""


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return started(tmp_path)


async def test_a_stream_invokes_a_new_function(aws: VirtualAws) -> None:
    """Table, stream, function and mapping in one run; the stream's ARN is known only while it runs."""
    report = await settled(
        aws, plan(SOURCE % ", batch_size: 10, filter: [{eventName: [INSERT]}], on_failure: '%s'" % QUEUE)
    )
    assert ids(report) == ["tables.orders:create", "functions.api:create", "functions.api.event_sources.orders:create"]
    (mapping,) = mappings(aws)
    assert mapping["EventSourceArn"] == stream(aws)
    assert mapping["State"] == "Enabled"
    assert mapping["FilterCriteria"] == {"Filters": [{"Pattern": '{"eventName":["INSERT"]}'}]}


async def test_status_knows_what_aws_has_other_names_for_by_those_of_the_plan(aws: VirtualAws) -> None:
    """A mapping goes by its UUID, a statement of an alias by id and alias; one that nobody named keeps that name."""
    permission = "permissions: {from-s3: {principal: s3.amazonaws.com, alias: live}}"
    text = plan(PLAIN, "aliases: {live: published}", permission)
    await settled(aws, text)
    aws.send(
        "lambda", "AddPermission", FunctionName="api", StatementId="x", Action="lambda:*", Principal="123456789012"
    )
    await aws.clock.sleep(10)  # until the policy shows it
    (function,) = [line for line in (await status_on(aws.opened(text))).lines if line.ref.section == "functions"]
    assert [(".".join(line.ref.path[2:]), line.detail) for line in function.parts] == [
        ("aliases.live", ""),
        ("permissions.x", "not in the plan"),
        ("permissions.from-s3", ""),
        ("event_sources.orders", ""),
    ]


async def test_every_setting_changes_in_one_call(aws: VirtualAws) -> None:
    await settled(aws, plan(PLAIN))
    changed = ", batch_size: 5, batching_window: 2s, parallelization: 2, retries: 1, max_record_age: 1h, bisect_on_error: true"
    report = await aws.apply(
        plan(SOURCE % f"{changed}, on_failure: '{QUEUE}', report_batch_item_failures: true, enabled: false")
    )
    assert [(step.id, step.outcome) for step in report.steps] == [
        ("functions.api.event_sources.orders:update-settings", "done")
    ]
    (mapping,) = mappings(aws)
    assert (mapping["BatchSize"], mapping["State"], mapping["FunctionResponseTypes"]) == (
        5,
        "Disabled",
        ["ReportBatchItemFailures"],
    )
    assert mapping["DestinationConfig"] == {"OnFailure": {"Destination": QUEUE}}


async def test_off_clears_what_can_be_cleared(aws: VirtualAws) -> None:
    await settled(
        aws, plan(SOURCE % f", max_record_age: 1h, on_failure: '{QUEUE}', filter: [{{a: [1]}}], enabled: false")
    )
    await settled(aws, plan(SOURCE % ", max_record_age: off, on_failure: off, filter: [], enabled: true"))
    (mapping,) = mappings(aws)
    assert mapping["MaximumRecordAgeInSeconds"] == -1
    assert mapping["DestinationConfig"] == {"OnFailure": {}}
    assert "FilterCriteria" not in mapping


async def test_a_mapping_is_moved_to_the_alias_that_is_stated(aws: VirtualAws) -> None:
    await settled(aws, plan(PLAIN, "aliases: {live: published}"))
    (before,) = mappings(aws)
    await settled(aws, plan(SOURCE % ", alias: live", "aliases: {live: published}"))
    (after,) = mappings(aws)
    assert after["UUID"] == before["UUID"]
    assert after["FunctionArn"] == f"{ARN}:live"


async def test_a_cycled_stream_takes_its_mapping_along(aws: VirtualAws) -> None:
    """Fact sheet 14.3, rule 21: the new stream has another ARN, and the old mapping reads the old one for ever."""
    await settled(aws, plan(SOURCE % ", batch_size: 7"))
    (before,) = mappings(aws)
    preview = await aws.preview(plan(PLAIN, stream="keys_only"))
    assert [finding.code for finding in preview.findings if finding.refuses] == ["destructive-refused"]
    (warning,) = (finding for finding in preview.findings if finding.code == "event-source-replaced")
    assert "old stream" in warning.message
    with pytest.raises(Refused):
        await aws.apply(plan(PLAIN, stream="keys_only"))

    report = await settled(aws, plan(PLAIN, stream="keys_only", policy=DESTRUCTIVE))
    assert ids(report)[-2:] == [
        "functions.api.event_sources.orders:delete",
        "functions.api.event_sources.orders:create",
    ]
    (after,) = mappings(aws)
    assert after["UUID"] != before["UUID"]
    assert after["EventSourceArn"] == stream(aws) != before["EventSourceArn"]
    assert after["BatchSize"] == 7, "what the plan does not state is as it was"


@pytest.mark.parametrize("at", range(4, 60, 2))
async def test_killed_at_any_call_of_a_replacement_a_second_run_ends_the_same(aws: VirtualAws, at: int) -> None:
    await settled(aws, plan(PLAIN))
    text = plan(PLAIN, stream="keys_only", policy=DESTRUCTIVE)
    aws.between = lambda cloud: Dying(cloud, at)
    with pytest.raises(BaseExceptionGroup):
        await aws.apply(text)
    aws.between = lambda cloud: cloud
    await aws.clock.sleep(1)
    await settled(aws, text)
    (mapping,) = mappings(aws)
    assert mapping["EventSourceArn"] == stream(aws)
    assert mapping["State"] == "Enabled"


@pytest.mark.parametrize("injection", [Injection.DROP_AFTER, Injection.ERROR_AFTER, Injection.DROP_BEFORE])
@pytest.mark.parametrize(
    "operation", ["CreateEventSourceMapping", "UpdateEventSourceMapping", "DeleteEventSourceMapping"]
)
async def test_a_lost_reply_makes_no_second_mapping(tmp_path: Path, operation: str, injection: Injection) -> None:
    aws = started(tmp_path, faults=Faults(scripts=[Script(f"lambda:{operation}", 1, injection)]))
    await settled(aws, plan(PLAIN))
    await settled(aws, plan(SOURCE % ", batch_size: 5"))
    assert len(mappings(aws)) == 1
    await settled(aws, plan("event_sources: {}", "prune: [event_sources]", policy=DESTRUCTIVE))
    assert mappings(aws) == []


async def test_a_foreign_update_is_waited_for(aws: VirtualAws) -> None:
    """ResourceInUse while a mapping moves: nothing is sent before it is settled."""
    await settled(aws, plan(PLAIN))
    (mapping,) = mappings(aws)
    aws.send("lambda", "UpdateEventSourceMapping", UUID=mapping["UUID"], BatchSize=3)
    await settled(aws, plan(SOURCE % ", batch_size: 4"))
    assert aws.account.timeline.refused_in_transition == 0
    assert mappings(aws)[0]["BatchSize"] == 4


async def test_one_in_motion_that_is_as_planned_is_only_waited_for(aws: VirtualAws) -> None:
    await settled(aws, plan(PLAIN))
    (mapping,) = mappings(aws)
    aws.send("lambda", "UpdateEventSourceMapping", UUID=mapping["UUID"], MaximumBatchingWindowInSeconds=3)
    report = await aws.apply(plan(PLAIN))
    assert ids(report) == ["functions.api.event_sources.orders:wait"]
    assert mappings(aws)[0]["State"] == "Enabled"
    assert calls(aws, "UpdateEventSourceMapping") == 0


async def test_a_mapping_made_by_somebody_else_meanwhile_is_adopted(aws: VirtualAws) -> None:
    """`provided mapping already exists` names one that is as planned, or is planned anew."""
    await settled(aws, plan())
    aws.send(
        "lambda",
        "CreateEventSourceMapping",
        FunctionName="api",
        EventSourceArn=stream(aws),
        StartingPosition="LATEST",
        BatchSize=9,
    )
    report = await settled(aws, plan(SOURCE % ", batch_size: 4"))
    assert len(mappings(aws)) == 1
    assert "functions.api.event_sources.orders:update-settings" in ids(report)


async def test_a_queue_needs_no_starting_position(aws: VirtualAws) -> None:
    await settled(aws, plan("timeout: 30s", f"event_sources: {{jobs: {{source: '{QUEUE}', batch_size: 5}}}}"))
    (mapping,) = mappings(aws)
    assert "StartingPosition" not in mapping


async def test_a_queue_that_shows_messages_again_too_soon_is_told_of(aws: VirtualAws) -> None:
    """SQS's visibility timeout is no setting of this program's, so that the message says what to do."""
    report = await aws.apply(plan("timeout: 60s", f"event_sources: {{jobs: {{source: '{QUEUE}'}}}}"))
    (failed,) = (step for step in report.steps if step.outcome == "failed")
    assert failed.error is not None
    assert "visibility timeout" in failed.error["message"]
    assert "visibility timeout" in failed.error["action"]


async def test_a_deleted_function_leaves_no_mapping_behind(aws: VirtualAws) -> None:
    """Mappings of the function itself, of an alias and of a version go first, each until it is gone."""
    await settled(aws, plan(PLAIN, "aliases: {live: published}"))
    for name in (f"{ARN}:live", f"{ARN}:1"):
        queue = f"{QUEUE}-{name[-1]}"
        aws.send("lambda", "CreateEventSourceMapping", FunctionName=name, EventSourceArn=queue)
    await aws.clock.sleep(60)  # lists show a new mapping late
    gone = "plan: api\npolicy: {destructive: allow}\nfunctions: {api: absent}\n"
    report = await aws.apply(gone)
    assert report.outcome == "succeeded"
    assert [step.split(":")[-1] for step in ids(report)] == ["delete"] * 4
    assert mappings(aws) == []
    assert calls(aws, "DeleteFunction") == 1
    assert (await aws.apply(gone)).outcome == "nothing_to_do"


GOING = "event_sources: {orders: {ensure: absent, source: '${tables.orders.stream_arn}'}}"


async def test_a_mapping_goes_with_the_stream_that_it_reads(aws: VirtualAws) -> None:
    """Its source is the stream that the same plan turns off: the reference tells which mapping is meant."""
    await settled(aws, plan(PLAIN))
    report = await settled(aws, plan(GOING, stream="off", policy=DESTRUCTIVE))
    assert set(ids(report)) == {"tables.orders:update-stream", "functions.api.event_sources.orders:delete"}
    assert mappings(aws) == []


@pytest.mark.parametrize("dies", [None, *range(5, 65, 9)])
async def test_a_mapping_goes_with_the_table_whose_stream_it_reads(aws: VirtualAws, dies: int | None) -> None:
    await settled(aws, plan(PLAIN))
    policy = "policy: {destructive: allow, backup_before_delete: false}"
    text = plan(GOING, policy=policy)
    table = next(line for line in text.splitlines() if line.startswith("  orders:"))
    text = text.replace(table, "  orders: absent")
    if dies is not None and await aws.dies(text, dies):
        assert (await aws.apply(text)).exit_code == 0
    else:
        await settled(aws, text)
    assert {one["State"] for one in mappings(aws)} <= {"Deleting"}  # what goes already is nothing to be done to
    await aws.clock.sleep(60)
    assert mappings(aws) == []
    assert (await aws.apply(text)).outcome == "nothing_to_do"


async def test_another_mapping_still_needs_the_stream(aws: VirtualAws) -> None:
    with pytest.raises(InvalidPlan, match="names what this plan turns off"):
        await aws.preview(plan(PLAIN, stream="off"))


def several(number: int, *lines: str) -> str:
    """A plan with that many functions beside the table, each with `lines`."""
    head, one = plan(*lines).split("  api:\n")
    return head + "".join(f"  api{each}:\n{one}" for each in range(number))


def lists(aws: VirtualAws) -> int:
    return calls(aws, "ListEventSourceMappings")


async def test_the_accounts_mappings_are_listed_once_for_all_functions_of_one_look(aws: VirtualAws) -> None:
    text = several(5, PLAIN)
    await settled(aws, text)
    assert lists(aws) == 0
    await aws.preview(text)
    assert lists(aws) == 1
    await status_on(aws.opened(text))
    assert lists(aws) == 2, "another look reads anew"


async def test_a_list_that_could_not_be_read_is_asked_for_again(tmp_path: Path) -> None:
    """The first answer of each run is an error: nobody takes that for the list."""
    aws = started(tmp_path)
    text = several(3, PLAIN)
    await settled(aws, text)
    aws.faults = Faults(scripts=[Script("lambda:ListEventSourceMappings", 1, Injection.ERROR_BEFORE)])
    assert not (await aws.preview(text)).graph.steps
    assert aws.faults.injected.total() == 1


async def test_what_others_do_between_two_looks_is_seen(aws: VirtualAws) -> None:
    text = several(2, PLAIN)
    await settled(aws, text)
    for mapping in mappings(aws):
        aws.send("lambda", "UpdateEventSourceMapping", UUID=mapping["UUID"], Enabled=False)
    await aws.clock.sleep(60)
    assert not (await aws.preview(text)).graph.steps
    found = await aws.preview(several(2, SOURCE % ", enabled: true"))
    assert [step.id for step in found.graph] == [
        f"functions.api{n}.event_sources.orders:update-settings" for n in range(2)
    ]


@pytest.mark.parametrize("enabled", [True, False])
async def test_a_mapping_that_somebody_just_makes_is_waited_for_and_then_enabled_as_stated(
    tmp_path: Path, enabled: bool
) -> None:
    """Fact sheet 14.1: while it is Creating nobody can tell; the request that may be due is shown, and goes out where it is."""
    aws = started(tmp_path, account=Account(staleness=Staleness.off()))
    await settled(aws, plan())
    parameters = {"FunctionName": "api", "EventSourceArn": QUEUE, "Enabled": enabled}
    aws.send("lambda", "CreateEventSourceMapping", **parameters)
    assert [mapping["State"] for mapping in mappings(aws)] == ["Creating"]
    text = plan(f"event_sources: {{jobs: {{source: '{QUEUE}', enabled: true}}}}")
    (step,) = (await aws.preview(text)).graph
    assert step.call is not None
    assert (step.call.operation, step.call.parameters["Enabled"]) == ("UpdateEventSourceMapping", True)
    report = await aws.apply(text)
    assert report.outcome == "succeeded"
    assert [mapping["State"] for mapping in mappings(aws)] == ["Enabled"]
    assert calls(aws, "UpdateEventSourceMapping") == (0 if enabled else 1)
    assert [step.outcome for step in report.steps] == ["already_in_place" if enabled else "done"]
