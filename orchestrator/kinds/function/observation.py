"""Looking at a function: which reads a declaration needs, and the reads themselves.

GetFunction alone tells configuration, tags and reserved concurrency, and may be called far more often than any other read
(fact sheet 12.2), so versions and aliases are read only where they are asked for.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from orchestrator.errors import Fault
from orchestrator.kinds import alias
from orchestrator.kinds.alias import AliasLive
from orchestrator.kinds.fields import Absent
from orchestrator.kinds.function.live import FunctionLive, VersionLive, parsed, version
from orchestrator.kinds.function.spec import FunctionSpec
from orchestrator.model import UNREAD, Call
from orchestrator.ports import Cloud

VERSIONS, ALIASES = "versions", "aliases"
NOT_FOUND = "ResourceNotFoundException"


def names_published(spec: FunctionSpec) -> bool:
    """Whether an alias shall name the newest version."""
    return any(one.version == alias.PUBLISHED for _, one in alias.named(spec.aliases))


def reads(spec: FunctionSpec | Absent) -> frozenset[str]:
    """The aspects that `spec` states.

    All aliases are listed, not only the named ones read: one call shows the unmanaged ones too.
    """
    if isinstance(spec, Absent):
        return frozenset()
    stated = {ALIASES: spec.aliases is not None, VERSIONS: bool(spec.publish) or names_published(spec)}
    return frozenset(aspect for aspect, needed in stated.items() if needed)


async def observe(cloud: Cloud, name: str, reads: frozenset[str]) -> FunctionLive | None:
    """GetFunction and the aspects in `reads`; None where the function is absent, or goes while it is read. Raises Fault."""
    try:
        reply = await cloud.send(Call("lambda", "GetFunction", {"FunctionName": name}))
        newest = await _newest(cloud, name) if VERSIONS in reads else UNREAD
        aliases = await _aliases(cloud, name) if ALIASES in reads else UNREAD
    except Fault as fault:
        if fault.code == NOT_FOUND:
            return None
        raise
    return parsed(reply, newest, aliases)


async def _newest(cloud: Cloud, name: str) -> VersionLive | None:
    """The version of the highest number. Lists carry no State, so it is read by itself; one deleted meanwhile is passed over."""
    found = [item["Version"] async for item in _listed(cloud, "ListVersionsByFunction", "Versions", name)]
    for number in sorted((int(number) for number in found if number.isdecimal()), reverse=True):
        request = {"FunctionName": name, "Qualifier": str(number)}
        try:
            return version(await cloud.send(Call("lambda", "GetFunction", request)))
        except Fault as fault:
            if fault.code != NOT_FOUND:
                raise
    return None


async def _aliases(cloud: Cloud, name: str) -> Mapping[str, AliasLive]:
    found = [alias.parsed(item) async for item in _listed(cloud, "ListAliases", "Aliases", name)]
    return {one.name: one for one in sorted(found, key=lambda one: one.name)}


async def _listed(cloud: Cloud, operation: str, member: str, name: str) -> AsyncIterator[Any]:
    """Every item of every page."""
    request: dict[str, Any] | None = {"FunctionName": name}
    while request is not None:
        reply = await cloud.send(Call("lambda", operation, request))
        for item in reply.get(member, ()):
            yield item
        marker = reply.get("NextMarker")
        request = {**request, "Marker": marker} if marker else None
