"""The steps of a function's lane, in the order of the fact sheet's 14.3.

    wait -> create | configuration -> code -> concurrency -> tags -> version -> aliases

Configuration and code are never merged and each is settled before the next (11.6); a version is Active before an alias
moves to it (11.8).
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
from orchestrator.kinds.function.verdict import verdict
from orchestrator.kinds.settings import Sending
from orchestrator.model import Action, Call, Change, Declared, Estimate, Pending, Ref, Scope, Step

NAMES = {Place.CONFIGURATION: "configuration", Place.CODE: "code"}
"""What stands in the step's id for calls that make several settings at once."""

DEADLINE, SLOW_DEADLINE, SNAPSHOT_DEADLINE = 600, 900, 1800
"""Seconds (fact sheet 14.5): usually; with a VPC, a file system, an image or layers (C8); a version with SnapStart."""

# Seconds: low, likely, high (fact sheet, section 9).
SETTLING = Estimate(1, 4, 30)
SLOW = Estimate(5, 90, 300)
SNAPSHOT = Estimate(60, 120, 600)
METADATA = Estimate(0.1, 0.5, 2)


def lane(name: str) -> str:
    return f"lambda/function/{name}"


def steps(declared: Declared, live: FunctionLive | None, diff: Diff, context: Context) -> tuple[Step, ...]:
    """The lane's steps; none where nothing differs and nothing moves."""
    return tuple(_Lane(declared, live, context).steps(diff.changes))


@dataclass(frozen=True, slots=True)
class _Lane:
    declared: Declared
    live: FunctionLive | None
    context: Context

    def steps(self, changes: tuple[Change, ...]) -> Iterator[Step]:
        gone = [change for change in changes if change.effect == "delete" and change.ref == self.declared.ref]
        leaving = self.live is not None and self.live.deleting
        yield from self._wait(tuple(gone) if leaving else ())
        if gone and not leaving:
            yield self._delete(gone[0])
        of_settings = []
        for change in changes:
            if change.ref != self.declared.ref or change in gone:
                continue
            if change.effect == "create" and not change.field:
                yield self._create(change)
            elif change.field == LAST_UPDATE:
                yield self._fresh(change)
            elif change.field in ROWS:
                of_settings.append((ROWS[change.field], change))
        yield from map(self._set, settings.sendings(of_settings))
        yield from (self._publish(change) for change in changes if change.field == publication.FIELD and _own(change))
        parts = [change for change in changes if change.ref.section == alias.SECTION]
        for ref, group in groupby(parts, key=lambda change: change.ref):
            yield self._alias(ref, tuple(group))

    # ------------------------------------------------------------------------------------------------ the whole function

    def _wait(self, because: tuple[Change, ...]) -> Iterator[Step]:
        """What is found in transition is waited for, whoever began it (C1, C4)."""
        found = verdict(self.live, Scope.WHOLE)
        if self.live is not None and isinstance(found, Pending):
            reads = frozenset({VERSIONS}) if self.live.status.update in ("Successful", "Failed") else frozenset()
            summary = f"wait for {self.declared.name}: {found.status}"
            yield self._step(self.declared.ref, "wait", "wait", summary, None, because, reads=reads)

    def _delete(self, change: Change) -> Step:
        call = self._call("DeleteFunction")
        summary = f"delete function {self.declared.name}"
        return self._step(
            change.ref,
            "delete",
            "delete",
            summary,
            call,
            (change,),
            scope=Scope.SELF,
            estimate=METADATA,
            destructive=True,
        )

    def _create(self, change: Change) -> Step:
        parameters = settings.created(ROWS.values(), self.declared, self.context)
        call = self._call("CreateFunction", PackageType="Zip", **parameters, Publish=False)
        return self._step(change.ref, "create", "create", f"create function {self.declared.name}", call, (change,))

    # --------------------------------------------------------------------------------------------------------- settings

    def _fresh(self, change: Change) -> Step:
        """The same update again: of the code where it is stated, else of the configuration."""
        if self.declared.blobs.get("code") is not None:
            call = self._call("UpdateFunctionCode", **self._code())
            return self._step(change.ref, "update-code", "update", "update the code again", call, (change,))
        rows = [row for row in ROWS.values() if row.order == Place.CONFIGURATION]
        call = self._call("UpdateFunctionConfiguration", **settings.created(rows, self.declared, self.context))
        return self._step(
            change.ref, "update-configuration", "update", "update the configuration again", call, (change,)
        )

    def _set(self, sending: Sending) -> Step:
        parameters = self._code() if sending.order == Place.CODE else sending.parameters
        scope, ref = sending.rows[0].scope, self.declared.ref
        verb = f"update-{NAMES.get(Place(sending.order), sending.name)}"
        call = self._call(sending.operation, **parameters)
        estimate = self._settling() if scope is Scope.WHOLE else METADATA
        return self._step(ref, verb, "update", sending.summary, call, sending.because, scope=scope, estimate=estimate)

    def _code(self) -> Mapping[str, Any]:
        """Always with the architecture: left out, its documented default is x86_64."""
        architecture = self.declared.spec.architecture or (self.live.content.architecture if self.live else None)
        return {"ZipFile": self.declared.blobs["code"], "Architectures": [architecture]}

    # -------------------------------------------------------------------------------------------- versions and aliases

    def _publish(self, change: Change) -> Step:
        """With the digest as a guard: what somebody else uploaded meanwhile is not published as ours (fact sheet 11.7)."""
        blob = self.declared.blobs.get("code")
        call = self._call("PublishVersion", **({"CodeSha256": blob.sha256} if blob else {}))
        summary = f"publish a version of {self.declared.name}"
        reads = frozenset({VERSIONS})
        snapshot = self.live is not None and "SnapStart" in self.live.content.others
        return self._step(
            change.ref,
            "create-version",
            "create",
            summary,
            call,
            (change,),
            reads=reads,
            estimate=SNAPSHOT if snapshot else None,
            deadline=SNAPSHOT_DEADLINE if snapshot else None,
        )

    def _alias(self, ref: Ref, changes: tuple[Change, ...]) -> Step:
        effect = changes[0].effect
        action: Action = "create" if effect == "create" else "delete" if effect == "delete" else "update"
        value = self._alias_value(ref, changes)
        call = alias.call(self.declared.name, ref.name, value, action)
        new = late(value.get("version"))
        return self._step(
            ref,
            action,
            action,
            _alias_summary(ref.name, value, action),
            call,
            changes,
            scope=Scope.WHOLE if new else Scope.SELF,
            reads=frozenset({ALIASES, VERSIONS} if new else {ALIASES}),
            estimate=METADATA,
            destructive=action == "delete",
        )

    def _alias_value(self, ref: Ref, changes: tuple[Change, ...]) -> Mapping[str, Any]:
        """The alias as it shall be; of one that changes its version and weights always, its description only if that changes."""
        if changes[0].effect != "update":
            return changes[0].after or {}
        assert self.live is not None
        assert isinstance(self.live.aliases, Mapping)
        there = self.live.aliases[ref.name]
        return {"version": there.version, "weights": there.weights} | {change.field: change.after for change in changes}

    # -------------------------------------------------------------------------------------------------------- one step

    def _call(self, operation: str, **parameters: Any) -> Call:
        """Tags are the one thing that goes by ARN."""
        if operation in ("TagResource", "UntagResource"):
            assert self.live is not None
            return Call("lambda", operation, {"Resource": self.live.arn, **parameters})
        return Call("lambda", operation, {"FunctionName": self.declared.name, **parameters})

    def _step(
        self,
        ref: Ref,
        verb: str,
        action: Action,
        summary: str,
        call: Call | None,
        because: tuple[Change, ...],
        *,
        scope: Scope = Scope.WHOLE,
        reads: frozenset[str] = frozenset(),
        estimate: Estimate | None = None,
        deadline: float | None = None,
        destructive: bool = False,
    ) -> Step:
        return Step(
            id=f"{ref}:{verb}",
            ref=ref,
            lane=lane(self.declared.name),
            action=action,
            summary=summary,
            call=call,
            because=because,
            deadline=self._deadline(verb, deadline),
            reads=reads,
            scope=scope,
            destructive=destructive,
            estimate=estimate or self._settling(),
        )

    def _deadline(self, verb: str, usual: float | None) -> float:
        """What the plan says for creating, deleting or updating, else the fact sheet's 14.5."""
        kind = verb if verb in ("create", "delete") else "update"
        stated = None if isinstance(self.declared.spec, Absent) else getattr(self.declared.spec.timeouts, kind)
        return stated or usual or (SLOW_DEADLINE if self._slow() else DEADLINE)

    def _settling(self) -> Estimate:
        return SLOW if self._slow() else SETTLING

    def _slow(self) -> bool:
        """C8: network interfaces, file systems, images and layers take Lambda longer."""
        if not isinstance(self.declared.spec, Absent) and self.declared.spec.layers:
            return True
        if self.live is None:
            return False
        content = self.live.content
        attached = {"VpcConfig", "FileSystemConfigs"} & content.others.keys()
        return bool(attached or content.layers or content.package_type == "Image")


def _own(change: Change) -> bool:
    return change.ref.section != alias.SECTION


def _alias_summary(name: str, value: Mapping[str, Any], action: Action) -> str:
    if action == "delete":
        return f"delete alias {name}"
    target = "the new version" if late(value["version"]) else f"version {value['version']}"
    return f"{'create alias' if action == 'create' else 'point alias'} {name} {'for' if action == 'create' else 'to'} {target}"
