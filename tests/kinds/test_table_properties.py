"""Applying the steps of a diff to the simulated DynamoDB, then diffing again, gives nothing; whatever was there before."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.kinds import table
from orchestrator.kinds.fields import Absent
from orchestrator.kinds.table.settings import ROWS
from orchestrator.model import Scope, Settled
from orchestrator.sandbox.rules.refusal import Refusal
from tests.kinds.applied_tables import ALIAS, NAME, AppliedTables, declared

KINESIS = "arn:aws:kinesis:eu-west-1:123456789012:stream"
UNITS = st.fixed_dictionaries({"read": st.integers(1, 9), "write": st.integers(1, 9)})
PROVISIONED = st.builds(lambda units: {"provisioned": units}, UNITS)
RANGE = st.builds(
    lambda least, more, target: {"min": least, "max": least + more, "target": target},
    st.integers(1, 9),
    st.integers(0, 9),
    st.sampled_from([50, 70]),
)
SCALING = st.one_of(st.just("off"), st.fixed_dictionaries({}, optional={"read": RANGE, "write": RANGE}))
CEILING = st.one_of(st.just("off"), st.integers(1, 9))
CEILINGS = st.fixed_dictionaries({}, optional={"max_read": CEILING, "max_write": CEILING})
WARMTH = st.fixed_dictionaries({}, optional={"read": st.integers(1, 30_000), "write": st.integers(1, 30_000)})


def policy(*actions: str) -> Any:
    principal = {"AWS": "123456789012"}
    return {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": [*actions], "Resource": "*"}]}


SETTINGS: dict[str, st.SearchStrategy[Any]] = {
    "billing": st.one_of(st.just("on_demand"), CEILINGS.map(lambda limits: {"on_demand": limits}), PROVISIONED),
    "warm_throughput": WARMTH,
    "contributor_insights": st.booleans(),
    "kinesis_stream": st.sampled_from([f"{KINESIS}/one", f"{KINESIS}/two", "off"]),
    "resource_policy": st.sampled_from(
        [policy("dynamodb:GetItem"), policy("dynamodb:Query", "dynamodb:GetItem"), "off"]
    ),
    "stream": st.sampled_from(["new_image", "old_image", "new_and_old_images", "keys_only", "off"]),
    "ttl": st.sampled_from(["expires_at", "gone_at", "off"]),
    "point_in_time_recovery": st.sampled_from([True, False, {"days": 7}, {"days": 35}]),
    "encryption": st.sampled_from(["aws_owned", "aws_managed", {"kms_key": ALIAS}]),
    "table_class": st.sampled_from(["standard", "infrequent_access"]),
    "autoscaling": SCALING,
    "deletion_protection": st.booleans(),
    "tags": st.dictionaries(st.sampled_from(["team", "stage", "cost"]), st.sampled_from(["", "x", "y"]), max_size=3),
}
KEYS = [
    {"partition_key": {"customer": "S"}},
    {"partition_key": {"customer": "N"}, "sort_key": {"day": "S"}},
    {"partition_key": {"tenant": "S", "region": "S"}, "sort_key": {"day": "S", "hour": "N", "minute": "N"}},
]
PROJECTIONS = ["all", "keys_only", ["total"], ["total", "state"]]
FOREIGN: list[tuple[str, dict[str, Any]]] = [
    ("UpdateTable", {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}),
    ("UpdateTable", {"StreamSpecification": {"StreamEnabled": False}}),
    ("UpdateTable", {"BillingMode": "PAY_PER_REQUEST"}),
    ("UpdateTable", {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "by_customer"}}]}),
    (
        "UpdateTable",
        {
            "AttributeDefinitions": [{"AttributeName": "other", "AttributeType": "B"}],
            "GlobalSecondaryIndexUpdates": [
                {
                    "Create": {
                        "IndexName": "foreign",
                        "KeySchema": [{"AttributeName": "other", "KeyType": "HASH"}],
                        "Projection": {"ProjectionType": "ALL"},
                    }
                }
            ],
        },
    ),
    ("UpdateTable", {"WarmThroughput": {"ReadUnitsPerSecond": 20_000}}),
    ("UpdateContributorInsights", {"ContributorInsightsAction": "ENABLE"}),
    ("UpdateContributorInsights", {"ContributorInsightsAction": "DISABLE", "IndexName": "by_customer"}),
    ("EnableKinesisStreamingDestination", {"StreamArn": f"{KINESIS}/foreign"}),
    ("DisableKinesisStreamingDestination", {"StreamArn": f"{KINESIS}/one"}),
    ("DeleteTable", {}),
]


@st.composite
def indexes(draw: st.DrawFn, provisioned: bool) -> Any:
    if draw(st.integers(0, 3)) == 0:
        return "absent"
    index: dict[str, Any] = {**draw(st.sampled_from(KEYS)), "replace": draw(st.sampled_from(["refuse", "recreate"]))}
    index["gate"] = draw(st.sampled_from(["start", "background"]))
    if draw(st.booleans()):
        index["projection"] = draw(st.sampled_from(PROJECTIONS))
    if provisioned and draw(st.booleans()):
        index["billing"] = {"provisioned": draw(UNITS)}
    if draw(st.booleans()):
        index |= {"contributor_insights": draw(st.booleans()), "warm_throughput": draw(WARMTH)}
    if provisioned and draw(st.booleans()):
        index["autoscaling"] = draw(SCALING)
    return index


@st.composite
def bodies(draw: st.DrawFn, there: bool) -> Any:
    """A plan's body of the table; one that is not there is told its key."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(["absent", {"ensure": "absent", "deletion_protection": False}]))
    body: dict[str, Any] = draw(st.fixed_dictionaries({}, optional=SETTINGS))
    if draw(st.integers(0, 3)):
        provisioned = "provisioned" in body.get("billing", ())
        names = st.sampled_from(["by_customer", "by_day", "foreign"])
        body["indexes"] = draw(st.dictionaries(names, indexes(provisioned), max_size=3))
    body["prune"] = [sort for sort in ("tags", "indexes") if sort in body and draw(st.booleans())]
    if there and draw(st.integers(0, 4)) == 0:
        body |= {"partition_key": draw(st.sampled_from([{"id": "S"}, {"other": "N"}])), "replace": "recreate"}
    return body if there else {"partition_key": {"id": "S"}, **body}


REFUSALS = {
    "index-immutable",
    "attribute-type",
    "index-billing-mode",
    "missing-to-create",
    "scaling-on-demand",
}


@given(st.data())
@settings(max_examples=120, deadline=None)
def test_applying_a_diff_leaves_none(data: st.DataObject) -> None:
    """A4, A5, A9, B1: no call is refused, every goal becomes visible, every new index answers, nothing differs in the end."""
    account = AppliedTables()
    for _ in range(data.draw(st.integers(1, 3))):
        live = account.look()
        wanted = declared(data.draw(bodies(live is not None)))
        diff, steps = account.plan(wanted)
        if any(finding.level == "error" for finding in diff.findings):
            assert {finding.code for finding in diff.findings if finding.level == "error"} <= REFUSALS
        elif not any(finding.refuses for finding in diff.findings):
            done = account.apply(wanted)
            assert len(done) == len(steps) or account.rounds > 1
            assert "already_in_place" not in done or done[0] == "wait"  # only what somebody else had just begun
            again, more = account.plan(wanted)
            assert more == ()
            if diff.deferred and (wrong := {one.code for one in again.findings if one.level == "error"}):
                assert wrong <= REFUSALS  # what was waited for was no switch of billing
            else:
                assert again.changes == ()
            assert table.verdict(account.look(), Scope.WHOLE) == Settled()
            assert (account.look() is None) == isinstance(wanted.spec, Absent)
        account.rest()
        for operation, parameters in data.draw(st.lists(st.sampled_from(FOREIGN), max_size=2)):
            _foreign(account, operation, parameters)
            # A switch of billing shows only once it is done, so what was planned meanwhile holds for the old mode.
            account.world.wait(4000 if "BillingMode" in parameters else data.draw(st.sampled_from([0, 200, 4000])))


def _foreign(account: AppliedTables, operation: str, parameters: dict[str, Any]) -> None:
    try:
        account.world.call(operation, TableName=NAME, **parameters)
    except Refusal:
        return  # what AWS does not let others do either makes no difference


def test_every_setting_is_drawn() -> None:
    """The property speaks of all settings: a new row must be drawn too."""
    assert set(ROWS) == set(SETTINGS)
