"""The reads beyond GetFunction: one row each, with what its replies mean. Versions take two reads: see `observation`."""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.kinds import alias
from orchestrator.kinds.alias import AliasLive
from orchestrator.kinds.observation import Aspect, Reply

VERSIONS, ALIASES, NUMBER = "versions", "aliases", "version"
"""`version:77` asks whether there is one of that number."""


def _by_name(function: Reply, _: str) -> Mapping[str, Any]:
    return {"FunctionName": function["Configuration"]["FunctionName"]}


def _aliases(replies: Sequence[Reply]) -> Mapping[str, AliasLive]:
    found = [alias.parsed(item) for reply in replies for item in reply.get("Aliases", ())]
    return {one.name: one for one in sorted(found, key=lambda one: one.name)}


ASPECTS: Mapping[str, Aspect] = {
    ALIASES: Aspect("ListAliases", _by_name, _aliases, service="lambda", more="NextMarker", resume="Marker"),
}
"""What each read sends is told the reply of GetFunction."""
