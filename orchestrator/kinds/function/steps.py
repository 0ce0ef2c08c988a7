"""The steps of a function's lane, in the order of the fact sheet's 14.3: `lanes.Place`, between waiting, creation and deletion.

Configuration and code are never merged and each is settled before the next (11.6); a version is Active before an alias
moves to it (11.8).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from orchestrator.kinds import settings
from orchestrator.kinds.contract import Context, Diff
from orchestrator.kinds.fields import OFF, Absent, late
from orchestrator.kinds.function import aspects, concurrency, package, provisioning, publication
from orchestrator.kinds.function.aliases import requests, targets
from orchestrator.kinds.function.aliases.difference import seen
from orchestrator.kinds.function.aspects import VERSION, VERSIONS
from orchestrator.kinds.function.difference import CODE
from orchestrator.kinds.function.event_sources import steps as event_sources
from orchestrator.kinds.function.goals import LAST_UPDATE
from orchestrator.kinds.function.lanes import DEADLINE, SLOW, SNAPPING, SNAPSHOT, UPDATES, Place, call, lane
from orchestrator.kinds.function.lanes import PROVISIONED as PROVISIONED_DEADLINE
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.function.permissions import difference as permissions
from orchestrator.kinds.function.seen import Seen, here, staying
from orchestrator.kinds.function.settings import ROWS, again
from orchestrator.kinds.function.settling import of_function, version_moving
from orchestrator.kinds.function.spec import ALIASES, FunctionSpec
from orchestrator.kinds.function.subjects import Body, Function, subject
from orchestrator.kinds.settings import Rows
from orchestrator.kinds.step_builder import Placed, StepBuilder
from orchestrator.model import NO_TIME, Change, Declared, FromLive, Pending, Ref, Scope, Settled, Step, Text

FROZEN = {name: row for name, row in ROWS.items() if row.order in UPDATES and name != package.FIELD}
"""What a version freezes beside its code."""


def steps(declared: Declared, seen: Seen, diff: Diff, context: Context) -> tuple[Step, ...]:
    """The lane's steps; none where nothing differs and nothing moves."""
    live = here(seen)
    of = _Steps(declared, subject(declared, staying(seen)), live, context, _builder(declared, live))
    own = [change for change in diff.changes if change.ref == declared.ref]
    placed = [
        *of.placed(own),
        *of.aliases([change for change in diff.changes if change.ref.section == ALIASES]),
        *permissions.steps(of.builder, declared.name, diff.changes),
        *event_sources.steps(of.builder, declared, seen, diff.changes, context),
    ]
    placed.sort(key=lambda item: item[0])
    if isinstance(declared.spec, Absent) and of.leaving:
        return *(step for _, step in placed), *of.waiting(own)
    return (
        *of.waiting(own),
        *(of.creation(change) for change in own if change.comes),
        *(step for _, step in placed),
        *(of.deletion(change) for change in own if change.effect == "delete"),
    )


@dataclass(frozen=True, slots=True)
class _Steps:
    """The steps of one function, made by `builder`. `live` is what is seen, also of one that is leaving."""

    declared: Declared
    subject: Function
    live: FunctionLive | None
    context: Context
    builder: StepBuilder

    @property
    def leaving(self) -> bool:
        return self.live is not None and self.live.deleting

    # ------------------------------------------------------------------------------------------------ the whole function

    def waiting(self, changes: list[Change]) -> Iterator[Step]:
        """What is found in transition is waited for, whoever began it (C1, C4); if it is leaving, that may be all to do."""
        found = of_function(self.live, Scope.WHOLE) if self.live is not None else Settled()
        if self.live is None or not isinstance(found, Pending):
            return
        # Versions are listed with every look: only where the function itself is settled is it for one of them.
        reads = frozenset({VERSIONS}) if self.live.status.update in ("Successful", "Failed") else frozenset()
        because = tuple(change for change in changes if change.effect == "delete" and self.leaving)
        summary = f"wait for {self.subject.name}: {found.status}"
        yield self.builder.step("wait", summary, None, because, DEADLINE, timeout="update", reads=reads)

    def deletion(self, change: Change) -> Step:
        delete = call(self.subject.name, "DeleteFunction")
        summary = f"delete function {self.subject.name}"
        return self.builder.step("delete", summary, delete, (change,), DEADLINE, scope=Scope.SELF, destructive=True)

    def creation(self, change: Change) -> Step:
        """Everything that CreateFunction can take, in one call."""
        rows = {name: row for name, row in ROWS.items() if row.create}
        create = call(self.subject.name, "CreateFunction", **settings.created(rows, change.after), Publish=False)
        summary, reads = f"create function {self.subject.name}", settings.reads(rows, self.subject.declared)
        return self.builder.step("create", summary, create, (change,), DEADLINE, reads=reads)

    # --------------------------------------------------------------------------------------------------------- settings

    def placed(self, own: list[Change]) -> Iterator[Placed]:
        """The steps of the function's own changes, each with its place."""
        for change in own:
            if change.field == LAST_UPDATE:
                yield Place.CONFIGURATION, self.fresh_update(change)
            if change.field == publication.FIELD:
                yield Place.VERSION, self.publishing(change)
        of_settings = [change for change in own if change.field in ROWS]
        for sending in settings.sendings(settings.due(ROWS, of_settings, self.subject)):
            yield sending.order, self.builder.setting(sending)
        yield from self.allocating(of_settings)

    def allocating(self, changes: list[Change]) -> Iterator[Placed]:
        """Provisioned concurrency that the plan states and that is still on its way is waited for (architecture, rule 8)."""
        seen = self.live.attached.provisioned if self.live is not None else {}
        changed = {name for change in changes if change.field == concurrency.PROVISIONED for name in change.after}
        for name in self.subject.declared.spec.provisioned_concurrency or {}:
            one = seen.get(name)
            if one is not None and name not in changed and isinstance(one.verdict, Pending):
                yield (
                    Place.PROVISIONED,
                    self.builder.step(
                        "wait",
                        f"wait for {one.verdict.status}",
                        None,
                        (),
                        PROVISIONED_DEADLINE,
                        what=concurrency.PROVISIONED,
                        timeout="update",
                        reads=concurrency.read(name),
                        scope=Scope.SELF,
                    ),
                )

    def fresh_update(self, change: Change) -> Step:
        """The same update again: of the code where it is stated, else of the configuration: the first, where it is several."""
        place = again(self.subject.declared)
        rows = {name: row for name, row in ROWS.items() if row.order == place}
        sending, *_ = settings.sendings(settings.due(ROWS, self._again(rows), self.subject))
        summary = f"update the {sending.name} again"
        return self.builder.step("update", summary, sending.call, (change,), DEADLINE, what=sending.name)

    # ---------------------------------------------------------------------------------------------- versions and aliases

    def publishing(self, change: Change) -> Step:
        """What somebody else changed meanwhile is not published as ours: the digest guards the code (fact sheet 11.7).

        Of the rest only the engine's look before the call can tell. A RevisionId would guard all of it, but it changes
        without a call, when an update settles and with every tag (11.5), and the value of a step is put in once, when it
        begins: a read that lags behind, or a call sent again after a conflict, would carry an old one and be refused
        although all is as planned. An update in its eyes: only a creation may find the function absent.
        """
        publish, snapped = call(self.subject.name, "PublishVersion", **self._guard()), self._snapped()
        return self.builder.step(
            "create",
            f"publish a version of {self.subject.name}",
            publish,
            (change,),
            SNAPSHOT if snapped else DEADLINE,
            what="version",
            action="update",
            timeout="update",
            reads=frozenset({VERSIONS}) | settings.reads(FROZEN, self.subject.declared),
            given=tuple(self._published()),
            estimate=SNAPPING if snapped else NO_TIME,
        )

    def _guard(self) -> Mapping[str, Any]:
        """The digest of the code that the plan states; where only the steps before find it out, what these left."""
        code = package.known(self.subject)
        if code is None:
            return {}
        digest = package.digest(code, {})
        return {"CodeSha256": digest or Text((FromLive(self.subject.ref, CODE),))}

    def _snapped(self) -> bool:
        stated = self.subject.declared.spec.snap_start
        if stated is not None:
            return stated != OFF
        return self.subject.live is not None and self.subject.live.content.snap_start != OFF

    def _published(self) -> Iterator[Change]:
        """All that the plan states of what a version freezes, as it must be by now.

        Code whose digest is not known is left to the guard: to compare it would take a read of the object with each look.
        """
        for row, wanted in settings.stated(FROZEN, self.subject.declared, self.context):
            yield Change(self.subject.ref, row.name, wanted, wanted, "update")
        code = package.known(self.subject)
        if code is not None and package.digest(code, {}) is not None:
            yield Change(self.subject.ref, package.FIELD, code, code, "update")

    def _again(self, rows: Rows[Body, FunctionLive]) -> Iterator[Change]:
        """All that the plan states of `rows`, as if none of it were there; of the code with its digest where that was read."""
        for row, wanted in settings.stated(rows, self.subject.declared, self.context):
            _, after = row.part(row.live(self.subject.seen), wanted)
            yield Change(self.subject.ref, row.name, None, after, "update")

    def aliases(self, changes: list[Change]) -> Iterator[Placed]:
        """One that goes does so last, when nothing of the plan uses it any more; the others move as `relocation` orders them."""
        if not changes:
            return
        by_name = {ref.name: tuple(group) for ref, group in groupby(changes, key=lambda change: change.ref)}
        moves = {one.ref.name: one.after for one in changes if one.effect == "update" and one.field == "version"}
        order = provisioning.relocated(self.declared, self.subject.live, moves)
        for number in dict.fromkeys(one for some in by_name.values() for one in self._coming(some)):
            yield from self.activation(number)
        for name in order.released:
            yield from self.paused(name)
        for name in (*order.names, *(name for name in by_name if name not in moves)):
            some = by_name[name]
            yield Place.ALIAS_DELETES if some[0].effect == "delete" else Place.ALIASES, self.alias(some[0].ref, some)

    def activation(self, number: str) -> Iterator[Placed]:
        """A version that an alias comes to and that is still made is waited for, unless the lane begins with that."""
        version = self.live.numbered(number) if self.live is not None else None
        moving = version_moving(version) if version is not None else None
        if self.live is None or version is None or moving is None or moving == of_function(self.live, Scope.WHOLE):
            return
        step = self.builder.step(
            "wait",
            f"wait for {self.subject.name}: {moving.status}",
            None,
            (),
            DEADLINE if version.content.snap_start == OFF else SNAPSHOT,
            what=f"version-{number}",
            timeout="update",
            reads=frozenset({f"{VERSION}:{number}"}),
            scope=Scope.SELF,
        )
        yield Place.ALIASES, step

    def paused(self, name: str) -> Iterator[Placed]:
        """Provisioned concurrency of an alias that changes places with others is stopped while they move."""
        wanted = (self.subject.declared.spec.provisioned_concurrency or {}).get(name)
        if wanted is None:
            return  # an error finding says so
        before = self.subject.seen.attached.provisioned[name]
        assert before is not None  # it is one of those that have it
        had = concurrency.FAILED if before.status == "FAILED" else before.wanted
        for place, one, after in ((Place.ALIASES, had, OFF), (Place.PROVISIONED, OFF, wanted)):
            change = Change(self.subject.ref, concurrency.PROVISIONED, {name: one}, {name: after}, "update")
            summary = f"stop provisioning {name}" if after == OFF else f"provision {after} executions of {name}"
            step = self.builder.step(
                "update",
                f"{summary}, which changes places with another alias",
                concurrency.provision(self.subject.name, name, after),
                (change,),
                PROVISIONED_DEADLINE,
                what=concurrency.PROVISIONED,
                reads=concurrency.read(name),
                scope=Scope.SELF,
            )
            yield place, step

    def alias(self, ref: Ref, changes: tuple[Change, ...]) -> Step:
        """A move waits until the version is Active, also one that is still to be published (C6): then it is mere metadata.

        Provisioned concurrency that the alias has is allocated anew on the version that it moves to (fact sheet 11.8):
        that is waited for too, whether or not the plan states it.
        """
        effect = changes[0].effect
        assert effect != "replace"  # an alias is changed in place
        value = self._alias_value(ref, changes)
        new = late(value.get("version"))
        moves = effect == "update" and any(change.field == "version" for change in changes)
        return self.builder.step(
            effect,
            _alias_summary(ref.name, value, changes),
            requests.call(self.subject.name, ref.name, value, effect),
            changes,
            PROVISIONED_DEADLINE if effect == "update" else DEADLINE,
            ref=ref,
            scope=Scope.WHOLE if new else Scope.SELF,
            reads=frozenset(
                {
                    aspects.ALIASES,
                    *([VERSIONS] if new else ()),
                    *(f"{VERSION}:{number}" for number in self._coming(changes)),
                    *(concurrency.read(ref.name) if moves else ()),
                }
            ),
            destructive=effect == "delete",
        )

    def _coming(self, changes: tuple[Change, ...]) -> tuple[str, ...]:
        """The versions, known by number, that the alias of `changes` comes to."""
        ref = changes[0].ref
        return targets.coming(self._alias_value(ref, changes), seen(self.subject.live, ref.name))

    def _alias_value(self, ref: Ref, changes: tuple[Change, ...]) -> Mapping[str, Any]:
        """The whole alias as it shall be; of one that is changed the description only if that changes."""
        if changes[0].effect != "update":
            return changes[0].after or {}
        assert self.live is not None  # it has this alias
        assert isinstance(self.live.aliases, Mapping)
        there = self.live.aliases[ref.name]
        return {"version": there.version, "weights": there.weights} | {change.field: change.after for change in changes}


def _builder(declared: Declared, live: FunctionLive | None) -> StepBuilder:
    patience = SLOW if _slow(declared.spec, live) else DEADLINE
    return StepBuilder.of(declared, lane(declared.name), patience=patience)


def _slow(spec: FunctionSpec | Absent, live: FunctionLive | None) -> bool:
    """C8: network interfaces, file systems, images and layers take Lambda longer, whether they come, stay or go."""
    if isinstance(spec, FunctionSpec) and (
        spec.layers or spec.vpc not in (None, OFF) or (spec.code is not None and spec.code.image is not None)
    ):
        return True
    if live is None:
        return False
    content = live.content
    attached = content.vpc != OFF or "FileSystemConfigs" in content.others
    return bool(attached or content.layers or content.package_type == "Image")


def _alias_summary(name: str, value: Mapping[str, Any], changes: tuple[Change, ...]) -> str:
    """An alias that stays with its version is said to change in what does."""
    effect, fields = changes[0].effect, [change.field for change in changes]
    if effect == "delete":
        return f"delete alias {name}"
    if effect == "update" and "version" not in fields:
        return f"change {' and '.join(fields)} of alias {name}"
    target = "the new version" if late(value["version"]) else f"version {value['version']}"
    return f"create alias {name} for {target}" if effect == "create" else f"point alias {name} to {target}"
