"""The steps of a function's lane, in the order of the fact sheet's 14.3.

    wait -> create | configuration -> code -> concurrency -> tags -> version -> aliases

Configuration and code are never merged and each is settled before the next (11.6); a version is Active before an alias
moves to it (11.8). How long each is likely to take is the compiler's to say.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from orchestrator.kinds import alias, settings
from orchestrator.kinds.contract import Context, Diff
from orchestrator.kinds.fields import Absent, late
from orchestrator.kinds.function import publication
from orchestrator.kinds.function.diff import LAST_UPDATE
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.function.observation import ALIASES, VERSIONS
from orchestrator.kinds.function.settings import ROWS, Place
from orchestrator.kinds.function.spec import FunctionSpec
from orchestrator.kinds.function.verdict import verdict
from orchestrator.kinds.lane import Lane
from orchestrator.kinds.settings import Sending
from orchestrator.model import Call, Change, Declared, Pending, Ref, Scope, Step

NAMES = {Place.CONFIGURATION: "configuration", Place.CODE: "code"}
"""What stands in the step's id for calls that make several settings at once."""

DEADLINE, SLOW_DEADLINE, SNAPSHOT_DEADLINE = 600, 900, 1800
"""Seconds (fact sheet 14.5): usually; with a VPC, a file system, an image or layers (C8); a version with SnapStart."""


def lane(name: str) -> str:
    return f"lambda/function/{name}"


def steps(declared: Declared, live: FunctionLive | None, diff: Diff, context: Context) -> tuple[Step, ...]:
    """The lane's steps; none where nothing differs and nothing moves."""
    of = _Steps(declared, live, context, _maker(declared, live))
    own = [change for change in diff.changes if change.ref == declared.ref]
    of_settings = [(ROWS[change.field], change) for change in own if change.field in ROWS]
    parts = [change for change in diff.changes if change.ref.section == alias.SECTION]
    return (
        *of.waiting(own),
        *(of.deletion(change) for change in own if change.effect == "delete" and not of.leaving),
        *(of.creation(change) for change in own if change.effect == "create" and not change.field),
        *(of.fresh_update(change) for change in own if change.field == LAST_UPDATE),
        *map(of.setting, settings.sendings(of_settings)),
        *(of.publishing(change) for change in own if change.field == publication.FIELD),
        *(of.alias(ref, tuple(group)) for ref, group in groupby(parts, key=lambda change: change.ref)),
    )


@dataclass(frozen=True, slots=True)
class _Steps:
    """The steps of one function, made on `lane`."""

    declared: Declared
    live: FunctionLive | None
    context: Context
    lane: Lane

    @property
    def leaving(self) -> bool:
        return self.live is not None and self.live.deleting

    # ------------------------------------------------------------------------------------------------ the whole function

    def waiting(self, changes: list[Change]) -> Iterator[Step]:
        """What is found in transition is waited for, whoever began it (C1, C4); if it is leaving, that may be all to do."""
        found = verdict(self.live, Scope.WHOLE)
        if self.live is None or not isinstance(found, Pending):
            return
        # Versions are listed with every look: only where the function itself is settled is it for one of them.
        reads = frozenset({VERSIONS}) if self.live.status.update in ("Successful", "Failed") else frozenset()
        because = tuple(change for change in changes if change.effect == "delete" and self.leaving)
        summary = f"wait for {self.declared.name}: {found.status}"
        yield self.lane.step("wait", summary, None, because, DEADLINE, timeout="update", reads=reads)

    def deletion(self, change: Change) -> Step:
        summary, call = f"delete function {self.declared.name}", self._call("DeleteFunction")
        return self.lane.step("delete", summary, call, (change,), DEADLINE, scope=Scope.SELF, destructive=True)

    def creation(self, change: Change) -> Step:
        """Everything that CreateFunction can take, in one call."""
        parameters = settings.created(ROWS.values(), self.declared, self.context)
        call = self._call("CreateFunction", PackageType="Zip", **parameters, Publish=False)
        return self.lane.step("create", f"create function {self.declared.name}", call, (change,), DEADLINE)

    # --------------------------------------------------------------------------------------------------------- settings

    def fresh_update(self, change: Change) -> Step:
        """The same update again: of the code where it is stated, else of the configuration."""
        if "code" in self.declared.blobs:
            call = self._call("UpdateFunctionCode", **self._code())
            return self.lane.step("update", "update the code again", call, (change,), DEADLINE, what="code")
        rows = [row for row in ROWS.values() if row.order == Place.CONFIGURATION]
        call = self._call("UpdateFunctionConfiguration", **settings.created(rows, self.declared, self.context))
        summary = "update the configuration again"
        return self.lane.step("update", summary, call, (change,), DEADLINE, what="configuration")

    def setting(self, sending: Sending) -> Step:
        """One call; tags are the one thing that goes by ARN."""
        what = NAMES.get(Place(sending.order), sending.name)
        parameters = self._code() if sending.order == Place.CODE else sending.parameters
        call = self._call(sending.operation, **parameters)
        if sending.order == Place.TAGS:
            assert self.live is not None  # a new function has its tags from its creation
            call = Call("lambda", sending.operation, {"Resource": self.live.arn, **parameters})
        scope = sending.rows[0].scope
        return self.lane.step(
            "update", sending.summary, call, sending.because, sending.deadline, what=what, scope=scope
        )

    def _code(self) -> Mapping[str, Any]:
        """Always with the architecture: left out, its documented default is x86_64."""
        assert self.live is not None  # a new function has its code from its creation
        architecture = self.declared.spec.architecture or self.live.content.architecture
        return {"ZipFile": self.declared.blobs["code"], "Architectures": [architecture]}

    # ---------------------------------------------------------------------------------------------- versions and aliases

    def publishing(self, change: Change) -> Step:
        """With the digest as a guard: what somebody else uploaded meanwhile is not published as ours (fact sheet 11.7).

        An update in the engine's eyes: only a creation may find the function absent.
        """
        blob = self.declared.blobs.get("code")
        call = self._call("PublishVersion", **({"CodeSha256": blob.sha256} if blob else {}))
        snapshot = self.live is not None and "SnapStart" in self.live.content.others
        return self.lane.step(
            "create",
            f"publish a version of {self.declared.name}",
            call,
            (change,),
            SNAPSHOT_DEADLINE if snapshot else DEADLINE,
            what="version",
            action="update",
            timeout="update",
            reads=frozenset({VERSIONS}),
        )

    def alias(self, ref: Ref, changes: tuple[Change, ...]) -> Step:
        """A move to a version that is still to be published waits until it is Active; others are mere metadata (C6)."""
        effect = changes[0].effect
        assert effect != "replace"  # an alias is changed in place
        value = self._alias_value(ref, changes)
        new = late(value.get("version"))
        return self.lane.step(
            effect,
            _alias_summary(ref.name, value, effect),
            alias.call(self.declared.name, ref.name, value, effect),
            changes,
            DEADLINE,
            ref=ref,
            scope=Scope.WHOLE if new else Scope.SELF,
            reads=frozenset({ALIASES, VERSIONS} if new else {ALIASES}),
            destructive=effect == "delete",
        )

    def _alias_value(self, ref: Ref, changes: tuple[Change, ...]) -> Mapping[str, Any]:
        """The whole alias as it shall be; of one that is changed the description only if that changes."""
        if changes[0].effect != "update":
            return changes[0].after or {}
        assert self.live is not None  # it has this alias
        assert isinstance(self.live.aliases, Mapping)
        there = self.live.aliases[ref.name]
        return {"version": there.version, "weights": there.weights} | {change.field: change.after for change in changes}

    def _call(self, operation: str, **parameters: Any) -> Call:
        return Call("lambda", operation, {"FunctionName": self.declared.name, **parameters})


def _maker(declared: Declared, live: FunctionLive | None) -> Lane:
    spec: FunctionSpec | Absent = declared.spec
    timeouts = {} if isinstance(spec, Absent) else spec.timeouts.model_dump(exclude_none=True)
    return Lane(lane(declared.name), declared.ref, timeouts, SLOW_DEADLINE if _slow(declared, live) else DEADLINE)


def _slow(declared: Declared, live: FunctionLive | None) -> bool:
    """C8: network interfaces, file systems, images and layers take Lambda longer."""
    if getattr(declared.spec, "layers", None):
        return True
    if live is None:
        return False
    attached = {"VpcConfig", "FileSystemConfigs"} & live.content.others.keys()
    return bool(attached or live.content.layers or live.content.package_type == "Image")


def _alias_summary(name: str, value: Mapping[str, Any], effect: str) -> str:
    if effect == "delete":
        return f"delete alias {name}"
    target = "the new version" if late(value["version"]) else f"version {value['version']}"
    return f"create alias {name} for {target}" if effect == "create" else f"point alias {name} to {target}"
