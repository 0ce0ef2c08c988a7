"""The reads beyond a root's own description: one row each, with what its replies mean.

Where a read is asked for by a name with an argument, `kms:alias/orders`, the argument is its own part of the request.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from orchestrator.errors import Fault
from orchestrator.model import Call
from orchestrator.ports import Cloud

Reply = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that a service names but does not show to this caller: the code of its answer."""

    code: str


def unreadable(*codes: str) -> Mapping[str, Unreadable]:
    """What error codes stand for where what they keep back is told as such."""
    return {code: Unreadable(code) for code in codes}


@dataclass(frozen=True, slots=True)
class Aspect:
    """One read: `operation` with `request(root, argument)`, where `root` is the description of the table or function.

    A reply's `more` is put into the next request as `resume`. `value` makes the aspect of the replies; `excused` maps
    error codes to the value that they stand for. `held_as` is the field of the Live that holds it, where that is not called
    like the aspect; where it is `keyed`, that is a mapping by argument. A `common` one says nothing of the table or function in
    its request: all that ask get the same answer.
    """

    operation: str
    request: Callable[[Reply, str], Mapping[str, Any]]
    value: Callable[[Sequence[Reply]], Any]
    excused: Mapping[str, Any] = field(default_factory=dict)
    service: str = "dynamodb"
    more: str = ""
    resume: str = ""
    held_as: str = ""
    keyed: bool = False
    common: bool = False

    @property
    def api(self) -> str:
        return f"{self.service}:{self.operation}"

    def following(self, request: Mapping[str, Any], reply: Reply) -> Mapping[str, Any] | None:
        """The request for the next page, None after the last."""
        return {**request, self.resume: reply[self.more]} if reply.get(self.more) else None


@dataclass(frozen=True, slots=True)
class Aspects:
    """What was read, by aspect and argument (empty where it takes none)."""

    values: Mapping[tuple[str, str], Any] = field(default_factory=dict)

    def plain(self) -> Mapping[str, Any]:
        """Those without an argument, by aspect."""
        return {sort: value for (sort, argument), value in self.values.items() if not argument}

    def fields(self, aspects: Mapping[str, Aspect]) -> Mapping[str, Any]:
        """By the field of the Live that holds it."""
        found: dict[str, Any] = {}
        for (sort, argument), value in self.values.items():
            aspect = aspects[sort]
            name = aspect.held_as or sort
            found[name] = {**found.get(name, {}), argument: value} if aspect.keyed else value
        return found

    def of(self, sort: str) -> Mapping[str, Any]:
        """Those of one aspect, by argument."""
        return {argument: value for (of, argument), value in self.values.items() if of == sort}


def common(aspects: Mapping[str, Aspect]) -> frozenset[str]:
    """The APIs of those that are."""
    return frozenset(aspect.api for aspect in aspects.values() if aspect.common)


def split(read: str) -> tuple[str, str]:
    """The aspect and the argument of a read's name."""
    sort, _, argument = read.partition(":")
    return sort, argument


async def read(cloud: Cloud, aspects: Mapping[str, Aspect], root: Reply, reads: Iterable[str]) -> Aspects:
    """Send the reads that are named, one after the other, in a stable order. Raises Fault."""
    names = [split(name) for name in sorted(reads)]
    return Aspects({(sort, argument): await _value(cloud, aspects[sort], root, argument) for sort, argument in names})


async def _value(cloud: Cloud, aspect: Aspect, root: Reply, argument: str) -> Any:
    replies = list[Reply]()
    request: Mapping[str, Any] | None = aspect.request(root, argument)
    try:
        while request is not None:
            replies.append(await cloud.send(Call(aspect.service, aspect.operation, request)))
            request = aspect.following(request, replies[-1])
    except Fault as fault:
        if fault.code not in aspect.excused:
            raise
        return aspect.excused[fault.code]
    return aspect.value(replies)


@dataclass(frozen=True, slots=True)
class Abroad:
    """The same cloud, asked in another Region."""

    cloud: Cloud
    region: str

    async def send(self, call: Call) -> Mapping[str, Any]:
        return await self.cloud.send(replace(call, region=self.region))
