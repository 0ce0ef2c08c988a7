"""The Cloud port over the rules: replies as botocore shapes them, faults as a client meets them, rates of calls."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import anyio
import pytest

from orchestrator.errors import Fault
from orchestrator.model import Blob, Call, FromLive, Ref, Text, hide
from orchestrator.sandbox.clock import EPOCH, VirtualClock
from orchestrator.sandbox.cloud import VirtualCloud
from orchestrator.sandbox.faults import Faults, Injection, Script
from orchestrator.sandbox.rates import Rates
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Durations, Staleness
from tests.sandbox.dynamodb_world import table, throughput
from tests.sandbox.lambda_world import archive, function

CREATE = Call("dynamodb", "CreateTable", table())
DESCRIBE = Call("dynamodb", "DescribeTable", {"TableName": "orders"})
GET = Call("lambda", "GetFunction", {"FunctionName": "fn"})


class Virtual:
    """An account behind the port; reads don't lag, and roles are usable at once."""

    def __init__(self, clock: VirtualClock, faults: Faults | None = None, **options: Any) -> None:
        self.account = Account(durations=Durations(iam_lag=0), staleness=Staleness.off())
        self.cloud = VirtualCloud(self.account, clock, faults, **options)

    async def fault(self, call: Call) -> Fault:
        with pytest.raises(Fault) as caught:
            await self.cloud.send(call)
        return caught.value

    async def status(self) -> str:
        return str((await self.cloud.send(DESCRIBE))["Table"]["TableStatus"])


# -------------------------------------------------------------------------------------------------------- replies, faults


async def test_a_reply_looks_as_botocore_parses_it(clock: VirtualClock) -> None:
    virtual = Virtual(clock)
    reply = await virtual.cloud.send(CREATE)
    described = reply["TableDescription"]
    began = datetime.fromtimestamp(EPOCH, UTC)
    assert described["CreationDateTime"] == began
    assert described["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"] == began
    assert reply["ResponseMetadata"] == {"RequestId": "virtual-000001", "HTTPStatusCode": 200}


async def test_every_time_of_a_setting_is_parsed_too(clock: VirtualClock) -> None:
    virtual = Virtual(clock)
    billed = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": throughput(5)}
    streamed = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}
    made = await virtual.cloud.send(Call("dynamodb", "CreateTable", {**table(), **billed, **streamed}))
    arn = made["TableDescription"]["LatestStreamArn"]
    await clock.sleep(60)
    now, orders = datetime.fromtimestamp(EPOCH + 60, UTC), {"TableName": "orders"}
    described = await virtual.cloud.send(Call("dynamodbstreams", "DescribeStream", {"StreamArn": arn}))
    assert described["StreamDescription"]["CreationRequestDateTime"] == datetime.fromtimestamp(EPOCH, UTC)
    switch = {**orders, "ContributorInsightsAction": "ENABLE"}
    await virtual.cloud.send(Call("dynamodb", "UpdateContributorInsights", switch))
    insights = await virtual.cloud.send(Call("dynamodb", "DescribeContributorInsights", orders))
    assert insights["LastUpdateDateTime"] == now
    target = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": "table/orders",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
    }
    metric = {"PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"}}
    tracking = {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70, **metric}}
    policy = {**target, "PolicyName": "reads", "PolicyType": "TargetTrackingScaling", **tracking}
    register = {**target, "MinCapacity": 1, "MaxCapacity": 9}
    await virtual.cloud.send(Call("application-autoscaling", "RegisterScalableTarget", register))
    await virtual.cloud.send(Call("application-autoscaling", "PutScalingPolicy", policy))
    asked = Call("application-autoscaling", "DescribeScalingPolicies", {"ServiceNamespace": "dynamodb"})
    (shown,) = (await virtual.cloud.send(asked))["ScalingPolicies"]
    assert shown["CreationTime"] == now


async def test_a_tag_that_bears_a_timestamps_name_stays_text(clock: VirtualClock) -> None:
    virtual = Virtual(clock)
    variables = {"Variables": {"CreationDateTime": "now"}}
    reply = await virtual.cloud.send(Call("lambda", "CreateFunction", function(Environment=variables)))
    assert reply["Environment"] == variables


async def test_time_goes_by_the_clock(clock: VirtualClock) -> None:
    virtual = Virtual(clock)
    await virtual.cloud.send(CREATE)
    assert await virtual.status() == "CREATING"
    await clock.sleep(virtual.account.ground.durations.table_create)
    assert await virtual.status() == "ACTIVE"


async def test_a_refusal_is_a_fault_with_its_status(clock: VirtualClock) -> None:
    virtual = Virtual(clock)
    fault = await virtual.fault(DESCRIBE)
    assert (fault.service, fault.operation, fault.code) == ("dynamodb", "DescribeTable", "ResourceNotFoundException")
    assert fault.message == "Requested resource not found: Table: orders not found"
    assert (fault.status, fault.sent, fault.request_id) == (400, True, "virtual-000001")
    assert (await virtual.fault(GET)).status == 404


async def test_what_nobody_models_is_refused(clock: VirtualClock) -> None:
    virtual = Virtual(clock)
    for service, operation in (("dynamodb", "ImportTable"), ("s3", "PutObject")):
        fault = await virtual.fault(Call(service, operation))
        assert (fault.code, fault.status) == ("UnknownOperationException", 400)


async def test_hidden_values_and_blobs_are_opened_and_unknown_ones_are_an_error(clock: VirtualClock) -> None:
    virtual = Virtual(clock)
    secret = {"Environment": {"Variables": {"TOKEN": hide("s3cret")}}, "Code": {"ZipFile": Blob(archive())}}
    reply = await virtual.cloud.send(Call("lambda", "CreateFunction", function() | secret))
    assert reply["CodeSha256"] == Blob(archive()).sha256
    assert reply["Environment"]["Variables"]["TOKEN"] == "s3cret"
    late = Text((FromLive(Ref("shop", ("tables", "orders")), "arn"),))
    with pytest.raises(ValueError, match="not known yet"):
        await virtual.cloud.send(Call("dynamodb", "DescribeTable", {"TableName": late}))


async def test_sts_says_who_and_kms_says_which_key(clock: VirtualClock) -> None:
    virtual = Virtual(clock)
    assert (await virtual.cloud.send(Call("sts", "GetCallerIdentity")))["Account"] == "123456789012"
    key = virtual.account.kms.register("alias/orders")
    for named in ("alias/orders", key, key.rpartition("/")[2], "arn:aws:kms:eu-west-1:123456789012:alias/orders"):
        reply = await virtual.cloud.send(Call("kms", "DescribeKey", {"KeyId": named}))
        assert (reply["KeyMetadata"]["Arn"], reply["KeyMetadata"]["KeyManager"]) == (key, "CUSTOMER")
    managed = await virtual.cloud.send(Call("kms", "DescribeKey", {"KeyId": "alias/aws/dynamodb"}))
    assert managed["KeyMetadata"]["KeyManager"] == "AWS"
    fault = await virtual.fault(Call("kms", "DescribeKey", {"KeyId": "alias/unknown"}))
    assert fault.code == "NotFoundException"


# ----------------------------------------------------------------------------------------------------------- other Regions


async def test_a_call_is_served_by_its_region_and_its_fault_names_it(clock: VirtualClock) -> None:
    virtual = Virtual(clock)
    await virtual.cloud.send(replace(CREATE, region="us-west-2"))
    fault = await virtual.fault(DESCRIBE)
    assert (fault.code, fault.region) == ("ResourceNotFoundException", None)
    there = await virtual.cloud.send(replace(DESCRIBE, region="us-west-2"))
    assert there["Table"]["TableArn"] == "arn:aws:dynamodb:us-west-2:123456789012:table/orders"
    fault = await virtual.fault(replace(DESCRIBE, region="eu-central-1"))
    assert (fault.code, fault.region) == ("ResourceNotFoundException", "eu-central-1")
    assert (await virtual.fault(replace(DESCRIBE, region="eu-west-1"))).region is None


async def test_injected_faults_name_the_region_too(clock: VirtualClock) -> None:
    for injection in Injection:
        fault = await Virtual(clock, scripted(injection)).fault(replace(CREATE, region="us-west-2"))
        assert fault.region == "us-west-2"


async def test_each_region_has_a_rate_of_its_own(clock: VirtualClock) -> None:
    virtual = Virtual(clock)
    limits = Call("dynamodb", "DescribeLimits")
    await virtual.cloud.send(limits)
    await virtual.cloud.send(replace(limits, region="us-west-2"))
    assert (await virtual.fault(limits)).code == "ThrottlingException"
    assert (await virtual.fault(replace(limits, region="us-west-2"))).region == "us-west-2"


async def test_a_replica_comes_about_in_its_region(clock: VirtualClock) -> None:
    virtual = Virtual(clock)
    spans = virtual.account.ground.durations
    await virtual.cloud.send(CREATE)
    await clock.sleep(spans.table_create)
    wanted = {"TableName": "orders", "ReplicaUpdates": [{"Create": {"RegionName": "us-west-2"}}]}
    await virtual.cloud.send(Call("dynamodb", "UpdateTable", wanted))
    await clock.sleep(spans.replica_create)
    there = (await virtual.cloud.send(replace(DESCRIBE, region="us-west-2")))["Table"]
    assert (there["TableStatus"], there["Replicas"]) == (
        "ACTIVE",
        [{"RegionName": "eu-west-1", "ReplicaStatus": "ACTIVE"}],
    )


# --------------------------------------------------------------------------------------------------------- injected faults


def scripted(injection: Injection, nth: int = 1, api: str = "dynamodb:CreateTable") -> Faults:
    return Faults(scripts=[Script(api, nth, injection)])


@pytest.mark.parametrize(
    ("injection", "code", "status", "sent", "takes_effect"),
    [
        (Injection.THROTTLE, "ThrottlingException", 400, True, False),
        (Injection.ERROR_BEFORE, "InternalServerError", 500, True, False),
        (Injection.ERROR_AFTER, "InternalServerError", 500, True, True),
        (Injection.DROP_BEFORE, "NoAnswer", None, True, False),
        (Injection.DROP_AFTER, "NoAnswer", None, True, True),
        (Injection.UNREACHABLE, "EndpointUnreachable", None, False, False),
    ],
)
async def test_15_11_and_15_12_faults_before_and_after_effect(
    clock: VirtualClock, injection: Injection, code: str, status: int | None, sent: bool, takes_effect: bool
) -> None:
    faults = scripted(injection)
    virtual = Virtual(clock, faults)
    fault = await virtual.fault(CREATE)
    assert (fault.code, fault.status, fault.sent) == (code, status, sent)
    assert ("orders" in (await virtual.cloud.send(Call("dynamodb", "ListTables")))["TableNames"]) == takes_effect
    assert faults.injected == {("dynamodb:CreateTable", injection): 1}
    if takes_effect:
        assert (await virtual.fault(CREATE)).code == "ResourceInUseException", "already exists, on reissue (15.11)"
    else:
        await virtual.cloud.send(CREATE)


async def test_a_script_meets_the_nth_call_of_its_api_alone(clock: VirtualClock) -> None:
    virtual = Virtual(clock, scripted(Injection.DROP_AFTER, nth=3, api="dynamodb:DescribeTable"))
    await virtual.cloud.send(CREATE)
    for _ in range(2):
        await virtual.status()
    assert (await virtual.fault(DESCRIBE)).status is None
    await virtual.status()


async def test_a_refused_call_whose_reply_is_lost_tells_nothing(clock: VirtualClock) -> None:
    for injection, status in ((Injection.DROP_AFTER, None), (Injection.ERROR_AFTER, 500)):
        virtual = Virtual(clock, scripted(injection, api="dynamodb:DescribeTable"))
        assert (await virtual.fault(DESCRIBE)).status == status


async def test_lambda_throttles_in_its_own_words(clock: VirtualClock) -> None:
    virtual = Virtual(clock, scripted(Injection.THROTTLE, api="lambda:GetFunction"))
    fault = await virtual.fault(GET)
    assert (fault.code, fault.status, fault.retry_after) == ("TooManyRequestsException", 429, 1)


async def test_faults_come_as_often_as_asked_and_the_same_each_time() -> None:
    def draws() -> list[Injection | None]:
        faults = Faults(7, throttle=0.2, error_before=0.05, drop_after=0.05)
        return [faults.draw("dynamodb:DescribeTable") for _ in range(10_000)]

    first = draws()
    assert first == draws()
    shares = {injection: first.count(injection) / len(first) for injection in set(first)}
    expected = {None: 0.7, Injection.THROTTLE: 0.2, Injection.ERROR_BEFORE: 0.05, Injection.DROP_AFTER: 0.05}
    assert shares == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(("throttle", "drop"), [(0.6, 0.6), (-0.1, 0.0)])
def test_rates_that_cannot_be_are_an_error(throttle: float, drop: float) -> None:
    with pytest.raises(ValueError, match="rates must not be negative"):
        Faults(throttle=throttle, drop_before=drop)


# ---------------------------------------------------------------------------------------------------------------- latency


async def test_half_of_a_calls_time_passes_before_its_effect(clock: VirtualClock) -> None:
    virtual = Virtual(clock, Faults(latency=(0.2, 0.2)), latency=0.8)
    reply = await virtual.cloud.send(CREATE)
    assert reply["TableDescription"]["CreationDateTime"] == datetime.fromtimestamp(EPOCH + 0.5, UTC)
    assert clock.now() == EPOCH + 1


async def test_latency_is_drawn_from_its_range(clock: VirtualClock) -> None:
    virtual = Virtual(clock, Faults(latency=(0.1, 0.5)))
    times = []
    for _ in range(50):
        began = clock.now()
        await virtual.cloud.send(Call("dynamodb", "ListTables"))
        times.append(clock.now() - began)
    assert 0.1 <= min(times) < 0.2
    assert 0.4 < max(times) <= 0.5


@pytest.mark.parametrize(("patience", "takes_effect"), [(0.4, False), (0.6, True)])
async def test_a_cancelled_call_may_or_may_not_have_taken_effect(
    clock: VirtualClock, patience: float, takes_effect: bool
) -> None:
    virtual = Virtual(clock, latency=1.0)
    with anyio.move_on_after(patience):
        await virtual.cloud.send(CREATE)
    assert bool((await virtual.cloud.send(Call("dynamodb", "ListTables")))["TableNames"]) == takes_effect


# ------------------------------------------------------------------------------------------------------------------ rates


async def refused_of(virtual: Virtual, call: Call, number: int) -> int:
    """How many of `number` calls at one moment come too fast."""
    codes = []
    for _ in range(number):
        try:
            await virtual.cloud.send(call)
        except Fault as fault:
            codes.append(fault.code)
    return sum(code in ("ThrottlingException", "TooManyRequestsException") for code in codes)


@pytest.mark.parametrize(
    ("call", "rate"),
    [
        (Call("lambda", "ListFunctions"), 15),
        (GET, 100),
        (
            Call(
                "dynamodb", "ListTagsOfResource", {"ResourceArn": "arn:aws:dynamodb:eu-west-1:123456789012:table/t12"}
            ),
            10,
        ),
        (Call("dynamodb", "DescribeContinuousBackups", {"TableName": "orders"}), 10),
        (DESCRIBE, 2500),
    ],
)
async def test_12_2_and_4_1_so_many_calls_a_second(clock: VirtualClock, call: Call, rate: int) -> None:
    virtual = Virtual(clock)
    assert await refused_of(virtual, call, rate + 5) == 5
    await clock.sleep(0.5)
    assert await refused_of(virtual, call, rate) == rate - rate // 2


async def test_12_2_all_of_lambda_but_get_function_is_counted_together(clock: VirtualClock) -> None:
    virtual = Virtual(clock)
    assert await refused_of(virtual, Call("lambda", "ListFunctions"), 15) == 0
    assert (
        await virtual.fault(Call("lambda", "ListAliases", {"FunctionName": "fn"}))
    ).code == "TooManyRequestsException"
    assert (await virtual.fault(GET)).code == "ResourceNotFoundException"


def test_tagging_and_untagging_are_counted_together() -> None:
    rates = Rates()
    for number in range(5):
        rates.check("dynamodb", "UntagResource" if number % 2 else "TagResource", 0)
    with pytest.raises(Exception, match="ThrottlingException"):
        rates.check("dynamodb", "UntagResource", 0)
    rates.check("dynamodb", "UntagResource", 0.2)


def test_limits_are_described_once_a_minute() -> None:
    rates = Rates()
    rates.check("dynamodb", "DescribeLimits", 0)
    with pytest.raises(Exception, match="ThrottlingException"):
        rates.check("dynamodb", "DescribeLimits", 59)
    rates.check("dynamodb", "DescribeLimits", 61)


def test_the_data_plane_and_other_services_are_not_counted() -> None:
    rates = Rates()
    for _ in range(10_000):
        rates.check("dynamodb", "Query", 0)
        rates.check("sts", "GetCallerIdentity", 0)


async def test_the_limits_can_be_lifted(clock: VirtualClock) -> None:
    virtual = Virtual(clock, limited=False)
    assert await refused_of(virtual, Call("lambda", "ListFunctions"), 1000) == 0
