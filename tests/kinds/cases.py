"""Case files: tables of (declared, live) -> (changes, steps, findings, unmanaged), and the canned control plane behind them.

A file `tests/cases/KIND/NAME.yaml` is a mapping:

    section: tables            # the root's section: tables | functions
    name: orders               # its logical id and real name
    replies:                   # AWS's replies by operation, as botocore shapes them: what every case starts from
      DescribeTable: {Table: {…}}
    cases:
      - case: turns time to live on       # a sentence; the test's id
        declared: {ttl: expires_at}       # the body as a plan has it
        live: {DescribeTimeToLive: {…}}   # laid over `replies` (a key with null is taken out), or `absent`
        policy: {destructive: true}       # optional: fields of model.Policy
        now: 2026-11-26T12:00:00Z         # optional: when live state was looked at
        blobs: {code: text}               # optional: contents of the files that the body names
        known: {tables.users.arn: arn:…}  # optional: late values that the compiler would know
        changes: [{path, before, after, effect}]
        steps: [{id, operation, request}] # `dynamodb:UpdateTable in us-west-2`; both null for a step that only waits
        findings: [error:index-immutable] # level:code
        unmanaged: [indexes.by_old]       # sort.name

What is left out of changes, steps, findings and unmanaged must be empty; of one step `id`, `operation`, `request` and
`destructive` (default false) are compared always, other fields of model.Step where the case states them.
A reply may be a list (one page a call) or `{fault: CODE, message: TEXT}`. An operation without a reply may not be called;
one in another Region is `DescribeTable in us-west-2` there, `GetFunction of 12` is the reply, however often it is asked for,
to one that names that Qualifier.
In bodies `!late tables.users.arn` is a value known later and `!hidden text` a secret; in expectations the same values
read `${tables.users.arn}`, `${run.id}` and `«hidden»`, and bytes their text.
"""

from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter

from orchestrator.errors import Fault
from orchestrator.kinds.contract import Context
from orchestrator.model import Blob, Call, Declared, FromLive, FromRun, Policy, Position, Ref, Text, hide
from orchestrator.planning.document import AnyFunction, AnyTable

FOLDER = Path(__file__).parent.parent / "cases"
PLAN = "demo"
REGION = "eu-west-1"
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)

BODIES: Mapping[str, TypeAdapter[Any]] = {"tables": TypeAdapter(AnyTable), "functions": TypeAdapter(AnyFunction)}

_NOT_FOUND = "ResourceNotFoundException"
GONE: Mapping[str, Mapping[str, Any]] = {
    "tables": {
        "DescribeTable": {"fault": _NOT_FOUND, "message": "Requested resource not found: Table: orders not found"}
    },
    "functions": {
        "GetFunction": {"fault": _NOT_FOUND, "message": "Function not found"},
        "ListEventSourceMappings": {"EventSourceMappings": []},
    },
}
"""What AWS answers where the root is absent, and has left nothing behind."""


@dataclass(frozen=True)
class Case:
    """One row of a case file."""

    id: str
    section: str
    name: str
    body: Mapping[str, Any]
    replies: Mapping[str, Any]

    @property
    def ref(self) -> Ref:
        return Ref(PLAN, (self.section, self.name))

    def declared(self) -> Declared:
        spec = BODIES[self.section].validate_python(self.body["declared"])
        blobs = {key: Blob(text.encode()) for key, text in self.body.get("blobs", {}).items()}
        return Declared(self.ref, self.name, spec, blobs=blobs)

    def context(self) -> Context:
        known: Mapping[str, str] = self.body.get("known", {})

        def lookup(late: FromLive | FromRun) -> str | None:
            return known.get(f"{late.ref}.{late.field}") if isinstance(late, FromLive) else None

        return Context(
            policy=Policy(**self.body.get("policy", {})),
            known=lambda value: value.resolved(lookup) if isinstance(value, Text) else value,
            where=lambda ref, field: Position(f"{ref}.{field}".rstrip("."), 1, 1),
            now=self.body.get("now", NOW).timestamp(),
            region=REGION,
        )


class Unanswered(AssertionError):
    """A call for which a case has no reply."""


UNSAID: Mapping[str, Any] = {
    "ListBackups": {"BackupSummaries": []},
    "GetAccountSettings": {"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 900}},
}
"""What is answered where a case says nothing: no table that goes was backed up before, and there is room to reserve."""


class CannedCloud:
    """A Cloud that answers from a case's replies and remembers what it was asked."""

    def __init__(self, replies: Mapping[str, Any]) -> None:
        said = {**UNSAID, **replies}
        self._replies = {operation: list(_pages(reply)) for operation, reply in said.items()}
        self.asked: list[Call] = []

    async def send(self, call: Call) -> Mapping[str, Any]:
        self.asked.append(call)
        if qualified := self._replies.get(f"{call.operation} of {call.parameters.get('Qualifier')}"):
            return self._answer(call, qualified[0])
        pages = self._replies.get(f"{call.operation} in {call.region}" if call.region else call.operation)
        if not pages:
            raise Unanswered(f"{call.title} was called, but the case has no (further) reply for it")
        return self._answer(call, pages.pop(0))

    @staticmethod
    def _answer(call: Call, reply: Mapping[str, Any]) -> Mapping[str, Any]:
        if "fault" in reply:
            raise Fault(
                call.service, call.operation, reply["fault"], reply.get("message", ""), status=400, region=call.region
            )
        return reply


def finished(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that never has to wait."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waits")


def _pages(reply: Any) -> Iterator[Any]:
    yield from reply if isinstance(reply, list) else [reply]


def collected(*kinds: str) -> list[Case]:
    """Every case of every file, in a stable order."""
    files = [path for path in sorted(FOLDER.glob("*/*.yaml")) if not kinds or path.parent.name in kinds]
    return [case for path in files for case in _cases(path)]


def _cases(path: Path) -> Iterator[Case]:
    file = yaml.load(path.read_text(encoding="utf-8"), YamlLoader)  # a SafeLoader with two tags of our own
    for body in file["cases"]:
        live = body.get("live", {})
        replies = GONE[file["section"]] if live == "absent" else _laid_over(file.get("replies", {}), live)
        yield Case(f"{path.parent.name}/{path.stem}: {body['case']}", file["section"], file["name"], body, replies)


def _laid_over(base: Any, over: Any) -> Any:
    if not (isinstance(base, Mapping) and isinstance(over, Mapping)) or "fault" in {**base, **over}:
        return over
    merged = {key: _laid_over(base.get(key), value) for key, value in over.items() if value is not None}
    return {**{key: value for key, value in base.items() if key not in over}, **merged}


class YamlLoader(yaml.SafeLoader):
    """YAML where `off` is a word, as in a plan, with the two values that a plan makes only through references and variables."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if not (tag.endswith(":bool") and first in "yYnNoO")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _late(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Text:
    *path, field = str(loader.construct_scalar(node)).split(".")
    return Text((FromLive(Ref(PLAN, tuple(path)), field),))


YamlLoader.add_constructor("!late", _late)


def _hidden(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Text:
    return hide(str(loader.construct_scalar(node)))


YamlLoader.add_constructor("!hidden", _hidden)


def shown(value: Any) -> Any:
    """The value as a case file writes it."""
    if isinstance(value, Text):
        return "«hidden»" if value.hidden else "".join(map(_part, value.parts))
    if isinstance(value, Blob):
        return value.data.decode()
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, Ref):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Call):
        return {"service": value.service, "operation": value.operation, "parameters": shown(value.parameters)} | (
            {"region": value.region} if value.region else {}
        )
    if is_dataclass(value) and not isinstance(value, type):
        named = [field.name for field in fields(value) if field.name != "identity" or getattr(value, field.name)]
        return {name: shown(getattr(value, name)) for name in named}
    if isinstance(value, Mapping):
        return {shown(key): shown(inner) for key, inner in value.items()}
    if isinstance(value, frozenset):
        return sorted(shown(inner) for inner in value)
    if isinstance(value, list | tuple):
        return [shown(inner) for inner in value]
    return value


def _part(part: str | FromLive | FromRun) -> str:
    if isinstance(part, FromLive):
        return f"${{{part.ref}.{part.field}}}"
    return f"${{run.{part.field}}}" if isinstance(part, FromRun) else part
