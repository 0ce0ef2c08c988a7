"""Taking a table away: a backup first, then protection off where the plan allows it, then the table."""

from orchestrator.kinds import settings
from orchestrator.kinds.contract import Context, Diff
from orchestrator.kinds.fields import Absent
from orchestrator.kinds.lane import Lane
from orchestrator.kinds.table import aspects, lanes
from orchestrator.kinds.table.live import TableLive
from orchestrator.kinds.table.settings import BY_NAME, PROTECTION
from orchestrator.kinds.table.shapes import of_keys
from orchestrator.kinds.table.subjects import Table
from orchestrator.model import Change, Declared, Finding, FromRun, Ref, Scope, Step, Text

BACKUP = "backup"
LONGEST_NAME, RUN_ID = 255, 26
"""Characters of a backup's name (fact sheet 4.2) and of a run's id at its end."""


def gone(live: TableLive | None) -> bool:
    """Whether the table is absent or on its way out, from which nothing brings it back."""
    return live is None or live.status == "DELETING"


def diff(declared: Declared, live: TableLive | None, context: Context) -> Diff:
    """Nothing where the table is gone, or going already."""
    if live is None or gone(live):
        return Diff()
    unprotect = [_unprotection(declared.ref)] if live.deletion_protection and _may_unprotect(declared) else []
    return Diff(
        changes=(*unprotect, Change(declared.ref, "", of_keys(live.keys), None, "delete")),
        findings=(
            *_hazard(declared, context),
            *_protected(declared, live, context),
            *_replicated(declared.ref, live, context),
        ),
    )


def steps(lane: Lane, table: Table, diff: Diff, context: Context) -> list[Step]:
    """The lane from a settled table to none."""
    deletion = next((change for change in diff.changes if change.effect == "delete"), None)
    if deletion is None:
        return []
    backup = [_backup(lane, table.name)] if context.policy.backup_before_delete else []
    changed = [change for change in diff.changes if change.field == PROTECTION.name]
    unprotect = map(lane.setting, settings.sendings(settings.due(BY_NAME, changed, table)))
    call = lanes.call(table.name, "DeleteTable")
    delete = lane.step("delete", f"delete table {table.name}", call, (deletion,), lanes.DELETE, destructive=True)
    return [*backup, *unprotect, delete]


def _backup(lane: Lane, table: str) -> Step:
    """Something done once rather than a state of the table, hence `run`. Its name tells which run it belongs to."""
    backup = Text((f"{table[: LONGEST_NAME - RUN_ID - 1]}-", FromRun("id")))
    return lane.step(
        "create",
        f"back up table {table}",
        lanes.call(table, "CreateBackup", BackupName=backup),
        (Change(lane.ref, BACKUP, None, backup, "create"),),
        lanes.BACKUP,
        what="backup",
        action="run",
        reads=frozenset({aspects.BACKUPS}),
        scope=Scope.SELF,
    )


def _unprotection(ref: Ref) -> Change:
    return Change(ref, PROTECTION.name, True, False, "update")


def _may_unprotect(declared: Declared) -> bool:
    spec: Absent = declared.spec
    return spec.deletion_protection is False


def _hazard(declared: Declared, context: Context) -> list[Finding]:
    """Only `after` orders a deletion: in a plan that deletes a table, what used it names it no more."""
    if declared.spec.after:
        return []
    message = f"Whoever still uses {declared.ref} fails once its deletion starts."
    action = (
        "A function of this plan may change after it or beside it: state `{ensure: absent, after: [functions.ID]}`, so that "
        "the table goes last, or delete it in a second plan, once nothing uses it."
    )
    return [context.finding("warning", "table-delete", declared.ref, "", message, action)]


def _protected(declared: Declared, live: TableLive, context: Context) -> list[Finding]:
    if not live.deletion_protection or _may_unprotect(declared):
        return []
    allowing = "" if context.policy.destructive else ", and `policy: {destructive: allow}` or --allow-destructive"
    return [
        Finding(
            "warning",
            "deletion-protected",
            f"{declared.ref} is protected against deletion, so apply refuses to delete it.",
            f"To delete it all the same, state `{{ensure: absent, deletion_protection: false}}`{allowing}.",
            declared.ref,
            context.where(declared.ref, ""),
            refuses=True,
        )
    ]


def _replicated(ref: Ref, live: TableLive, context: Context) -> list[Finding]:
    """Replicas go first, one by one (fact sheet 8.3)."""
    if not live.replicas:
        return []
    regions = ", ".join(sorted(replica.region for replica in live.replicas))
    message = f"{ref} has replicas ({regions}); deleting a table that has replicas is not supported yet."
    return [context.finding("error", "not-supported-yet", ref, "", message, "Remove its replicas first.")]
