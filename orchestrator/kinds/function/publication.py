"""When a version is published, and what `published` stands for.

It is the newest numbered version if that holds what $LATEST will hold once this plan's changes are made, else a new one,
whoever made the difference. Descriptions don't count.
"""

from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Any

from orchestrator.kinds.comparison import alike
from orchestrator.kinds.contract import Context
from orchestrator.kinds.function import package, reasons
from orchestrator.kinds.function.aliases.rules import names_published
from orchestrator.kinds.function.live import Content, FunctionLive, VersionLive
from orchestrator.kinds.function.spec import PUBLISHED, FunctionSpec
from orchestrator.kinds.parts import present
from orchestrator.model import Change, Declared, Finding, FromLive, Text

FIELD = "version"
"""The field of the Change that publishes; also the attribute that references name."""


@dataclass(frozen=True, slots=True)
class Publication:
    """`target` is what `published` stands for afterwards, None where no version is; `change` publishes, if one is due."""

    target: str | Text | None
    change: Change | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether `target` is nothing to build on, which its findings say."""
        return any(one.level == "error" for one in self.findings)


def due(declared: Declared, live: FunctionLive | None, changes: Collection[Change], context: Context) -> Publication:
    """What is to be published after `changes`; `live` is None where the function is yet to be created."""
    spec: FunctionSpec = declared.spec
    publishes = spec.publish if spec.publish is not None else names_published(spec)
    newest = live.newest if live is not None and isinstance(live.newest, VersionLive) else None
    number = newest.number if newest else None
    holds = newest is not None and live is not None and _holds(newest.content, live, changes)
    if not publishes:
        return Publication(number, findings=() if newest is None or holds else _older(declared, newest, context))
    if newest is not None and holds:
        return Publication(number, findings=_failed(declared, newest, context))
    findings = _foreign(declared, newest, live.content, context) if newest is not None and live is not None else ()
    late = Text((FromLive(declared.ref, FIELD),))
    return Publication(late, Change(declared.ref, FIELD, number, "published", "create"), findings)


def reached(live: FunctionLive) -> bool:
    """C7: the newest version holds code and configuration of $LATEST. PublishVersion may have answered an older one."""
    return live.published


def _holds(newest: Content, live: FunctionLive, changes: Collection[Change]) -> bool:
    """Whether the version already is what $LATEST will be. It is not where the digest of the code to come isn't known yet."""
    planned: dict[str, Any] = {one.name: getattr(live.content, one.name) for one in fields(live.content)}
    for change in changes:
        if change.field == package.FIELD:
            planned[package.FIELD] = package.digest(change.after, live.packages)
        elif change.field in planned:
            planned[change.field] = change.after
    return all(alike(getattr(newest, name), value) for name, value in planned.items())


def _older(declared: Declared, newest: VersionLive, context: Context) -> tuple[Finding, ...]:
    """What a reader of `published` would not expect."""
    names = [name for name, one in present(declared.spec.aliases).items() if one.version == PUBLISHED]
    if not names:
        return ()
    message = (
        f"With `publish: false`, `published` stands for version {newest.number} of {declared.name} "
        f"({', '.join(names)}), which is not what $LATEST will be after this run."
    )
    action = f'Take `publish: false` away to publish a version, or name version "{newest.number}", if it is meant.'
    return (context.finding("warning", "published-is-older", declared.ref, "publish", message, action),)


def _foreign(declared: Declared, newest: VersionLive, latest: Content, context: Context) -> tuple[Finding, ...]:
    differing = latest.differs_in(newest.content)
    if not differing:
        return ()
    message = (
        f"$LATEST of {declared.name} already differs from version {newest.number} in {', '.join(differing)}: "
        "what was changed outside of this run is published with the new version."
    )
    return (context.finding("notice", "publishes-earlier-changes", declared.ref, "publish", message),)


def _failed(declared: Declared, newest: VersionLive, context: Context) -> tuple[Finding, ...]:
    """Publishing again would answer the same version (fact sheet 11.7)."""
    if newest.status.state != "Failed":
        return ()
    message = f"Version {newest.number} of {declared.name} is Failed: {newest.status.reason} ({newest.status.code})."
    action = f"Change the code or the configuration, or delete version {newest.number}; then a new one is published."
    if advice := reasons.advice(newest.status.code):
        action = f"{advice} {action}"
    return (context.finding("error", "version-failed", declared.ref, "publish", message, action),)
