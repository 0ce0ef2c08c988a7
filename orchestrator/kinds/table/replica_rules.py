"""What AWS would refuse of replicas, found before the first call, and what a reviewer should know of them (fact sheet 8).

Each rule is one row of RULES.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.kinds.arns import region_of
from orchestrator.kinds.contract import Context
from orchestrator.kinds.fields import OFF, Absent
from orchestrator.kinds.parts import present
from orchestrator.kinds.table import billing, budgets, encryption, indexes, protection, replicas, scaling, table_class
from orchestrator.kinds.table.live import ReplicaLive, TableLive
from orchestrator.kinds.table.replica_settings import ROWS
from orchestrator.kinds.table.seen import Seen, elsewhere
from orchestrator.kinds.table.spec import INDEXES, REPLICAS, Autoscaling, ReplicaSpec, TableSpec
from orchestrator.kinds.table.subjects import REPLICATED, Table
from orchestrator.model import UNREAD, Change, Finding, Ref

KMS = "kms"


@dataclass(frozen=True, slots=True)
class Case:
    """A table, what was seen of its name in all Regions, and what changes of its replicas."""

    table: Table
    seen: Seen
    changes: tuple[Change, ...]
    context: Context

    @property
    def ref(self) -> Ref:
        return self.table.ref

    @property
    def spec(self) -> TableSpec:
        return self.table.declared

    @property
    def wanted(self) -> Mapping[str, ReplicaSpec]:
        return present(self.spec.replicas)

    @property
    def live(self) -> Mapping[str, ReplicaLive]:
        return replicas.present(self.table.live)

    @property
    def coming(self) -> list[str]:
        return [change.ref.name for change in self.changes if change.comes]

    @property
    def staying(self) -> list[str]:
        moved = {change.ref.name for change in self.changes if change.whole}
        return [region for region in self.live if region not in moved]

    def error(self, region: str, field: str, code: str, message: str, action: str) -> Finding:
        return self.context.finding("error", code, self.child(region), field, message, action)

    def child(self, region: str) -> Ref:
        return self.ref.child(REPLICAS, region)


def findings(table: Table, seen: Seen, changes: tuple[Change, ...], context: Context) -> list[Finding]:
    """`changes` are those of the replicas."""
    case = Case(table, seen, changes, context)
    return [finding for rule in RULES for finding in rule(case)]


# ----------------------------------------------------------------------------------------------------- where they may be


def _own_region(case: Case) -> Iterator[Finding]:
    """Fact sheet 8.1."""
    own = case.context.region or (case.table.live.region if case.table.live else "")
    if own in (case.spec.replicas or {}):
        message = f"{case.ref} is in {own} itself: the table is no replica of its own."
        yield case.error(
            own, "", "own-region", message, "Name only other Regions; what is stated here is stated of the table."
        )


def _taken(case: Case) -> Iterator[Finding]:
    """DynamoDB makes the table in the Region of a replica, where none of the name may be (requirement B5)."""
    others = elsewhere(case.seen)
    for region in case.wanted:
        other = others.get(region)
        if isinstance(other, TableLive) and not _arriving(other, case) and region != case.context.region:
            yield _explained(case, region, other)


def _arriving(other: TableLive, case: Case) -> bool:
    """On its way in or out, or a replica of this table that this Region does not list yet: the lane waits for that."""
    if case.table.live is None:
        return False
    return other.status in ("DELETING", "CREATING") or case.table.seen.region in other.replicas


def _explained(case: Case, region: str, other: TableLive) -> Finding:
    group = ", ".join(sorted(other.replicas))
    what = f"a replica of a global table that is in {group} too" if group else "a table of its own"
    own = case.context.region or "this Region"
    message = f"A replica of {case.ref} can't be added in {region}: {case.table.name} exists there already, {what}."
    if case.table.live is None:
        action = (
            f"To have that table here too, apply a plan in {region} that states `replicas: {{{own}: {{}}}}` of it; "
            "or delete it there, or take another name."
        )
    else:
        action = f"Delete {case.table.name} in {region}, or take another name; two tables can't become one."
    return case.error(region, "", "replica-name-taken", message, action)


def _unreadable(case: Case) -> Iterator[Finding]:
    """Where nobody may look only this Region's list counts."""
    hidden = {region for region, other in elsewhere(case.seen).items() if other is UNREAD}
    hidden |= {region for region, replica in case.live.items() if replica.own is UNREAD}
    for region in sorted(hidden):
        action = f"Allow dynamodb:DescribeTable on the table in {region}, and see that the Region is enabled for the account."
        stated = case.wanted.get(region)
        if region in case.live and stated is not None and stated.model_fields_set - {"table_class"}:
            message = f"What {case.child(region)} states can't be compared: the table in {region} may not be read."
            yield case.error(region, "", "replica-unreadable", message, action)
        else:
            message = f"The table in {region} may not be read, so of its replica only what this Region lists is known."
            yield case.context.finding("notice", "replica-unreadable", case.child(region), "", message, action)


# --------------------------------------------------------------------------------------------------- what they ask for


def _streams(case: Case) -> Iterator[Finding]:
    """The stream feeds the replicas: AWS refuses to turn it off or to change its view, and keeps one that is there (8.1)."""
    stated, live = case.spec.stream, case.table.live
    is_so = live is not None and (live.stream or "").lower() == stated
    if stated is None or is_so or not (case.coming or case.staying):
        return
    if stated == REPLICATED and (not case.staying or (live is not None and live.stream is None)):
        return
    message = f"{case.ref} has replicas, which its stream feeds: it can't be `{stated}`."
    view = live.stream.lower() if case.staying and live is not None and live.stream else REPLICATED
    action = f"State `stream: {view}` or nothing, or remove the replicas first."
    yield case.context.finding("error", "replica-stream", case.ref, "stream", message, action)


def _writes(case: Case) -> Iterator[Finding]:
    """On demand, or provisioned with writes that scale by themselves, indexes too (fact sheet 8.1)."""
    spec, live = case.spec, case.table.live
    if not (case.coming or case.staying) or billing.on_demand(billing.after(spec, live)):
        return
    names = [name for name in indexes.present(live) if not isinstance((spec.indexes or {}).get(name), Absent)]
    stated = {**dict.fromkeys(("", *names)), **scaling.of_each(spec)}
    for name, scaled in stated.items():
        scales = _scales(name, scaled, live)
        if scales is not True:
            yield _unscaled(case, name, certain=scales is False)


def _scales(index: str, stated: Autoscaling | str | None, live: TableLive | None) -> bool | None:
    """None where nobody may tell. What is yet to be made has nothing that scales it."""
    if (write := (scaling.wanted(stated) or {}).get("write")) is not None:
        return bool(write != OFF)
    if live is None or (index and index not in indexes.present(live)):
        return False
    return None if live.targets is UNREAD else (index, "write") in live.targets


def _unscaled(case: Case, index: str, *, certain: bool) -> Finding:
    what = f"index {index} of {case.ref}" if index else str(case.ref)
    ref = case.ref.child(INDEXES, index) if index else case.ref
    message = f"The writes of {what} have to scale by themselves, because the table is provisioned and has replicas" + (
        "." if certain else "; whether they do can't be told."
    )
    action = "State `billing: on_demand`, or `autoscaling: {write: …}` of the table and of each of its indexes."
    return case.context.finding(
        "error" if certain else "warning", "replica-writes", ref, "autoscaling", message, action
    )


def _keys(case: Case) -> Iterator[Finding]:
    """One type of key for all, and where it is a customer's, a key for each replica, in its own Region (8.2, 8.3)."""
    own, changing = _type(case), case.spec.encryption is not None and _changes(case)
    if changing and own == KMS and case.staying and _live_type(case) != KMS:
        message = (
            f"{case.ref} has replicas, and AWS takes a customer's key only where each of them is given one at once."
        )
        action = "Keep the type of key, or remove the replicas, change it, and add them again with a key each."
        yield case.context.finding("error", "replica-key-type", case.ref, "encryption", message, action)
    for region in (*case.coming, *case.staying):
        stated = case.wanted.get(region, ReplicaSpec()).encryption
        yield from _key(case, region, stated.kind if stated else None, own, coming=region in case.coming)
        yield from _key_region(case, region)


def _changes(case: Case) -> bool:
    live = case.table.live
    return live is None or not encryption.same(encryption.live(live), encryption.wanted(case.spec))


def _key(case: Case, region: str, stated: str | None, own: str | None, *, coming: bool) -> Iterator[Finding]:
    if stated is not None and own is not None and stated != own:
        message = f"{case.child(region)} can't have another type of key ({stated}) than its table ({own})."
        yield case.error(region, "encryption", "replica-key-type", message, "State the same type of both.")
    elif coming and own == KMS and stated is None:
        message = f"{case.ref} has a customer's key, so its replica in {region} needs one too, of that Region."
        action = f"State `{region}: {{encryption: {{kms_key: …}}}}`."
        yield case.error(region, "encryption", "replica-key", message, action)
    elif coming and own is None and stated is None:
        message = (
            f"Whose key {case.ref} is encrypted with can't be told; a customer's needs one for the replica in {region}."
        )
        action = (
            "State `encryption` of the table, and of the replica where it is a customer's; or allow kms:DescribeKey."
        )
        yield case.context.finding("warning", "replica-key", case.child(region), "", message, action)


def _key_region(case: Case, region: str) -> Iterator[Finding]:
    stated = case.wanted.get(region, ReplicaSpec()).encryption
    key = stated.kms_key if stated else None
    if isinstance(key, str) and region_of(key) not in ("", region):
        message = f"The key of {case.child(region)} is one of {region_of(key)}; it has to be one of {region}."
        yield case.error(
            region, "encryption", "replica-key-region", message, "Name a key, or the replica of one, there."
        )


def _type(case: Case) -> str | None:
    """The type of key that the table will have; None where nobody can tell."""
    return case.spec.encryption.kind if case.spec.encryption else _live_type(case)


def _live_type(case: Case) -> str | None:
    live = case.table.live
    key = live.encryption.key if live else None
    if live is None or key is None:
        return encryption.AWS_OWNED
    managed: Any = live.kms_keys.get(encryption.MANAGED_KEY)
    if not isinstance(managed, str):
        return None
    return encryption.AWS_MANAGED if managed == key else KMS


# --------------------------------------------------------------------------------------------- what stands in the way


def _failed(case: Case) -> Iterator[Finding]:
    """Terminal: only removing it helps (fact sheet 8.3)."""
    for region, replica in case.live.items():
        if replica.status == "CREATION_FAILED" and region in case.wanted:
            why = f": {replica.description}" if replica.description else ""
            message = f"The replica of {case.ref} in {region} could not be created{why.rstrip('.')}."
            action = f"State `{region}: absent`, apply, mend what failed, and state it again."
            yield case.error(region, "", "replica-failed", message, action)


def _protected(case: Case) -> Iterator[Finding]:
    yield from protected(case.ref, case.table.live, case.changes, case.context)


def protected(ref: Ref, table: TableLive | None, changes: tuple[Change, ...], context: Context) -> Iterator[Finding]:
    """Replicas that shall go and are protected against that in their Regions."""
    off = {change.ref for change in changes if change.field == protection.FIELD and change.after is False}
    there = replicas.present(table)
    for change in changes:
        own = there[change.ref.name].seen if change.ref.name in there else None
        if change.goes and own is not None and own.deletion_protection and change.ref not in off:
            region = change.ref.name
            message = f"{change.ref} is protected against deletion in {region}, so apply refuses to remove it."
            action = f"To remove it all the same, state `{region}: {{ensure: absent, deletion_protection: false}}`."
            yield context.refusal("deletion-protected", change.ref, "", message, action)


def _gone(case: Case) -> Iterator[Finding]:
    """What removing one does to those who use it."""
    for change in case.changes:
        region = change.ref.name
        if change.whole and change.effect == "delete" and case.live[region].status != "CREATION_FAILED":
            message = f"Whoever uses {case.table.name} in {region} fails once its removal starts; its items stay in the others."
            yield case.context.finding("warning", "replica-delete", change.ref, "", message, "Move its users first.")


def _lost(case: Case) -> Iterator[Finding]:
    """What a replica that is made anew can't be given, because no plan can say it or nobody may look (fact sheet 8.2)."""
    for change in case.changes:
        if not change.comes or change.effect != "replace":
            continue
        region = change.ref.name
        unseen = _unseen(case.wanted[region], case.live[region])
        also = f"; what it has of {', '.join(unseen)} may not be read and goes too" if unseen else ""
        message = (
            f"{change.ref} is removed and added anew. A resource policy, Kinesis destinations and read capacity of its own are "
            f"nothing that a plan can say of a replica, and go with the old one{also}."
        )
        action = f"If it has any, note them, and set them again in {region} afterwards."
        yield case.context.finding("warning", "replica-lost", change.ref, "", message, action)


def _unseen(stated: ReplicaSpec, live: ReplicaLive) -> list[str]:
    """The settings that the plan leaves open and that only the replica's own Region tells; a key has to be stated anyway."""
    if live.own is not UNREAD:
        return []
    rows = (row for row in ROWS.values() if row.name != encryption.FIELD and row.wanted(stated) is None)
    return [row.name for row in rows if row.kept and row.kept(stated, live) is None]


def _strong(case: Case) -> Iterator[Finding]:
    """Of multi-Region strong consistency all replicas come and go at once (fact sheet 8.1), which is not known here."""
    moved = [change.ref.name for change in case.changes if change.whole]
    if case.table.live is not None and case.table.live.strong and moved:
        message = (
            f"{case.ref} has multi-Region strong consistency, whose replicas can't be added or removed one by one."
        )
        yield case.error(moved[0], "", "replica-strong", message, "Leave `replicas` as they are.")


def _sources(case: Case) -> Iterator[Finding]:
    yield from budgets.sources(case.table.live, case.changes, case.context)


def _budgets(case: Case) -> Iterator[Finding]:
    """A replica's class and key are counted in its own Region."""
    counted = (table_class.FIELD, encryption.FIELD)
    for region, replica in case.live.items():
        own = [change for change in case.changes if change.ref == case.child(region) and change.field in counted]
        if replica.seen and region in case.staying:
            yield from budgets.findings(replica.seen, own, case.child(region), case.context)


def _told(case: Case) -> Iterator[Finding]:
    """A table that is itself one of several (requirement B5)."""
    if case.live and case.spec.replicas is None:
        regions = ", ".join(sorted(case.live))
        message = (
            f"{case.ref} is a replica of a global table that is in {regions} too: indexes, billing, time to live, the "
            "stream and the type of key are changed here for all of them."
        )
        yield case.context.finding("notice", "global-table", case.ref, "", message)


RULES: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    _own_region,
    _taken,
    _unreadable,
    _streams,
    _writes,
    _keys,
    _failed,
    _protected,
    _gone,
    _lost,
    _strong,
    _sources,
    _budgets,
    _told,
)


__all__ = ["findings", "protected"]
