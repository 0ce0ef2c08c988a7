"""Nouns for the renderers to show: two plans' worth of everything that can be in a preview, a report and a status."""

from dataclasses import replace

from orchestrator.errors import Problem
from orchestrator.model import (
    Blob,
    Call,
    Change,
    Declared,
    Estimate,
    Finding,
    Foreign,
    FromLive,
    FromRun,
    Graph,
    Kept,
    Origin,
    Plan,
    Position,
    Preview,
    Ref,
    Report,
    Sighting,
    Status,
    StatusLine,
    Step,
    StepReport,
    StillRunning,
    Target,
    Text,
    Unmanaged,
    Waited,
)

SECRET = "correct horse battery staple"
NOON = 1793534670.5
"""2026-11-01T12:04:30.500Z"""

ORDERS = Ref("orders", ("tables", "orders"))
BY_DAY = ORDERS.child("indexes", "by_day")
BY_OLD = ORDERS.child("indexes", "by_old")
USERS = Ref("orders", ("tables", "users"))
SESSIONS = Ref("orders", ("tables", "sessions"))
EVENTS = Ref("orders", ("functions", "order-events"))

TARGET = Target("123456789012", "eu-west-1", "http://127.0.0.1:4566")
PLAN = Plan(
    name="orders",
    file="plans/orders.yaml",
    digest="sha256:1f0c",
    description="Orders by customer",
    resources=(
        Declared(ORDERS, "orders-dev", None),
        Declared(USERS, "users", None),
        Declared(EVENTS, "order-events-dev", None),
    ),
)

DROP = Step(
    id="tables.orders.indexes.by_old:delete",
    ref=BY_OLD,
    lane="dynamodb/table/orders-dev",
    action="delete",
    summary="delete index by_old",
    call=Call(
        "dynamodb",
        "UpdateTable",
        {"TableName": "orders-dev", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "by_old"}}]},
    ),
    because=(Change(BY_OLD, "", {"partition_key": {"old": "S"}}, None, "delete"),),
    deadline=1800,
    destructive=True,
    estimate=Estimate(30, 150, 300),
)
BILLING = Step(
    id="tables.orders:update-billing",
    ref=ORDERS,
    lane="dynamodb/table/orders-dev",
    action="update",
    summary="switch billing to on_demand, stream on",
    call=Call("dynamodb", "UpdateTable", {"TableName": "orders-dev", "BillingMode": "PAY_PER_REQUEST"}),
    because=(
        Change(ORDERS, "billing", {"provisioned": {"read": 5, "write": 5}}, "on_demand", "update"),
        Change(ORDERS, "tags", {"team": "old", "same": "x"}, {"team": "orders", "same": "x", "stage": "dev"}, "update"),
    ),
    deadline=3600,
    needs=(DROP.id,),
    estimate=Estimate(60, 600, 1800),
)
CREATE_INDEX = Step(
    id="tables.orders.indexes.by_day:create",
    ref=BY_DAY,
    lane="dynamodb/table/orders-dev",
    action="create",
    summary="create index by_day",
    call=Call("dynamodb", "UpdateTable", {"TableName": "orders-dev", "AttributeDefinitions": []}),
    because=(Change(BY_DAY, "", None, {"partition_key": {"day": "S"}, "projection": "all"}, "create"),),
    deadline=86400,
    needs=(BILLING.id,),
    estimate=Estimate(180, 420, 1200),
)
CREATE_FUNCTION = Step(
    id="functions.order-events:create",
    ref=EVENTS,
    lane="lambda/function/order-events-dev",
    action="create",
    summary="create function order-events-dev",
    call=Call(
        "lambda",
        "CreateFunction",
        {
            "FunctionName": "order-events-dev",
            "Code": {"ZipFile": Blob(b"x" * 12345)},
            "Environment": {
                "Variables": {
                    "TOKEN": Text((SECRET,), hidden=True),
                    "STREAM": Text((FromLive(ORDERS, "stream_arn"),)),
                    "PLAIN": SECRET,
                }
            },
            "Role": Text(("arn:aws:iam::1:role/", FromLive(USERS, "arn"))),
            "Description": Text(("run ", FromRun("id"))),
        },
    ),
    because=(
        Change(
            EVENTS,
            "",
            None,
            {"runtime": "python3.13", "code": Blob(b"x" * 12345), "environment": {"PLAIN": SECRET}},
            "create",
        ),
    ),
    deadline=600,
    needs=(CREATE_INDEX.id,),
    estimate=Estimate(1, 4, 15),
)
SETTLE = Step(
    id="functions.order-events:wait",
    ref=EVENTS,
    lane="lambda/function/order-events-dev",
    action="wait",
    summary="wait until the function is settled",
    call=None,
    because=(),
    deadline=600,
    needs=(CREATE_FUNCTION.id,),
    estimate=Estimate(1, 60, 600),
)
STEPS = (DROP, BILLING, CREATE_INDEX, CREATE_FUNCTION, SETTLE)

BOB = Origin(
    "dynamodb:UpdateTable", NOON, "arn:aws:sts::123456789012:assumed-role/deploy/bob", "cloudformation.amazonaws.com"
)
PREVIEW = Preview(
    plans=(PLAN,),
    target=TARGET,
    graph=Graph(STEPS),
    findings=(
        Finding(
            level="warning",
            code="unprotected-table",
            message="tables.orders has neither point-in-time recovery nor deletion protection.",
            action="Consider `deletion_protection: true`.",
            ref=ORDERS,
            where=Position("plans/orders.yaml", 4, 3),
        ),
        Finding(level="notice", code="dummy", message="A notice without a place."),
    ),
    unmanaged=(Unmanaged(ORDERS, "indexes", "by_status"), Unmanaged(ORDERS, "tags", "owner")),
    estimate=Estimate(272, 1234, 3915),
    critical_path=tuple(step.id for step in STEPS),
    foreign=(Foreign(ORDERS, "index by_old DELETING", Sighting(NOON, BOB)),),
    kept=Kept("dynamodb://orchestrator-state", exists=False),
)
NOTHING = Preview(plans=(PLAN,), target=Target("123456789012", "eu-west-1"), graph=Graph())

REPORT = Report(
    run="01JABC",
    exit_code=1,
    outcome="failed",
    started=NOON,
    finished=NOON + 192.25,
    steps=(
        StepReport(DROP.id, "done", 1, (), NOON, NOON + 121, 0.1, 120.9),
        StepReport(
            BILLING.id,
            "done",
            3,
            (("ResourceInUseException", "wait_and_reissue", 1), ("ThrottlingException", "backoff", 1)),
            NOON + 121,
            NOON + 150,
            0.2,
            28.8,
        ),
        StepReport(
            CREATE_INDEX.id,
            "failed",
            1,
            (),
            NOON + 150,
            NOON + 192,
            0.1,
            None,
            {
                "code": "LimitExceededException",
                "message": "Subscriber limit exceeded: 20 indexes.",
                "action": "Delete an index first.",
                "where": "tables.orders.indexes.by_day (dynamodb:UpdateTable)",
            },
        ),
        StepReport(
            CREATE_FUNCTION.id,
            "not_run",
            error={
                "code": "not-run",
                "message": "tables.orders.indexes.by_day:create failed",
                "action": "Run again.",
                "where": "functions.order-events",
            },
        ),
        StepReport(SETTLE.id, "in_progress", 0, (), NOON + 150, NOON + 190),
    ),
    still_running=(StillRunning(BY_DAY, "CREATING", NOON + 150),),
    queued=("tables.orders.indexes.by_week:create",),
    foreign=(
        Foreign(ORDERS, "index by_old DELETING", Sighting(NOON, replace(BOB, through="", own=True))),
        Foreign(USERS, "table UPDATING", Sighting(NOON)),
    ),
    calls={"dynamodb:UpdateTable": 5, "dynamodb:DescribeTable": 48},
    notices=("no permission to query index by_day: it was not probed",),
)
DONE = Report(
    run="01JABD",
    exit_code=0,
    outcome="nothing_to_do",
    started=NOON,
    finished=NOON + 0.41,
    calls={"dynamodb:DescribeTable": 1},
)

STATUS = Status(
    TARGET,
    (
        StatusLine(
            ORDERS,
            "in_transition",
            "index by_day CREATING, backfilling, 41%",
            parts=(
                StatusLine(BY_DAY, "in_transition", "CREATING, backfilling, 41%"),
                StatusLine(BY_OLD, "pending_change", "delete index by_old"),
            ),
            sighting=Sighting(NOON + 42, BOB),
        ),
        StatusLine(USERS, "in_place"),
        StatusLine(SESSIONS, "in_transition", "table UPDATING", sighting=Sighting(NOON)),
        StatusLine(
            EVENTS,
            "broken",
            "The role cannot be assumed (InvalidRole)",
            facts={"url": "https://abc.lambda-url.eu-west-1.on.aws/"},
        ),
    ),
)
WAITED = Waited(6, "in_progress", TARGET, STATUS.lines[:1])

PROBLEMS = (
    Problem(
        "unknown-key",
        "`projecton` is no key of an index.",
        "Did you mean `projection`?",
        file="plans/orders.yaml",
        line=12,
        column=9,
    ),
    Problem("missing-variable", "The variable secret has no value."),
)
