"""Every request that the case files make the kinds build, with what each is for."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from orchestrator import kinds
from orchestrator.kinds import KINDS, ROOTS
from orchestrator.model import Call, Change, FromLive, FromRun, Step, bind
from tests.kinds.cases import CannedCloud, Case, Unanswered, finished

WHOLE = ""
"""In place of a setting: the thing itself."""
LATER: Mapping[tuple[str, str], str] = {
    ("tables", "arn"): "arn:aws:dynamodb:eu-west-1:123456789012:table/late",
    ("replicas", "arn"): "arn:aws:dynamodb:us-west-2:123456789012:table/orders",
    ("tables", "stream_arn"): "arn:aws:dynamodb:eu-west-1:123456789012:table/late/stream/2026-11-26T12:00:00.000",
    ("functions", "arn"): "arn:aws:lambda:eu-west-1:123456789012:function:late",
    ("functions", "version"): "7",
    ("functions", "code_sha256"): "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
}
"""What an attribute may turn out to be, by section and attribute."""
RUN = "01KAX8R6T3V5W7Y9Z1B3D5F7H9"


@dataclass(frozen=True)
class Request:
    """One call, whole, and the settings that it is to change, by section and name (WHOLE: the thing itself)."""

    case: str
    call: Call
    settings: frozenset[tuple[str, str]] = frozenset()


def built(case: Case) -> Iterator[Request]:
    """The reads of an observation and of the looks of steps, then what the steps send: their calls and their probes."""
    kind, declared, context = ROOTS[case.section], case.declared(), case.context()
    cloud = CannedCloud(case.replies)
    live = finished(kind.observe(cloud, case.name, kind.reads(declared.spec)))

    def lookup(late: FromLive | FromRun) -> str | None:
        if isinstance(late, FromRun):
            return RUN
        own = kinds.attribute(late, live, declared) if late.ref.root == case.ref and live else None
        return own or LATER[late.ref.section, late.field]

    def whole(call: Call) -> Call:
        return replace(call, parameters=bind(call.parameters, lookup))

    yield from (Request(case.id, call) for call in cloud.asked)
    diff = kind.diff(declared, live, context)
    if any(finding.level == "error" for finding in diff.findings):
        return
    steps = kind.steps(declared, live, diff, context)
    later = sorted(frozenset().union(*(step.reads for step in steps)) - kind.reads(declared.spec))
    yield from (Request(case.id, call) for read in later for call in _looking(case, read))
    for step in steps:
        if step.call is not None:
            yield Request(case.id, whole(step.call), frozenset(_settings(step)))
        yield from (Request(case.id, whole(probe)) for probe in step.probes)


def _looking(case: Case, read: str) -> list[Call]:
    """The requests of an observation with one read that only a step needs, up to the first that the case answers not."""
    cloud = CannedCloud(case.replies)
    with suppress(Unanswered):
        finished(ROOTS[case.section].observe(cloud, case.name, frozenset({read})))
    return cloud.asked


def _settings(step: Step) -> Iterator[tuple[str, str]]:
    """What a step is for: a row's setting, or the thing with the settings that it is created with."""
    for change in step.because:
        rows = KINDS[change.ref.section].ROWS
        yield change.ref.section, change.field if change.field in rows else WHOLE
        if _creates(step, change):
            yield from ((change.ref.section, name) for name in change.after if name in rows)


def _creates(step: Step, change: Change) -> bool:
    return not change.field and change.effect == "create" and isinstance(change.after, Mapping)
