"""Tables and functions in the wild: the replies of accounts that have grown, and the control plane that gives them.

A file `tests/cases/wild/SECTION/NAME.yaml` is one resource:

    about: A table of 2015 …       # why it is here
    name: orders                   # its real name and logical id
    region: us-east-1              # optional: where it is looked at from
    replies: {DescribeTable: {…}}  # AWS's, as the wire has them; what nobody ever set is in `untouched/SECTION.yaml`
    newer: [Table.VectorIndexes]   # members that the service models of some SDKs don't know, by their path in the reply
    files: {src/app.py: text}      # optional: what lies beside the plan
    body: {…}                      # as its owner would write it down
    steps: [wait until …]          # summaries of what an apply would do: nothing unless said
    findings: [warning:table-broken]
    unmanaged: [indexes.by_old]
    status: {"": in_place}         # `state: detail` of the resource itself and of each part, by its path below
    attributes: {stream_arn: …}    # optional: what references to it stand for; null where that is not known
    with_newer: {steps: …}         # what differs of these where the SDK knows the newer members

A reply may be a list (one a call, in order), `{fault: CODE, message: TEXT}`, or of another Region: `DescribeTable in REGION`.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import botocore.parsers
import botocore.session
import yaml

from orchestrator import pipeline
from orchestrator.engine.limits import Limited
from orchestrator.errors import Fault
from orchestrator.kinds import ROOTS
from orchestrator.model import Call, Preview, Status, Target
from orchestrator.planning.load import Inputs, load, read
from orchestrator.sandbox.clock import VirtualClock
from tests.kinds.cases import FOLDER, NOW, PLAN, YamlLoader

WILD = FOLDER / "wild"
ACCOUNT, REGION = "123456789012", "eu-west-1"


@dataclass(frozen=True)
class Wild:
    """One file."""

    id: str
    section: str
    body: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.body["name"])

    @property
    def region(self) -> str:
        return str(self.body.get("region", REGION))

    @property
    def newer(self) -> tuple[str, ...]:
        return tuple(self.body.get("newer", ()))

    @property
    def untouched(self) -> Mapping[str, Any]:
        """What is answered of what nobody ever set, in every Region."""
        found: Mapping[str, Any] = _yaml(WILD / "untouched" / f"{self.section}.yaml")
        return found

    @property
    def replies(self) -> Mapping[str, Any]:
        return {**self.untouched, **self.body["replies"]}

    def expected(self, what: str, *, newer: bool) -> Any:
        """`steps`, `findings`, `unmanaged` or `status`."""
        seen = {**self.body, **(self.body.get("with_newer", {}) if newer else {})}
        return seen.get(what, [])


def collected(*sections: str) -> list[Wild]:
    """Every file of these sections (by default of all), in a stable order."""
    found = [path for section in sections or ROOTS for path in sorted((WILD / section).glob("*.yaml"))]
    return [Wild(f"{path.parent.name}/{path.stem}", path.parent.name, _yaml(path)) for path in found]


@cache
def _yaml(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), YamlLoader)


# ------------------------------------------------------------------------------------------------------ what the SDK makes


@cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def as_parsed(call: Call, reply: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the SDK that is installed makes of `reply` once it came over the wire: members that it does not know are gone."""
    protocol, shape = _model(call.service).metadata["protocol"], output(call)
    headers = {
        member.serialization["name"]: str(reply[name])
        for name, member in shape.members.items()
        if member.serialization.get("location") == "header" and name in reply
    }
    body = b"" if protocol == "rest-xml" else json.dumps(reply, default=_moment).encode()
    wire = {"status_code": 200, "headers": headers, "body": body}
    parsed: Mapping[str, Any] = botocore.parsers.create_parser(protocol).parse(wire, shape)
    return parsed


def _moment(value: Any) -> float:
    assert isinstance(value, datetime)
    return value.timestamp()


def members(value: Any, path: str = "") -> Iterator[str]:
    """The path of every member in a reply; those of a list's items without numbers."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from members(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for item in value:
            yield from members(item, path)
    else:
        yield path


def as_later(value: Any, shape: Any) -> Any:
    """The same reply with a member in each of its structures that nobody knows yet."""
    if isinstance(value, list) and shape is not None:
        return [as_later(item, shape.member) for item in value]
    if not isinstance(value, Mapping) or shape is None or shape.type_name != "structure":
        return value
    return {name: as_later(inner, shape.members.get(name)) for name, inner in value.items()} | {"Newfangled": "STRANGE"}


def output(call: Call) -> Any:
    """What the service's model says that the call answers."""
    return _model(call.service).operation_model(call.operation).output_shape


def without(value: Any, paths: Collection[str], path: str = "") -> Any:
    """The same reply without the members at `paths`."""
    if isinstance(value, Mapping):
        inside = {name: f"{path}.{name}" if path else name for name in value}
        return {name: without(inner, paths, inside[name]) for name, inner in value.items() if inside[name] not in paths}
    return [without(item, paths, path) for item in value] if isinstance(value, list) else value


# ------------------------------------------------------------------------------------------------------------- the account


@dataclass
class WildCloud:
    """A Cloud that answers from a file as the SDK parses the replies: the one installed without the `newer` members, or one of
    some years later, with them and with others.
    """

    wild: Wild
    newer: bool

    def __post_init__(self) -> None:
        self._lists = {key: [*reply] for key, reply in self.wild.replies.items() if isinstance(reply, list)}
        self.asked: list[tuple[Call, Mapping[str, Any]]] = []

    def _settled(self, call: Call, key: str) -> Any:
        return self.wild.replies.get(key, self.wild.untouched.get(call.operation))

    async def send(self, call: Call) -> Mapping[str, Any]:
        key = f"{call.operation} in {call.region}" if call.region else call.operation
        reply = self._lists[key].pop(0) if self._lists.get(key) else self._settled(call, key)
        if not isinstance(reply, Mapping):
            raise AssertionError(f"{call.title} was called, but there is no (further) reply for it")
        self.asked.append((call, reply))
        if "fault" in reply:
            raise Fault(call.service, call.operation, reply["fault"], reply.get("message", ""), status=400)
        return as_later(reply, output(call)) if self.newer else as_parsed(call, without(reply, self.wild.newer))


@dataclass(frozen=True)
class Account:
    """Where one resource lives, with the plan of its owner: what the commands would say of them."""

    wild: Wild
    folder: Path
    newer: bool = False

    def opened(self, cloud: WildCloud) -> pipeline.Opened:
        for name, text in self.wild.body.get("files", {}).items():
            (self.folder / name).parent.mkdir(exist_ok=True)
            (self.folder / name).write_text(text)
        plan = {"plan": PLAN, self.wild.section: {self.wild.name: self.wild.body["body"]}}
        (self.folder / "plan.yaml").write_text(json.dumps(plan))
        target, clock = Target(ACCOUNT, self.wild.region), VirtualClock(NOW.timestamp())
        request = pipeline.Request(plans=(self.folder / "plan.yaml",))
        inputs = Inputs(variables={}, files=(), environ={})
        plans = load(read(request.plans), inputs, account=target.account, region=target.region)
        return pipeline.Opened(request, plans, target, Limited(cloud, clock, None), clock)

    async def preview(self) -> Preview:
        run = self.opened(WildCloud(self.wild, self.newer))
        return run.compile(await run.observe(hazards=True))

    async def status(self) -> Status:
        return await pipeline.status_on(self.opened(WildCloud(self.wild, self.newer)))
