"""Looking at a function: which reads a declaration needs, and the reads themselves.

GetFunction alone tells configuration, tags and reserved concurrency, and may be called far more often than any other read
(fact sheet 12.2), so versions and aliases are read only where they are asked for.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import replace
from typing import Any

from orchestrator.errors import Fault
from orchestrator.kinds import settings
from orchestrator.kinds.arns import region_of
from orchestrator.kinds.fields import OFF, Absent
from orchestrator.kinds.function import async_invoke, concurrency, url
from orchestrator.kinds.function.aliases import deletion as alias_deletion
from orchestrator.kinds.function.aliases import uses
from orchestrator.kinds.function.aliases.rules import names_published, numbers
from orchestrator.kinds.function.aspects import (
    ACCOUNT,
    ALIASES,
    ALL_PROVISIONED,
    ASPECTS,
    ASYNC_INVOKE,
    EVENT_SOURCE,
    EVENT_SOURCES,
    EVERY_EVENT_SOURCE,
    IMAGE,
    INVOKE_CONFIG,
    LEFT_EVENT_SOURCE,
    OF_EACH_ALIAS,
    POLICY,
    PROVISIONED,
    S3,
    S3_BYTES,
    S3_THERE,
    SNAPSHOTS,
    URLS,
    VERSION,
    VERSIONS,
    WITHOUT,
    of_each,
)
from orchestrator.kinds.function.attached import Attached
from orchestrator.kinds.function.event_sources.live import EventSources, of_function, of_name
from orchestrator.kinds.function.images import parse
from orchestrator.kinds.function.lanes import LATEST
from orchestrator.kinds.function.live import FunctionLive, VersionLive, parsed, version
from orchestrator.kinds.function.seen import Remains, Seen
from orchestrator.kinds.function.settings import ROWS
from orchestrator.kinds.function.settling import verdict
from orchestrator.kinds.function.spec import ALIASES as SECTION
from orchestrator.kinds.function.spec import PUBLISHED, FunctionSpec
from orchestrator.kinds.function.subjects import Body
from orchestrator.kinds.kms import KMS
from orchestrator.kinds.observation import Abroad, Aspects, Reply, Unreadable, read, split
from orchestrator.kinds.parts import present
from orchestrator.model import UNREAD, Call, Pending, Scope, Unread
from orchestrator.ports import Cloud, Together, in_turn

NOT_FOUND = "ResourceNotFoundException"
SNAPPED = "published_versions"
PACKAGES = (S3, IMAGE)
"""The aspects that tell what the code would be."""


def reads(spec: FunctionSpec | Absent) -> frozenset[str]:
    """The aspects that `spec` states; of one that shall go, the event source mappings that would outlive it.

    All aliases are listed, not only the named ones read: one call shows the unmanaged ones too.
    """
    if isinstance(spec, Absent):
        return frozenset({EVERY_EVENT_SOURCE})
    stated = {
        ALIASES: spec.aliases is not None or bool(uses.named(spec)),
        VERSIONS: bool(spec.publish) or names_published(spec),
        ALL_PROVISIONED: spec.reserved_concurrency is not None or _meets_provisioned(spec),
    }
    named = (number for one in present(spec.aliases).values() for _, number in numbers(one))
    of_aliases = {aspect for aspect, needed in stated.items() if needed} | {f"{VERSION}:{one}" for one in named}
    own = settings.reads(ROWS, Body(spec))
    return own | of_aliases | _snapped(spec) | _of_parts(spec) | _resting_on(spec, own)


def _resting_on(spec: FunctionSpec, own: Iterable[str]) -> frozenset[str]:
    """What a function rests on that is not its own: room for what it reserves, and the object that it is to be made of."""
    objects = {f"{S3_THERE}:{split(one)[1]}" for one in own if split(one)[0] == S3}
    return frozenset({ACCOUNT} | objects if spec.reserved_concurrency not in (None, OFF) else objects)


def _meets_provisioned(spec: FunctionSpec) -> bool:
    """Whether the plan states what provisioned concurrency can stand in the way of (fact sheet 11.4, 11.8, 11.12)."""
    return bool(spec.aliases) or (SECTION in spec.prune and spec.aliases is not None) or spec.snap_start == SNAPPED


def _snapped(spec: FunctionSpec) -> frozenset[str]:
    """Of what shall have provisioned concurrency, the version that its alias names by number, or the alias itself where it
    is not stated; and of the other numbers, where something may have it already.
    """
    stated = present(spec.aliases)
    given = {name for name, count in (spec.provisioned_concurrency or {}).items() if count != OFF}
    told = {stated[name].version if name in stated else name for name in given} - {PUBLISHED, LATEST}
    beside = any(one.version.isdecimal() for name, one in stated.items() if name not in given)
    return frozenset(f"{SNAPSHOTS}:{one}" for one in told) | ({SNAPSHOTS} if beside else set())


def _of_parts(spec: FunctionSpec) -> frozenset[str]:
    """Event sources and permissions of the function and of every alias: which entry is meant may show at another one.

    Mappings of a version, or of an alias that is gone, show in the account's list alone.
    """
    found = alias_deletion.reads(spec)
    if spec.event_sources is not None:
        found |= {EVERY_EVENT_SOURCE}
    if spec.permissions is not None:
        found |= {ALIASES, POLICY}
    return found


async def observe(cloud: Cloud, name: str, reads: frozenset[str], together: Together = in_turn) -> Seen:
    """GetFunction and the aspects in `reads`; where the function is absent, or goes while it is read, what `reads` tell of its
    remains, None where there are none. Raises Fault.
    """
    live = await _observed(cloud, name, reads)
    return live or await _remains(cloud, name, reads)


async def _remains(cloud: Cloud, name: str, reads: frozenset[str]) -> Remains | None:
    """The mappings that outlived a function of this name, and what the making of one rests on."""
    aspects = await read(cloud, ASPECTS, {}, (one for one in reads if split(one)[0] in WITHOUT))
    single = aspects.of(LEFT_EVENT_SOURCE)
    listed = {"": of_name(name, aspects.plain().get(EVERY_EVENT_SOURCE, ()))}
    there = EventSources(listed, single)
    account = aspects.plain().get(ACCOUNT)
    packages = {f"{S3}:{one}": answer for one, answer in aspects.of(S3_THERE).items() if answer is not None}
    if not (there.all or account or packages):
        return None
    arn = ":".join(there.all[0].function.split(":")[:7]) if there.all else ""
    return Remains(arn, there, account, packages)


async def _observed(cloud: Cloud, name: str, reads: frozenset[str]) -> FunctionLive | None:
    try:
        reply = await cloud.send(Call("lambda", "GetFunction", {"FunctionName": name}))
        seen = parsed(reply)
        worth = frozenset(name for name in reads if _worth_reading(name, seen))
        aspects = await _aspects(cloud, reply, worth, _asked(reads))
        packages = await _packages(cloud, reply, seen, (name for name in reads if split(name)[0] in PACKAGES))
        aliases = aspects.plain().get(ALIASES, UNREAD)
        named = aspects.of(VERSION)
        listed = VERSIONS in reads or None in named.values()
        numbers = await _numbers(cloud, name) if listed else UNREAD
        newest = await _newest(cloud, name, numbers) if VERSIONS in reads and numbers is not UNREAD else UNREAD
    except Fault as fault:
        if fault.code == NOT_FOUND:
            return None
        raise
    attached = _attached(reply, aspects)
    return replace(
        parsed(reply, newest, aliases, numbers),
        named=named,
        packages=packages,
        kms_keys=aspects.of(KMS),
        attached=attached,
        account=aspects.plain().get(ACCOUNT),
    )


async def _aspects(cloud: Cloud, function: Reply, reads: frozenset[str], numbers: Iterable[str]) -> Aspects:
    """First what tells whether others are read: aliases where something is read of each, and what has provisioned
    concurrency where SnapStart of the versions `numbers` may stand beside it.
    """
    deciding = frozenset({ALIASES} if reads & frozenset(OF_EACH_ALIAS) else ())
    deciding |= {ALL_PROVISIONED} if SNAPSHOTS in reads else set()
    first = await read(cloud, ASPECTS, function, deciding)
    plain, rest = first.plain(), reads - deciding - {SNAPSHOTS}
    if plain.get(ALL_PROVISIONED):
        rest |= {f"{SNAPSHOTS}:{number}" for number in numbers}
    second = await read(cloud, ASPECTS, function, of_each(rest, plain.get(ALIASES, ())))
    return Aspects({**first.values, **second.values})


def _attached(function: Reply, aspects: Aspects) -> Attached:
    plain = aspects.plain()
    arn = function["Configuration"]["FunctionArn"]
    listed = dict(aspects.of(EVENT_SOURCES))
    if EVERY_EVENT_SOURCE in plain:
        listed[""] = of_function(arn, plain[EVERY_EVENT_SOURCE])
    single = {name: one and concurrency.parsed(name, one) for name, one in aspects.of(PROVISIONED).items()}
    return Attached(
        event_sources=EventSources(listed, {**aspects.of(EVENT_SOURCE), **aspects.of(LEFT_EVENT_SOURCE)}),
        policies=aspects.of(POLICY),
        urls=url.parsed(plain[URLS]) if URLS in plain else UNREAD,
        async_invoke=_async_invoke(plain.get(ASYNC_INVOKE, UNREAD)),
        invoke_configs={
            name: async_invoke.parsed(one) if one else {} for name, one in aspects.of(INVOKE_CONFIG).items()
        },
        provisioned={**concurrency.listed(plain.get(ALL_PROVISIONED, ())), **single},
        all_provisioned=ALL_PROVISIONED in plain,
        snapshots=aspects.of(SNAPSHOTS),
    )


def _async_invoke(reply: Reply | Unread) -> Reply | Unread:
    """Empty where there is no configuration."""
    return async_invoke.parsed(reply) if reply is not UNREAD and reply else reply


def _worth_reading(name: str, seen: FunctionLive) -> bool:
    """A KMS key is resolved only where the function has another one than Lambda's own, by another name."""
    sort, argument = split(name)
    if sort == KMS:
        return seen.content.kms_key not in (OFF, argument)
    return sort in ASPECTS and sort not in (*PACKAGES, S3_THERE)


async def _packages(
    cloud: Cloud, reply: Reply, seen: FunctionLive, names: Iterable[str]
) -> Mapping[str, str | Unreadable]:
    """The digests of objects and images, by the reads' names.

    While the function moves nothing is compared, and an object without a checksum would be fetched with every look.
    """
    if isinstance(verdict(seen, Scope.SELF), Pending):
        return {}
    return {name: await _digest(cloud, reply, seen, name) for name in sorted(names)}


async def _digest(cloud: Cloud, reply: Reply, seen: FunctionLive, name: str) -> str | Unreadable:
    """What S3 or the registry says, asked in the registry's own Region; else the digest of the bytes themselves."""
    sort, argument = split(name)
    image = parse(argument) if sort == IMAGE else None
    abroad = image is not None and image.region != region_of(seen.arn)
    where: Cloud = Abroad(cloud, image.region) if image and abroad else cloud
    told: str | Unreadable | None = (await read(where, ASPECTS, reply, [name])).of(sort)[argument]
    if told is None:
        fetched = await read(cloud, ASPECTS, reply, [f"{S3_BYTES}:{argument}"])
        told = fetched.of(S3_BYTES)[argument]
    assert told is not None
    return told


def _asked(reads: frozenset[str]) -> frozenset[str]:
    """The numbers of versions that there may or may not be."""
    return frozenset(argument for sort, argument in map(split, reads) if sort == VERSION)


async def _numbers(cloud: Cloud, name: str) -> tuple[str, ...]:
    """The number of every version, the highest first."""
    found = [item["Version"] async for item in _listed(cloud, name)]
    return tuple(sorted((number for number in found if number.isdecimal()), key=int, reverse=True))


async def _newest(cloud: Cloud, name: str, numbers: tuple[str, ...]) -> VersionLive | None:
    """The version of the highest number. Lists carry no State, so it is read by itself; one deleted meanwhile is passed over."""
    for number in numbers:
        request = {"FunctionName": name, "Qualifier": number}
        try:
            return version(await cloud.send(Call("lambda", "GetFunction", request)))
        except Fault as fault:
            if fault.code != NOT_FOUND:
                raise
    return None


async def _listed(cloud: Cloud, name: str) -> AsyncIterator[Any]:
    """Every version of every page."""
    request: dict[str, Any] | None = {"FunctionName": name}
    while request is not None:
        reply = await cloud.send(Call("lambda", "ListVersionsByFunction", request))
        for item in reply.get("Versions", ()):
            yield item
        marker = reply.get("NextMarker")
        request = {**request, "Marker": marker} if marker else None
