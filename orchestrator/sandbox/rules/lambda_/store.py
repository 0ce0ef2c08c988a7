"""The functions of one account and region, and what Lambda remembers beside them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.sandbox.rules.ground import Ground
from orchestrator.sandbox.rules.lambda_.answers import Answers
from orchestrator.sandbox.rules.lambda_.function import (
    ACTIVE,
    RESTORING,
    UPDATING,
    Content,
    Failure,
    Function,
    Move,
    Version,
)
from orchestrator.sandbox.rules.lambda_.mapping import EventSourceMapping
from orchestrator.sandbox.rules.lambda_.names import Named, named
from orchestrator.sandbox.rules.lambda_.neighbours import Neighbours, Streams
from orchestrator.sandbox.rules.lambda_.package import Sources
from orchestrator.sandbox.rules.lambda_.rights import Rights
from orchestrator.sandbox.rules.refusal import Refusal


class Store:
    """What all operations work on.

    `failures` and `refusals` are scripts for the next moves of functions, `unusable` the ids with which none ends well.
    """

    def __init__(self, ground: Ground, sources: Sources | None = None, streams: Streams | None = None) -> None:
        self.ground = ground
        self.sources = sources
        self.rights = Rights(ground)
        self.neighbours = Neighbours(ground, streams)
        self.mappings: dict[str, EventSourceMapping] = {}
        self.arrived: float | None = None
        """When the request that is being served came in, where that is before it takes effect (see policies)."""
        self.answers = Answers()
        self.allocation_failures: dict[str, list[str]] = defaultdict(list)
        self._functions: dict[str, Function] = {}
        self.failures: dict[str, list[Failure]] = defaultdict(list)
        self.refusals: dict[str, list[Refusal]] = defaultdict(list)
        self.unusable: dict[str, Failure] = {}
        self._numbers: dict[str, int] = {}
        self._roles: dict[str, float] = {}

    # -------------------------------------------------------------------------------------------------- finding things

    def read(self, parameters: Mapping[str, Any], now: float) -> tuple[Named, Function]:
        """The function that a read is about; the first reads after its creation may miss it (fact sheet 12.3)."""
        about, function = self.find(parameters, now)
        if function.unseen > 0 and now <= function.created + self.ground.staleness.seconds:
            function.unseen -= 1
            raise self.missing(about)
        return about, function

    def find(self, parameters: Mapping[str, Any], now: float) -> tuple[Named, Function]:
        """The function that a request is about, as it is at `now`. Raises Refusal(ResourceNotFoundException)."""
        about = named(self.ground, parameters)
        function = self.function(about.name, now)
        if function is None:
            raise self.missing(about)
        return about, function

    def changeable(self, parameters: Mapping[str, Any], now: float) -> tuple[Named, Function]:
        """The same of a request that changes something: a function on its way out refuses it."""
        about, function = self.find(parameters, now)
        function.must_stay()
        return about, function

    def function(self, name: str, now: float) -> Function | None:
        """The function of that name as it is at `now`."""
        function = self._functions.get(name)
        if function is None:
            return None
        if function.gone is not None and now >= function.gone:
            del self._functions[name]
            return None
        function.settle(now)
        return function

    def add(self, function: Function) -> None:
        self._functions[function.name] = function

    def keep(self, function: Function, numbers: int) -> None:
        """Have a function whose versions were numbered up to `numbers`."""
        self.add(function)
        self._numbers[function.name] = numbers

    def version(self, about: Named, function: Function) -> Version:
        """The version that the request names."""
        version = function.version(about.qualifier)
        if version is None:
            raise self.missing(about)
        return version

    def all(self, now: float) -> Iterator[Function]:
        """Every function as it is at `now`, by name."""
        for name in sorted(self._functions):
            if function := self.function(name, now):
                yield function

    def mapping(self, uuid: str, now: float) -> EventSourceMapping | None:
        """The event source mapping as it is at `now`."""
        mapping = self.mappings.get(uuid)
        if mapping is not None and mapping.settle(now):
            del self.mappings[uuid]
            return None
        return mapping

    def missing(self, about: Named) -> Refusal:
        arn = self.ground.arn("lambda", f"function:{about.name}{about.suffix}")
        return Refusal("ResourceNotFoundException", f"Function not found: {arn}", 404, fields={"Type": "User"})

    # ------------------------------------------------------------------------------------------------- starting things

    def begin(self, function: Function, version: Version, what: str, seconds: float, now: float) -> None:
        """Let `version` be on its way (`create`, `update` or `publish`) for `seconds`, to its good end or a scripted one."""
        failure = self._scripted(function.name, what) or self._unusable(version.content)
        end = ACTIVE if failure is None else failure.creation
        version.move = Move(now + seconds, end, version.content)
        self._busy(function, version, what, now)

    def begin_update(self, function: Function, content: Content, seconds: float, now: float) -> None:
        """Let $LATEST take on `content`. It is shown at once; after a failure the old one is back (fact sheet 11.2, 13)."""
        latest, failure = function.latest, self._scripted(function.name, "update") or self._unusable(content)
        end, kept = (ACTIVE, content) if failure is None else (failure.update, latest.content)
        latest.content, latest.status, latest.modified = content, UPDATING, now
        latest.move = Move(now + seconds, end, kept)
        latest.revision = function.revise()
        self._busy(function, latest, "update", now)

    def restore(self, function: Function, version: Version, now: float) -> None:
        """Let an idle version come back, unless its image has gone meanwhile (fact sheet 11.2)."""
        version.status = RESTORING
        if self._image_is_gone(version):
            end = Failure("The container image of the function was deleted.", "ImageDeleted").creation
            version.move = Move(now + self.ground.durations.function_create, end, version.content)
            self._busy(function, version, "restore", now)
        else:
            self.begin(function, version, "restore", self.ground.durations.function_create, now)

    def begin_deletion(self, function: Function, now: float) -> None:
        """Let `function` go, at once where that takes no time (fact sheet 11.2)."""
        due = now + self.ground.durations.function_delete
        function.leave(due)
        self.ground.timeline.busy("lambda", f"function/{function.name}", "delete", now, due)

    def must_not_be_refused(self, name: str) -> None:
        """Raise the refusal that a test has in store for the next creation or update of function `name`."""
        if self.refusals[name]:
            raise self.refusals[name].pop(0)

    def _scripted(self, name: str, what: str) -> Failure | None:
        """The first failure that waits for such a move, or for any."""
        for place, failure in enumerate(self.failures[name]):
            if failure.of in (None, what):
                return self.failures[name].pop(place)
        return None

    def _unusable(self, content: Content) -> Failure | None:
        """Why a function with this content can't come about, where it names an id that is no good."""
        settings = content.settings
        vpc, systems = settings["VpcConfig"] or {}, settings["FileSystemConfigs"] or ()
        named = [*vpc.get("SubnetIds", ()), *vpc.get("SecurityGroupIds", ()), *(system["Arn"] for system in systems)]
        named += [settings["KMSKeyArn"], content.package.image, content.package.resolved]
        return next((self.unusable[one] for one in named if one in self.unusable), None)

    def _image_is_gone(self, version: Version) -> bool:
        resolved = version.content.package.resolved
        return self.sources is not None and resolved is not None and self.sources.resolve(resolved) is None

    def _busy(self, function: Function, version: Version, what: str, now: float) -> None:
        """Only $LATEST's moves keep others from changing the function."""
        assert version.move is not None
        exclusive = version is function.latest
        resource = f"function/{function.name}"
        self.ground.timeline.busy("lambda", resource, what, now, version.move.due, exclusive=exclusive)

    def number(self, name: str) -> str:
        """The next version number of a function of that name: never one that was used, even by a deleted function."""
        self._numbers[name] = self._numbers.get(name, 0) + 1
        return str(self._numbers[name])

    # ------------------------------------------------------------------------------------------------------------ roles

    def introduce(self, role: str, now: float) -> None:
        """Note that `role` exists since `now`, unless it was known."""
        self._roles.setdefault(role, now)

    def must_be_assumable(self, role: str, now: float) -> None:
        """Refuse a role for its first seconds (fact sheet 12.3). A role is as old as the first call that named it."""
        self.introduce(role, now)
        if now < self._roles[role] + self.ground.durations.iam_lag:
            raise Refusal(
                "InvalidParameterValueException",
                "The role defined for the function cannot be assumed by Lambda.",
                fields={"Type": "User"},
            )

    def must_be_permitted(self, role: str, settings: Mapping[str, Any], now: float) -> None:
        """Refuse settings for which `role` lacks a right, as yet or for good (fact sheet 12.3)."""
        self.introduce(role, now)
        self.rights.check(role, self._roles[role], settings, now)

    def must_be_allowed(self, role: str, what: str, now: float, text: str) -> None:
        """Refuse, with `text`, where `role` lacks the right to `what`, as yet or for good (fact sheet 12.3)."""
        self.introduce(role, now)
        if self.rights.lacks(role, self._roles[role], what, now):
            raise Refusal("InvalidParameterValueException", text, fields={"Type": "User"})

    def is_unseen(self, role: str, now: float) -> bool:
        """Whether `role` is so young that a policy can't name it yet (fact sheet 12.3)."""
        return role in self._roles and now < self._roles[role] + self.ground.durations.iam_lag
