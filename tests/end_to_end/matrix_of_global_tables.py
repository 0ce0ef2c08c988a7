"""The settings of a table beside those of its replicas, which come, change and go, with and without replicas before."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from orchestrator.kinds.table import replica_settings
from tests.end_to_end import matrix_of_tables as tables
from tests.end_to_end.matrix import Body, Choice, Matrix, Pair, Rule, Start
from tests.end_to_end.virtual import VirtualAws

HERE, OTHER_KEY = "us-west-2", "alias/other"
COMES, GOES = "us-east-1", "eu-central-1"
REPLICATED = "new_and_old_images"


def replica(region: str, stated: Any) -> Body:
    return {"replicas": {region: stated}}


def key(alias: str) -> Body:
    return {"encryption": {"kms_key": alias}}


ROWS: dict[str, tuple[Any, ...]] = {
    "encryption": (key(tables.ALIAS)["encryption"], key(OTHER_KEY)["encryption"]),
    "table_class": ("standard", "infrequent_access"),
    "point_in_time_recovery": (False, True, {"days": 7}),
    "tags": ({}, {"team": "orders", "stage": "dev"}, {"team": "shop"}),
    "contributor_insights": (False, True),
    "deletion_protection": (False, True),
}
"""The forms of each setting of a replica, by its row."""

STREAM = Choice("stream", tuple({"stream": form} for form in ("off", REPLICATED, "new_image")))
ANEW = Choice(
    "another key",
    (
        {"partition_key": {"id": "S"}},
        {"partition_key": {"other": "S"}, "replace": "recreate", "replicas": {HERE: {}, GOES: {}}},
    ),
)
"""The replicas go and come with the table, so the plan has to name them."""
SCALED = {"autoscaling": tables.SCALING[1]}
SCALED_INDEX = {"an index comes": "by_month", "an index goes": "by_week", "an index is made anew": "by_hour"}
"""Of which index there is a form that scales by itself: a provisioned global table takes no other (fact sheet 8.1)."""
OWN = {
    **{choice.name: choice for choice in (STREAM, ANEW)},
    **{
        choice.name: Choice(choice.name, (*choice.forms, tables.index(SCALED_INDEX[choice.name], **SCALED)))
        for choice in tables.PARTS
        if choice.name in SCALED_INDEX
    },
}
OF_TABLES = tuple(OWN.get(choice.name, choice) for choice in tables.CHOICES)
PARTS = (
    Choice(
        "a replica comes",
        ({}, replica(COMES, {}), replica(COMES, {"table_class": "infrequent_access", **key(tables.ALIAS)})),
    ),
    Choice("a replica goes", (replica(GOES, {}), replica(GOES, "absent"))),
)
OF_REPLICAS = (
    *(
        Choice(f"{row.name} of a replica", tuple(replica(HERE, {row.name: form}) for form in ROWS[row.name]))
        for row in replica_settings.ROWS.values()
    ),
    *PARTS,
)
CHOICES = (*OF_TABLES, *OF_REPLICAS)

ENCRYPTED = {"encryption": 1, "encryption of a replica": 0}


def _alone(choice: Choice) -> int | None:
    return None if choice in OF_REPLICAS else tables.plain(0)(choice)


def _plain(choice: Choice) -> int | None:
    """On demand, with the indexes and replicas that are as they come."""
    if choice.name in ("stream", "encryption of a replica"):
        return 1 if choice is STREAM else None
    return 0 if choice in OF_REPLICAS else tables.plain(0)(choice)


def _everything(billing: int) -> Callable[[Choice], int | None]:
    """Every setting has another value than a new table; the type of key is AWS's own."""
    of_table = tables.everything(billing)

    def has(choice: Choice) -> int | None:
        if choice is STREAM:
            return 1
        if choice.name in ("an index goes", "an index is made anew") and billing >= tables.PROVISIONED:
            return len(choice.forms) - 1
        if choice.name in ("encryption", "encryption of a replica"):
            return 0 if choice.name == "encryption" else None
        if choice in (*PARTS, *OWN.values()):
            return 0
        return 1 if choice in OF_REPLICAS else of_table(choice)

    return has


def _with_keys(choice: Choice) -> int | None:
    """Customers' keys everywhere; the replica that goes is not there, since it would have needed one too."""
    if choice.name == "a replica goes":
        return None
    return ENCRYPTED.get(choice.name, _plain(choice))


def _moved(action: str, region: str) -> tuple[tuple[str, str, Body], ...]:
    return (("dynamodb", "UpdateTable", {"ReplicaUpdates": [{action: {"RegionName": region}}]}),)


STARTS = (
    Start("absent", stated=False, absent=True),
    Start("without replicas", _alone),
    Start("with replicas", _plain),
    Start("with replicas and keys", _with_keys),
    Start("everything on demand", _everything(tables.ON_DEMAND)),
    Start("everything provisioned", _everything(tables.PROVISIONED)),
    Start("a replica being made", _plain, motion=_moved("Create", COMES), left=replica(COMES, {})),
    Start("a replica being removed", _plain, motion=_moved("Delete", GOES), left=replica(GOES, "absent")),
)


# ------------------------------------------------------------------------------------------------ what AWS does not take


def _there(body: Body) -> dict[str, Body]:
    return {region: stated for region, stated in body.get("replicas", {}).items() if stated != "absent"}


def _afterwards(had: Body, body: Body) -> dict[str, Body]:
    """The replicas once the plan holds, each with what it has of its own."""
    there = _there(had)
    for region, stated in body.get("replicas", {}).items():
        there[region] = {"absent": True} if stated == "absent" else {**there.get(region, {}), **stated}
    return {region: own for region, own in there.items() if "absent" not in own}


def _anew(had: Body, body: Body) -> bool:
    """Whether the table is made in another's place: it goes, and all of its replicas."""
    return "replace" in body and bool(had)


def _staying(had: Body, body: Body) -> set[str]:
    """Those that are not made anew with their table: of one that is, what the plan does not name."""
    staying = set(_there(had)) & set(_afterwards(had, body))
    return staying - set(body.get("replicas", {})) if _anew(had, body) else staying


def _coming(had: Body, body: Body) -> set[str]:
    return set(_afterwards(had, body)) - _staying(had, body)


def _stream(had: Body, body: Body) -> bool:
    """What feeds the replicas is neither turned off nor changed (fact sheet 8.1)."""
    return bool(_afterwards(had, body)) and body.get("stream", REPLICATED) != REPLICATED


def _parts(had: Body, body: Body) -> Iterator[Body]:
    """The table and each of its indexes as they will be."""
    yield {**had, **body}
    before, stated = had.get("indexes", {}), body.get("indexes", {})
    for name in {**before, **stated}:
        if stated.get(name) != "absent":
            yield {**before.get(name, {}), **stated.get(name, {})}


def _writes(had: Body, body: Body) -> bool:
    """Provisioned writes have to scale by themselves (fact sheet 8.1)."""
    if tables.on_demand(had, body) or not _afterwards(had, body):
        return False
    scalings = [part.get("autoscaling", "off") for part in _parts(had, body)]
    return any(scaling == "off" for scaling in scalings)


def _type(body: Body) -> str:
    stated = body.get("encryption", "aws_owned")
    return "kms" if isinstance(stated, Mapping) else str(stated)


def _key_type(had: Body, body: Body) -> bool:
    """One type of key for all, and a customer's only where each replica is given one with it (fact sheet 8.2, 8.3)."""
    new = _type({**had, **body})
    becomes = new == "kms" and _type(had) != "kms" and bool(_staying(had, body))
    own = (_type(stated) for stated in _there(body).values() if "encryption" in stated)
    return becomes or any(one != new for one in own)


def _keyless(had: Body, body: Body) -> bool:
    after = _afterwards(had, body)
    stated = {region for region, own in _there(body).items() if "encryption" in own}
    return _type({**had, **body}) == "kms" and bool(_coming(had, body) & set(after) - stated)


def _protected(had: Body, body: Body) -> bool:
    """Whether a replica that goes is protected; one that is made anew has to be said to be protected no more."""
    stated = _there(body)
    return _anew(had, body) and any(
        own.get("deletion_protection") and stated.get(region, {}).get("deletion_protection", True)
        for region, own in _there(had).items()
        if region in stated
    )


def _unnamed(had: Body, body: Body) -> bool:
    return _anew(had, body) and not set(_there(had)) <= set(body.get("replicas", {}))


IMPOSSIBLE: Mapping[str, Rule] = {
    **tables.IMPOSSIBLE,
    "deletion-protected": lambda had, body: tables.IMPOSSIBLE["deletion-protected"](had, body) or _protected(had, body),
    "replicas-unnamed": _unnamed,
    "replica-stream": _stream,
    "replica-writes": _writes,
    "replica-key-type": _key_type,
    "replica-key": _keyless,
}


def _share(start: Start, pair: Pair) -> int:
    """Of how many pairs one is run from a start: more of those that a table without replicas does not have."""
    return 16 if _of_table(pair) else 4


def _of_table(pair: Pair) -> bool:
    """Whether the two are settings of the table alone, of which all are run without replicas."""
    return not any(choice in OF_REPLICAS for choice in pair)


MATRIX = Matrix(
    "tables",
    "TableName",
    tables.MATRIX.needed,
    CHOICES,
    STARTS,
    IMPOSSIBLE,
    tables.UNFORESEEABLE,
    _share,
    elsewhere=_of_table,
)


def aws(folder: Path) -> VirtualAws:
    """With the keys of every Region."""
    found = tables.aws(folder)
    for place, region in enumerate((HERE, COMES, GOES)):
        there = found.account.elsewhere(region)
        for number, alias in enumerate((tables.ALIAS, OTHER_KEY)):
            there.kms.register(alias, f"0a1b2c3d-0000-4000-8000-0000000{place}000{number}")
    return found
