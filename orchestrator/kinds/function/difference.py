"""What differs between a declared function, its parts included, and its live state."""

from collections.abc import Iterable, Sequence

from orchestrator.kinds import settings, tags
from orchestrator.kinds.contract import Context, Diff, joined
from orchestrator.kinds.fields import Absent
from orchestrator.kinds.function import (
    deletion,
    findings,
    package,
    provisioning,
    publication,
    url,
)
from orchestrator.kinds.function.aliases import deletion as alias_deletion
from orchestrator.kinds.function.aliases import difference as aliases
from orchestrator.kinds.function.aliases import uses, weights
from orchestrator.kinds.function.event_sources import difference as event_sources
from orchestrator.kinds.function.goals import LAST_UPDATE
from orchestrator.kinds.function.lanes import UPDATES
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.function.permissions import difference as permissions
from orchestrator.kinds.function.permissions import findings as permission_findings
from orchestrator.kinds.function.publication import Publication
from orchestrator.kinds.function.seen import Seen, staying
from orchestrator.kinds.function.settings import ROWS, again
from orchestrator.kinds.function.spec import ALIASES
from orchestrator.kinds.function.subjects import Function, subject
from orchestrator.kinds.observation import Unreadable
from orchestrator.model import Change, Declared

CODE = "code_sha256"
"""The attribute that tells the digest of $LATEST's code."""


def diff(declared: Declared, seen: Seen, context: Context) -> Diff:
    """A function on its way out counts as absent: what is wanted is made once it is gone."""
    if isinstance(declared.spec, Absent):
        return deletion.diff(declared, seen, context)
    live = staying(seen)
    if live is None:
        return _creation(declared, seen, context)
    return _update(declared, live, context)


# ------------------------------------------------------------------------------------------------------------- creation


def _creation(declared: Declared, seen: Seen, context: Context) -> Diff:
    """The mappings that outlive, or outlived, an earlier function of the name are the new one's from its first moment."""
    found = tuple(findings.before_creation(declared, seen, context))
    if any(finding.level == "error" for finding in found):
        return Diff(findings=found)
    function = subject(declared, None)
    values = settings.values(ROWS, function, context)
    whole = settings.createable(ROWS, values)
    create = Change(declared.ref, "", None, whole, "create")
    later = tuple(settings.afterwards(ROWS, values, function))
    published = publication.due(declared, None, (), context)
    parts = _parts(declared, seen, published, later, context)
    own = Diff(
        changes=(create, *later, *_publishing(published)),
        findings=(*found, *published.findings),
        changing=frozenset({"arn", CODE, publication.FIELD, url.FIELD}),
    )
    return joined(own, parts)


# --------------------------------------------------------------------------------------------------------------- update


def _update(declared: Declared, live: FunctionLive, context: Context) -> Diff:
    found = tuple(findings.before_changes(declared, live, context))
    if any(finding.level == "error" for finding in found):
        return Diff(findings=found)
    function = subject(declared, live)
    changes = tuple(settings.differences(ROWS, function, context))
    hazards = (
        *settings.hazards(ROWS, changes, function, context),
        *settings.oversized(ROWS, changes, function, context),
    )
    others = _other_tags(declared, live)
    changes = (*_fresh(function, live, changes), *others.changes, *changes)
    published = publication.due(declared, live, changes, context)
    parts = _parts(declared, live, published, changes, context)
    failed = findings.last_update_failed(
        declared,
        live,
        context,
        updates=_updates(changes),
        needs=findings.needs_last_update(
            declared.spec,
            publishes=published.change is not None,
            moves=any(change.ref.section == ALIASES for change in parts.changes),
        ),
    )
    own = Diff(
        changes=(*changes, *_publishing(published)),
        unmanaged=others.unmanaged,
        findings=(*found, *hazards, *([failed] if failed else ()), *published.findings),
        changing=_changing(published, changes),
    )
    return joined(own, parts)


def _fresh(function: Function, live: FunctionLive, changes: Iterable[Change]) -> tuple[Change, ...]:
    """C5: where the last update failed, what is shown proves nothing (fact sheet, section 13): send what is stated again."""
    if live.status.update != "Failed" or _updates(changes) or again(function.declared) is None:
        return ()
    return (Change(function.ref, LAST_UPDATE, "Failed", "Successful", "update"),)


def _updates(changes: Iterable[Change]) -> bool:
    return any(change.field == LAST_UPDATE or ROWS[change.field].order in UPDATES for change in changes)


def _other_tags(declared: Declared, live: FunctionLive) -> Diff:
    there = {} if isinstance(live.tags, Unreadable) else live.tags
    return tags.beyond(declared.ref, there, declared.spec.tags, declared.spec.prune)


def _publishing(published: Publication) -> tuple[Change, ...]:
    return () if published.change is None else (published.change,)


def _changing(published: Publication, changes: Sequence[Change]) -> frozenset[str]:
    """The attributes that are known only afterwards."""
    found = {
        CODE: any(change.field == package.FIELD for change in changes),
        publication.FIELD: published.change is not None,
        url.FIELD: url.new_address(changes),
    }
    return frozenset(name for name, changes_it in found.items() if changes_it)


# ---------------------------------------------------------------------------------------------------------------- parts


def _parts(
    declared: Declared,
    seen: Seen,
    published: Publication,
    changes: Sequence[Change],
    context: Context,
) -> Diff:
    """Aliases, permissions and event sources, and what none of them can be; `changes` are those of the settings."""
    live = staying(seen)
    own_aliases = aliases.diff(declared, live, published, context)
    several = [
        own_aliases,
        permissions.diff(declared, live, context),
        event_sources.diff(declared, seen, context, alias_deletion.leaving(own_aliases.changes)),
    ]
    own = joined(*several)
    found = [
        *url.notices(declared, live, changes, context),
        *url.findings(declared, live, context),
        *permission_findings.findings(own.changes, context),
        *uses.findings(declared, live, context),
        *alias_deletion.findings(declared, live, (*changes, *own.changes), context),
        *weights.findings(declared, live, published, context),
        *provisioning.findings(declared, live, published, context),
    ]
    return joined(own, Diff(findings=tuple(found)))
