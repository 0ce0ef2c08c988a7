"""The settings of a table and of its indexes, what comes and goes, and how a table may be before a plan changes two of them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from orchestrator.kinds.table import indexes, settings
from tests.end_to_end.matrix import Body, Choice, Matrix, Rule, Start, account
from tests.end_to_end.virtual import VirtualAws

ALIAS = "alias/orders"
KINESIS = "arn:aws:kinesis:eu-west-1:123456789012:stream"
ON_DEMAND, PROVISIONED = 1, 3
"""The forms of billing that tables have where everything is set."""


def policy(*actions: str) -> Body:
    principal = {"AWS": "123456789012"}
    return {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": [*actions], "Resource": "*"}]}


def index(name: str, **settings: Any) -> Body:
    return {"indexes": {name: {"partition_key": {name: "S"}, **settings}}}


def units(read: int, write: int) -> Body:
    return {"provisioned": {"read": read, "write": write}}


def span(least: int, most: int, target: int) -> Body:
    return {"min": least, "max": most, "target": target}


def _form(row: str, form: Any) -> Body:
    """What a plan says to give the table that form; tags that it does not name go."""
    return {row: form, **({"prune": ["tags"]} if row == "tags" else {})}


INDEXES = ("by_day", "by_week", "by_hour")
"""Those that are there before the run, but where the table is bare or absent."""

SCALING = ("off", {"read": span(2, 20, 70), "write": span(2, 20, 60)}, {"read": span(3, 30, 50)})

ROWS: dict[str, tuple[Any, ...]] = {
    "billing": (
        "on_demand",
        {"on_demand": {"max_read": 900, "max_write": 90}},
        {"on_demand": {"max_read": "off", "max_write": 50}},
        units(5, 5),
        units(9, 3),
    ),
    "encryption": ("aws_owned", {"kms_key": ALIAS}, "aws_managed"),
    "table_class": ("standard", "infrequent_access"),
    "stream": ("off", "new_image", "keys_only"),
    "warm_throughput": ({}, {"read": 20_000, "write": 9_000}, {"read": 30_000}, {"read": 1}),
    "ttl": ("off", "expires_at", "gone_at"),
    "point_in_time_recovery": (False, {"days": 7}, True, {"days": 35}),
    "tags": ({}, {"team": "orders", "stage": "dev"}, {"team": "shop"}),
    "resource_policy": ("off", policy("dynamodb:GetItem"), policy("dynamodb:Query", "dynamodb:GetItem")),
    "contributor_insights": (False, True),
    "kinesis_stream": ("off", f"{KINESIS}/one", f"{KINESIS}/two"),
    "autoscaling": SCALING,
    "deletion_protection": (False, True),
}
"""The forms of each setting of a table, by its row."""

INDEX_ROWS: dict[str, tuple[Any, ...]] = {
    "billing": (units(7, 7), units(3, 9)),
    "warm_throughput": ({}, {"read": 20_000, "write": 9_000}, {"read": 30_000}),
    "contributor_insights": (False, True),
    "autoscaling": SCALING,
}
"""The forms of each setting of an index, by its row."""

PARTS = (
    Choice("an index comes", ({}, index("by_month"), index("by_month", projection="keys_only"))),
    Choice("an index goes", (index("by_week"), {"indexes": {"by_week": "absent"}})),
    Choice("an index is made anew", (index("by_hour"), index("by_hour", projection=["total"], replace="recreate"))),
    Choice("another key", ({"partition_key": {"id": "S"}}, {"partition_key": {"other": "S"}, "replace": "recreate"})),
    Choice("gate", ({"gate": "start"}, {"gate": "background"})),
    Choice("gate of an index", (index("by_day", gate="start"), index("by_day", gate="background"))),
)
"""What is no setting: parts that come and go, what replaces, and what is waited for."""

CHOICES = (
    *(Choice(row.name, tuple(_form(row.name, form) for form in ROWS[row.name])) for row in settings.ROWS.values()),
    *(
        Choice(f"{row.name} of an index", tuple(index("by_day", **{row.name: form}) for form in INDEX_ROWS[row.name]))
        for row in indexes.ROWS.values()
    ),
    *PARTS,
)


def everything(billing: int) -> Callable[[Choice], int | None]:
    """Every setting has another value than a new table; with on-demand billing what moves numbers has none."""
    scaled = billing >= PROVISIONED

    def has(choice: Choice) -> int | None:
        if choice in PARTS:
            return 0
        if choice.name == "billing":
            return billing
        if choice.name == "billing of an index":
            return 0 if scaled else None
        return 1 if scaled or not choice.name.startswith("autoscaling") else 0

    return has


def plain(billing: int) -> Callable[[Choice], int | None]:
    """Only the indexes are there."""
    return lambda choice: {"billing": billing, "billing of an index": None}.get(choice.name, 0)


def _update(**parameters: Any) -> tuple[tuple[str, str, Body], ...]:
    return (("dynamodb", "UpdateTable", parameters),)


NUMBERS = {"ProvisionedThroughput": {"ReadCapacityUnits": 4, "WriteCapacityUnits": 4}}
TO_PROVISIONED = {
    "BillingMode": "PROVISIONED",
    **NUMBERS,
    "GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": name, **NUMBERS}} for name in INDEXES],
}
BUILT = {
    "AttributeDefinitions": [{"AttributeName": "theirs", "AttributeType": "S"}],
    "GlobalSecondaryIndexUpdates": [
        {
            "Create": {
                "IndexName": "theirs",
                "KeySchema": [{"AttributeName": "theirs", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        }
    ],
}

STARTS = (
    Start("absent", stated=False, absent=True),
    Start("bare", stated=False),
    Start("everything on demand", everything(ON_DEMAND)),
    Start("everything provisioned", everything(PROVISIONED)),
    Start("being switched to provisioned", plain(0), motion=_update(**TO_PROVISIONED), left={"billing": units(4, 4)}),
    Start(
        "being switched to on demand",
        plain(PROVISIONED),
        motion=_update(BillingMode="PAY_PER_REQUEST"),
        left={"billing": "on_demand"},
    ),
    Start("an index being built", plain(0), motion=_update(**BUILT)),
    Start(
        "an index being deleted",
        plain(0),
        motion=_update(GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by_week"}}]),
    ),
    Start(
        "a stream being turned on",
        plain(0),
        motion=_update(StreamSpecification={"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"}),
    ),
)


def on_demand(had: Body, body: Body) -> bool:
    """Whether the table will be so billed once the plan holds."""
    return "provisioned" not in body.get("billing", had.get("billing", "on_demand"))


def _protected(had: Body, body: Body) -> bool:
    """Whether a table that is to be replaced is protected, and the plan does not say that it shall not be."""
    return "replace" in body and bool(had.get("deletion_protection")) and bool(body.get("deletion_protection", True))


def _indexes(body: Body) -> list[Body]:
    return [index for index in body.get("indexes", {}).values() if index != "absent"]


IMPOSSIBLE: Mapping[str, Rule] = {
    "deletion-protected": _protected,
    "scaling-on-demand": lambda start, body: (
        on_demand(start, body) and any(isinstance(one.get("autoscaling"), dict) for one in (body, *_indexes(body)))
    ),
    "index-billing-mode": lambda start, body: (
        on_demand(start, body) and any("billing" in one for one in _indexes(body))
    ),
}

UNFORESEEABLE = {
    (
        "UpdateContinuousBackups",
        "ContinuousBackupsUnavailableException",
        "Backups are being enabled",
    ): "nothing tells when a new table is ready for it (fact sheet 1.5, section 3)",
}

MATRIX = Matrix("tables", "TableName", {"partition_key": {"id": "S"}}, CHOICES, STARTS, IMPOSSIBLE, UNFORESEEABLE)


def aws(folder: Path) -> VirtualAws:
    found = VirtualAws(folder, account())
    found.account.kms.register(ALIAS, "0a1b2c3d-0000-4000-8000-000000000000")
    return found
