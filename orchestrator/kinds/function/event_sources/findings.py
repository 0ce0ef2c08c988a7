"""What a reviewer should know about event sources, and what Lambda would refuse of them."""

from collections.abc import Iterator, Sequence

from orchestrator.kinds.contract import Context
from orchestrator.kinds.fields import stated
from orchestrator.kinds.function.event_sources.live import BEGINNING, MappingLive
from orchestrator.kinds.function.event_sources.sources import SMALL_BATCH, sort
from orchestrator.kinds.function.spec import EventSourceSpec
from orchestrator.model import Finding, Ref

REPLACED, DISABLED = "event-source-replaced", "event-source-disabled"
USUAL_FILTERS = 5
"""10 with a raised quota (Lambda developer guide)."""


def several(ref: Ref, mappings: Sequence[MappingLive], context: Context) -> Finding:
    message = f"{ref} may be any of these event source mappings, none of which has its alias: {_listed(mappings)}."
    action = "State the `alias` of the one that is meant, or delete those that are not."
    return context.finding("error", "event-source-ambiguous", ref, "source", message, action)


def which_absent(ref: Ref, mappings: Sequence[MappingLive], context: Context) -> Finding:
    message = (
        f"Lambda keeps no names of event source mappings, so which one {ref.name} was can't be known. "
        f"These are there that the plan does not name: {_listed(mappings)}."
    )
    action = (
        f"Say which: `{ref.name}: {{ensure: absent, source: ARN}}`, with `alias` where it has one, or the UUID in place of "
        f"`{ref.name}`. Or take the entry away."
    )
    return context.finding("error", "event-source-ambiguous", ref, "", message, action)


def _listed(mappings: Sequence[MappingLive]) -> str:
    return ", ".join(f"{one.uuid} ({one.source}{f', {one.target}' if one.target else ''})" for one in mappings)


def before_creation(ref: Ref, spec: EventSourceSpec, context: Context) -> Iterator[Finding]:
    """A stream has to be told where reading starts; a queue's large batch has to be told how long to wait for it."""
    of = sort(context.fill(spec.source))
    if of is not None and not of.queue and spec.starting_position is None:
        message = f"{ref} does not exist, and to create it starting_position is needed: its source is {of.words}."
        action = "State `starting_position: latest` or `trim_horizon`."
        yield context.finding("error", "missing-to-create", ref, "starting_position", message, action)
    yield from _batch(ref, spec, spec.batch_size or 0, spec.batching_window or 0, context)
    yield from starts_later(ref, spec, context)


def starts_later(ref: Ref, spec: EventSourceSpec, context: Context) -> Iterator[Finding]:
    """Lambda refuses to read from a time that is still to come."""
    start = spec.starting_position
    if start is not None and start.start.at is not None and start.start.at > context.now:
        message = f"{ref} can't start at {start.at}: that is still to come."
        action = "Name a time that is past, or `latest`."
        yield context.finding("error", "starting-position-future", ref, "starting_position", message, action)


def many_filters(ref: Ref, spec: EventSourceSpec, seen: int, context: Context) -> Iterator[Finding]:
    """`seen` is how many the mapping has: so many the account may have."""
    count = len(spec.filter or ())
    if count > max(seen, USUAL_FILTERS):
        message = (
            f"{ref} has {count} filters, and Lambda takes {USUAL_FILTERS} where the account's quota was not raised."
        )
        action = "See that it was, or join some of them: a filter's list is an alternative."
        yield context.finding("warning", "filter-quota", ref, "filter", message, action)


def of_live(ref: Ref, spec: EventSourceSpec, mapping: MappingLive, context: Context) -> Iterator[Finding]:
    if stated(spec, "filter") and mapping.filter is None:
        message = f"The filter of {ref} is encrypted and can't be read, and so not be compared."
        action = "Allow kms:Decrypt on the key of the mapping's filter, or take `filter` out of the plan."
        yield context.finding("error", "filter-unreadable", ref, "filter", message, action)
    yield from _enabled(ref, spec, mapping, context)
    window = mapping.batching_window if spec.batching_window is None else spec.batching_window
    size = (mapping.batch_size or 0) if spec.batch_size is None else spec.batch_size
    if (size, window) != (mapping.batch_size, mapping.batching_window):
        yield from _batch(ref, spec, size, window, context)


def moves(ref: Ref, spec: EventSourceSpec, mapping: MappingLive, context: Context) -> Iterator[Finding]:
    """Who leaves the alias out may only mean to leave it alone."""
    if spec.alias is None and mapping.alias:
        message = (
            f"{ref} moves from {mapping.target} to the function itself, for the plan states no alias: what the source brings "
            "is handed to the function's newest code and configuration from then on, published or not."
        )
        action = "" if mapping.alias.isdecimal() else f"To leave it where it is, state `alias: {mapping.alias}`."
        yield context.finding("warning", "event-source-moves", ref, "alias", message, action)


def _enabled(ref: Ref, spec: EventSourceSpec, mapping: MappingLive, context: Context) -> Iterator[Finding]:
    """A plan that does not say so leaves a mapping disabled, whoever did that; the state of one in motion may not tell."""
    if spec.enabled is not None and mapping.enabled is None:
        message = (
            f"Whether {ref} is enabled does not show while its mapping is {mapping.state or 'in an unknown state'}: that is "
            "waited for, and the request to set it goes out only where it turns out to differ."
        )
        yield context.finding("notice", "event-source-moving", ref, "enabled", message)


def disabled(ref: Ref, spec: EventSourceSpec, mapping: MappingLive, context: Context) -> Iterator[Finding]:
    """Nobody may know of it: a run that ended between disabling one on an ending stream and replacing it leaves it so."""
    if spec.enabled is None and mapping.enabled is False:
        message = f"{ref} is disabled, and the plan does not say whether it shall be: the function reads nothing of it."
        action = "State `enabled: true` to have it read on, or `enabled: false` if it is meant to rest."
        yield context.finding("warning", DISABLED, ref, "", message, action)


def problem(ref: Ref, mapping: MappingLive, context: Context) -> Iterator[Finding]:
    if mapping.problem:
        message = f"{ref} processed nothing when it last tried to: {mapping.problem.rstrip('.')}."
        action = "See the function's own log and the rights of its role; the plan goes on without that."
        yield context.finding("warning", "event-source-problem", ref, "", message, action)


def left(ref: Ref, spec: EventSourceSpec, mapping: MappingLive, unstated: Sequence[str], context: Context) -> Finding:
    """One that outlived its function is taken over, never doubled; `unstated` are settings that a new one would not have."""
    message = (
        f"The function is yet to be created, and {ref} is there already: {mapping.words} ({mapping.source}), which outlived "
        f"an earlier function of this name. It is taken over, and {_reads_on(spec, mapping)}."
    )
    keeps = (
        f"What the plan does not state of it stays as it is: state {', '.join(unstated)}, or delete"
        if unstated
        else "Delete"
    )
    action = f"{keeps} the mapping first, to begin with a new one."
    return context.finding("warning", "event-source-left", ref, "source", message, action)


def _reads_on(spec: EventSourceSpec, mapping: MappingLive) -> str:
    enabled = mapping.enabled if spec.enabled is None else spec.enabled
    if enabled is None:
        return "reads on where that one ended, unless it turns out to be disabled"
    return "reads on where that one ended" if enabled else "reads nothing: it is disabled, and stays so"


def _batch(ref: Ref, spec: EventSourceSpec, size: int, window: int, context: Context) -> Iterator[Finding]:
    """The model says it of queues; AWS refuses it (botocore, BatchSize). `size` and `window` are as the plan leaves them."""
    of = sort(context.fill(spec.source))
    if of is not None and of.queue and size > SMALL_BATCH and window == 0:
        message = (
            f"{ref}: more than {SMALL_BATCH} messages of a queue in a batch need a batching window of 1 second or more."
        )
        field = "batching_window" if spec.batch_size is None else "batch_size"
        action = f"State `batching_window`, or a `batch_size` of {SMALL_BATCH} at most."
        yield context.finding("error", "batch-needs-window", ref, field, message, action)


def start_fixed(ref: Ref, mapping: MappingLive, context: Context) -> Finding:
    began = mapping.start.words if mapping.start else "nowhere"
    message = f"{ref} was created to start at {began}, and Lambda does not change where a mapping starts."
    action = (
        "State that, or leave it out; or state `replace: recreate`, which deletes the mapping and creates it anew: it "
        "reads from the new position then, whatever the old one has read."
    )
    return context.finding("error", "starting-position-fixed", ref, "starting_position", message, action)


def restarted(ref: Ref, spec: EventSourceSpec, context: Context) -> Finding:
    """A mapping that is made anew to start elsewhere on its source (fact sheet 11.10)."""
    message = f"{ref} is deleted and created anew, because it shall start elsewhere. "
    if _starts_last(spec):
        message += "The function misses what is written between its deletion and the new mapping's."
    else:
        message += "It sees again what it has read of the records that are still there."
    return context.finding("warning", REPLACED, ref, "replace", message)


def cycled(ref: Ref, spec: EventSourceSpec, mapping: MappingLive, context: Context, *, ends: bool) -> Finding:
    """Which records a mapping on a new stream of its table misses (11.10, 14.3 rule 21). `ends`: the run ends the old one."""
    done, skipped = _cycle(mapping, ends=ends)
    if _starts_last(spec):
        skipped.append("what is written between the new stream's start and the new mapping's")
    message = f"{ref} {done}. The function misses {', and '.join(skipped)}."
    if spec.starting_position is None and mapping.start not in (None, BEGINNING):
        message += (
            f" The new one reads its stream from the beginning, where the old one started at {mapping.start.words}."
        )
    if mapping.enabled is False and spec.enabled is None:
        message += " It is disabled now, and the new one is enabled, unless the plan says `enabled: false`."
    action = "To lose nothing, let the function read the old stream to its end first, and nobody write to the table meanwhile."
    if _starts_last(spec):
        action += " State `starting_position: trim_horizon`, to read the new one from its beginning."
    if ends:
        action += (
            " Should the run end before the new mapping is there, run again: until then the function reads nothing."
        )
    return context.finding("warning", REPLACED, ref, "source", message, action)


def _cycle(mapping: MappingLive, *, ends: bool) -> tuple[str, list[str]]:
    """What becomes of a mapping whose stream another takes the place of, and which records it misses thereby."""
    if ends and mapping.enabled is False:
        done = "is deleted after its old stream has ended, and created anew once the new stream is on"
        skipped = [
            "what it has not read of the old stream",
            "what is written from the end of that until the new stream is on",
        ]
    elif ends:
        done = "is disabled before its old stream ends, then deleted, and created anew once the new stream is on"
        skipped = [
            "what it has not read of the old stream when it is disabled",
            "what is written from then until the new stream is on",
        ]
    else:
        done = "is deleted and created anew, because its stream has ended"
        skipped = ["what it has not read of the old stream, which keeps its records for up to 24 hours"]
    return done, skipped


def _starts_last(spec: EventSourceSpec) -> bool:
    return spec.starting_position is not None and spec.starting_position.position == "LATEST"


def remembered(ref: Ref, mapping: MappingLive, unstated: Sequence[str], context: Context) -> Iterator[Finding]:
    """What a mapping that is made anew keeps by this run's memory alone: `unstated` settings, and what a plan can't say."""
    beyond = sorted(mapping.others)
    if not unstated and not beyond:
        return
    message = (
        f"What the plan leaves unsaid of {ref} ({', '.join([*unstated, *beyond])}) its new mapping is given too, but only by "
        "the memory of that run: if it ends between the deletion and the creation, the next one knows nothing of it."
    )
    said = f"State {', '.join(unstated)} too." if unstated else ""
    unsaid = f"A plan can't say {', '.join(beyond)}: see to it that the run is not stopped there." if beyond else ""
    yield context.finding("warning", "event-source-kept", ref, "", message, f"{said} {unsaid}".strip())
