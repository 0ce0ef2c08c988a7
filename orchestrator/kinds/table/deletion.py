"""Taking a table away: a backup first, then protection off where the plan allows it, then the table.

Whether another takes its place is `replacement`'s to say; what goes, and in which order, is the same.
"""

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from orchestrator.kinds import settings
from orchestrator.kinds.contract import Context, Diff
from orchestrator.kinds.fields import OFF
from orchestrator.kinds.step_builder import StepBuilder
from orchestrator.kinds.table import (
    aspects,
    budgets,
    dependence,
    indexes,
    inheritance,
    lanes,
    protection,
    replica_rules,
    replica_steps,
    replicas,
    scaling,
)
from orchestrator.kinds.table.live import TableLive
from orchestrator.kinds.table.seen import Seen, elsewhere, here
from orchestrator.kinds.table.settings import ROWS
from orchestrator.kinds.table.shapes import of_keys
from orchestrator.kinds.table.spec import INDEXES, REPLICAS, AbsentReplica
from orchestrator.kinds.table.subjects import Table
from orchestrator.model import UNREAD, Change, Declared, Finding, FromRun, Ref, Scope, Step, Text

BACKUP = "backup"
UNPROTECTED = "deletion_protection: false"
LONGEST_NAME, RUN_ID = 255, 26
"""Characters of a backup's name (fact sheet 4.2) and of a run's id at its end."""
RUN_IDS = re.compile(rf"[0-9A-HJKMNP-TV-Z]{{{RUN_ID}}}")
READS = frozenset({aspects.LEFTOVERS, aspects.READERS, aspects.EARLIER})
"""What has to be read of a table that goes: what would outlive it, who reads its stream, and which backups are there."""


def gone(live: TableLive | None) -> bool:
    """Whether the table is absent or on its way out, from which nothing brings it back."""
    return live is None or live.status == "DELETING"


@dataclass(frozen=True, slots=True)
class Going:
    """A live table that is to go. `unprotects`: the plan says that its protection may go too.

    `replicas` are the changes of those that the plan takes away first, `named` all that it names, `stated` the keys that it
    says more than `absent` by. `replaced`: another table takes its place.
    """

    ref: Ref
    live: TableLive
    unprotects: bool
    replicas: tuple[Change, ...] = ()
    named: frozenset[str] = frozenset()
    stated: frozenset[str] = frozenset()
    replaced: bool = False

    @property
    def before(self) -> Iterator[Change]:
        """What changes of the table before it goes."""
        if self.live.targets is not UNREAD:
            yield from scaling.ending(self.ref, self.live)
            for name in indexes.present(self.live):
                yield from scaling.ending(self.ref.child(INDEXES, name), self.live, name)
        if self.live.deletion_protection and self.unprotects:
            yield Change(self.ref, protection.FIELD, True, False, "update")

    @property
    def change(self) -> Change:
        """Its deletion."""
        return Change(self.ref, "", of_keys(self.live.keys), None, "delete")

    def findings(self, context: Context) -> Iterator[Finding]:
        yield from self._protected(context)
        yield from self._replicated(context)
        yield from replica_rules.protected(self.ref, self.live, self.replicas, context)
        yield from budgets.sources(self.live, self.replicas, context)
        yield from self._backed_up(context)

    def _protected(self, context: Context) -> Iterator[Finding]:
        if not self.live.deletion_protection or self.unprotects:
            return
        allowing = "" if context.policy.destructive else ", and `policy: {destructive: allow}` or --allow-destructive"
        message = f"{self.ref} is protected against deletion, so apply refuses to delete it."
        action = f"To delete it all the same, state `deletion_protection: false` with it{allowing}."
        yield context.refusal("deletion-protected", self.ref, "", message, action)

    def _replicated(self, context: Context) -> Iterator[Finding]:
        """Replicas go first, one by one (fact sheet 8.3), and only those that the plan names (requirement B5)."""
        unnamed = sorted(replicas.present(self.live).keys() - self.named)
        if not unnamed:
            return
        message = (
            f"{self.ref} has replicas that the plan does not name ({', '.join(unnamed)}); they would have to go first."
        )
        action = self._anew(unnamed) if self.replaced else self._with_all()
        yield context.finding("error", "replicas-unnamed", self.ref, REPLICAS, message, action)

    def _with_all(self) -> str:
        """Of a long form only what it lacks: a name that a copied line left out would make it another table."""
        named = (
            f"{region}: {{ensure: absent, {UNPROTECTED}}}" if self._protects(region) else f"{region}: absent"
            for region in sorted(replicas.present(self.live))
        )
        own = f"{UNPROTECTED}, " if self.live.deletion_protection and not self.unprotects else ""
        line = f"{own}replicas: {{{', '.join(named)}}}"
        return (
            f"To delete all of them, {_saying(line, self.stated)}; to keep the others, delete the table by a plan for one of "
            "their Regions that states this one's replica absent."
        )

    def _anew(self, unnamed: Sequence[str]) -> str:
        named = (f"{region}: {{{UNPROTECTED if self._protects(region) else ''}}}" for region in unnamed)
        return (
            f"State `replicas: {{{', '.join(named)}}}` with it, to have them removed and added to the new table, with the items "
            "that this has then; or `absent` for one that shall not come again."
        )

    def _protects(self, region: str) -> bool:
        own = self.live.replicas[region].seen
        return own is not None and bool(own.deletion_protection)

    def _backed_up(self, context: Context) -> Iterator[Finding]:
        """What has been written since a backup is not in it, so that none of an earlier run's will do for this one."""
        if self.live.backups is UNREAD:
            return
        beginning = _beginning(self.live.name)
        ours = (name for name in self.live.backups if name.startswith(beginning))
        if earlier := sorted(name for name in ours if RUN_IDS.fullmatch(name.removeprefix(beginning))):
            message = f"Backups that earlier runs took of {self.ref} are kept: {', '.join(earlier)}."
            action = "This run needs none of them: delete those that nobody needs, for AWS charges for each."
            yield context.finding("notice", "backups-kept", self.ref, "", message, action)


def diff(declared: Declared, seen: Seen, context: Context) -> Diff:
    """Where the table is gone, or going already, only what it leaves behind."""
    live, spec = here(seen), declared.spec
    if live is None or gone(live):
        left = tuple(inheritance.of_absent(declared.ref, seen))
        return Diff(left, findings=tuple(_left(declared, seen, context)))
    named: Mapping[str, AbsentReplica] = spec.replicas or {}
    first = tuple(replicas.removal(declared.ref, live, named))
    unprotects, stated = spec.deletion_protection is False, frozenset(spec.model_fields_set - {"ensure"})
    going = Going(declared.ref, live, unprotects, first, frozenset(named), stated)
    findings = (*_hazard(declared, context), *_content(declared.ref, live, context), *going.findings(context))
    return Diff((*first, *going.before, going.change), findings=findings)


def _content(ref: Ref, live: TableLive, context: Context) -> Iterator[Finding]:
    """What is lost: a reviewer's first question."""
    if live.item_count or live.size_bytes:
        counted = f"{live.item_count:,} items in {live.size_bytes:,} bytes"
        message = f"{ref} goes with what is in it: {counted}, counted up to six hours ago."
        yield context.finding("notice", "table-content", ref, "", message)


def _left(declared: Declared, seen: Seen, context: Context) -> Iterator[Finding]:
    """Who deletes the table here alone leaves its replicas, each of which is a table by itself then."""
    for region, other in elsewhere(seen).items():
        if isinstance(other, TableLive) and other.status != "DELETING":
            ref = declared.ref.child(REPLICAS, region)
            message = f"{declared.name} is gone here, and still stands in {region}."
            action = f"Delete it by a plan for {region}."
            yield context.finding("warning", "replica-left", ref, "", message, action)


def steps(builder: StepBuilder, table: Table, diff: Diff, context: Context) -> list[Step]:
    """The lane from a settled table to none, and from none to nothing that it has left."""
    deletion = next((change for change in diff.changes if change.ref == table.ref and change.goes), None)
    if deletion is None:
        return inheritance.steps(builder, table.name, diff.changes)
    return removal(builder, table, diff, context, deletion)


def removal(builder: StepBuilder, table: Table, diff: Diff, context: Context, deletion: Change) -> list[Step]:
    """Backup, then its replicas, then what else changes before it goes, then the deletion."""
    backup = [_backup(builder, table.name)] if context.policy.backup_before_delete else []
    own = [change for change in diff.changes if change.ref == table.ref and goes_before(change)]
    calls = [*settings.due(ROWS, own, table), *indexes.due(table, [*filter(goes_before, diff.changes)])]
    before = [builder.setting(sending) for sending in settings.sendings(calls)]
    call = lanes.call(table.name, "DeleteTable")
    delete = builder.step(
        "delete",
        f"delete table {table.name}",
        call,
        (deletion,),
        lanes.DELETE,
        destructive=True,
        ends=frozenset({table.seen.arn}),
    )
    gone = dependence.removals(table, diff.changes)
    last = [dependence.on(step, *gone) for step in (*before, delete)]
    return [*backup, *replica_steps.departures(builder, table, diff.changes), *last]


def goes_before(change: Change) -> bool:
    """Whether a Change is of those that are made of a table before it goes."""
    ends = change.field == scaling.FIELD and all(side == OFF for side in change.after.values())
    return ends or (change.field == protection.FIELD and change.after is False)


def _beginning(table: str) -> str:
    """What the names of a table's backups begin with, before the id of the run that took it."""
    return f"{table[: LONGEST_NAME - RUN_ID - 1]}-"


def _backup(builder: StepBuilder, table: str) -> Step:
    """Something done once rather than a state of the table, hence `run`. Its name tells which run it belongs to."""
    backup = Text((_beginning(table), FromRun("id")))
    return builder.step(
        "create",
        f"back up table {table}",
        lanes.call(table, "CreateBackup", BackupName=backup),
        (Change(builder.ref, BACKUP, None, backup, "create"),),
        lanes.BACKUP,
        what="backup",
        action="run",
        reads=frozenset({aspects.BACKUPS}),
        scope=Scope.SELF,
    )


def _saying(line: str, stated: Set[str]) -> str:
    """How to say `line` of a table that shall not exist: beside the keys that are stated of it, else in the long form."""
    return f"state `{line}` too" if stated else f"state `{{ensure: absent, {line}}}`"


def _hazard(declared: Declared, context: Context) -> list[Finding]:
    """Only `after` orders a deletion: in a plan that deletes a table, what used it names it no more."""
    if declared.spec.after:
        return []
    message = f"Whoever still uses {declared.ref} fails once its deletion starts."
    saying = _saying("after: [functions.ID]", declared.spec.model_fields_set - {"ensure"})
    action = (
        f"Delete it once nothing uses it any more. Where a function of this plan stops using it by this plan, {saying}, with "
        "that function's id, so that the table goes last."
    )
    return [context.finding("warning", "table-delete", declared.ref, "", message, action)]
