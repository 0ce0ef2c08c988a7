"""A preview of a plan in stages with each sort of task: one stage done, one to be done now, two foretold or yet to be planned."""

from dataclasses import replace

from orchestrator.adapters.marks import TableMarks
from orchestrator.model import (
    Backfill,
    Call,
    Estimate,
    Expectation,
    Graph,
    Invocation,
    Listed,
    Plan,
    Preview,
    Ref,
    Remembered,
    Sample,
    Seed,
    Step,
    Taken,
    Task,
    Text,
    Transaction,
)
from orchestrator.planning.task_calls import shown
from orchestrator.planning.task_steps import step
from tests.render import nouns
from tests.render.nouns import NOON, ORDERS, SECRET

HIDDEN = Text((SECRET,), hidden=True)


def _ref(name: str) -> Ref:
    return Ref("orders", ("tasks", name))


CURRENCIES = Task(
    _ref("currencies"),
    Seed("orders-dev", Listed(tuple({"order_id": {"S": f"c#{name}"}, "digits": {"N": "2.50"}} for name in "ABCD"))),
)
BALANCE = Task(
    _ref("balance"),
    Transaction(
        (
            {"Put": {"TableName": "orders-dev", "Item": {"order_id": {"S": "t1"}, "token": {"S": HIDDEN}}}},
            {
                "Update": {
                    "TableName": "orders-dev",
                    "Key": {"order_id": {"S": "o1"}},
                    "UpdateExpression": "SET #n0 = :v0 REMOVE #n1",
                    "ConditionExpression": "#s = :open",
                    "ExpressionAttributeNames": {"#n0": "total", "#n1": "draft", "#s": "status"},
                    "ExpressionAttributeValues": {":v0": {"N": "10"}, ":open": {"S": "open"}},
                }
            },
        )
    ),
    run="always",
)
WARM_UP = Task(
    _ref("warm-up"),
    Invocation(
        Call(
            "lambda", "Invoke", {"FunctionName": "order-events-dev", "Qualifier": "live", "Payload": '{"warm": true}'}
        ),
        Expectation(200, {"ok": True}),
    ),
)
NOTE = Task(
    _ref("note"),
    Invocation(
        Call(
            "lambda",
            "Invoke",
            {
                "FunctionName": "order-events-dev",
                "InvocationType": "Event",
                "Payload": Text(('{"token": "', SECRET, '"}'), hidden=True),
            },
        ),
        Expectation(202, {"token": HIDDEN}),
    ),
)
FILL = Task(
    _ref("fill"),
    Backfill(
        "orders-dev",
        {"status": {"S": HIDDEN}, "label": ("order ", Taken("order_id"))},
        where="attribute_not_exists(#s)",
        names={"#s": "status"},
        segments=4,
        write_units=1500,
    ),
    acts_on={ORDERS: "orders-dev"},
)
SAMPLE = Sample(
    10_000,
    1200,
    1100,
    (
        (
            {"order_id": {"S": "o1"}},
            {"status": {"S": Text(("",), hidden=True)}},
            {"status": {"S": HIDDEN}, "label": {"S": "order o1"}},
        ),
    ),
)


def _step(task: Task, again: str = "") -> Step:
    return step(task, shown(task.work, ("order_id",), TableMarks("orchestrator-state")), again)


_BEFORE = Remembered("digest", {"orders-dev": "id"}, "01JABB", NOON - 3600)
_AGAIN = _step(BALANCE, "done by run 01JABB (2026-11-01 11:04Z), and due again: every run does it")
STEPS = (
    replace(nouns.CREATE_INDEX, needs=(), stage="expand"),
    replace(_AGAIN, stage="expand", needs=(nouns.CREATE_INDEX.id,)),
    replace(_step(FILL), stage="expand", needs=(nouns.CREATE_INDEX.id,)),
    replace(nouns.CREATE_FUNCTION, needs=("tasks.fill:run",), stage="switch", wave=1),
    replace(_step(WARM_UP), stage="switch", wave=1, needs=(nouns.CREATE_FUNCTION.id,)),
    replace(_step(NOTE), stage="switch", wave=1, needs=(nouns.CREATE_FUNCTION.id,)),
)
_STAGES = ("prepare", "expand", "switch", "contract")
_TASKS = (CURRENCIES, BALANCE, FILL, WARM_UP, NOTE)
PLAN = Plan(
    name="orders",
    file="plans/orders.yaml",
    digest="sha256:1f0c",
    resources=nouns.PLAN.resources,
    tasks=_TASKS,
    stages=tuple(replace(nouns.PLAN, description="", stage=name, tasks=_TASKS) for name in _STAGES),
)
PREVIEW = Preview(
    plans=(PLAN,),
    target=nouns.TARGET,
    graph=Graph(STEPS),
    estimate=Estimate(187, 727, 88_515),
    critical_path=(STEPS[0].id, STEPS[2].id, STEPS[3].id, STEPS[4].id),
    passed={"orders": ("digest",)},
    remembered={CURRENCIES.ref: _BEFORE, BALANCE.ref: _BEFORE},
    samples={FILL.ref: SAMPLE},
)
