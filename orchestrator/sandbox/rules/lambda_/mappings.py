"""Operations on event source mappings (fact sheet 11.10): they stay when their function or stream goes."""

from collections.abc import Mapping
from typing import Any

from orchestrator.sandbox.rules.lambda_ import event_sources
from orchestrator.sandbox.rules.lambda_.attachments import Lag
from orchestrator.sandbox.rules.lambda_.event_sources import Source, invalid
from orchestrator.sandbox.rules.lambda_.function import Version
from orchestrator.sandbox.rules.lambda_.mapping import EventSourceMapping, busy_state
from orchestrator.sandbox.rules.lambda_.names import named
from orchestrator.sandbox.rules.lambda_.paging import page
from orchestrator.sandbox.rules.lambda_.refusals import missing
from orchestrator.sandbox.rules.lambda_.rights import DESTINATIONS, NO_PERMISSION, RECEIVING, STREAM
from orchestrator.sandbox.rules.lambda_.store import Store
from orchestrator.sandbox.rules.lambda_.tags import checked
from orchestrator.sandbox.rules.refusal import Refusal

_UNREACHED = (
    "Cannot access stream {arn}. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, "
    "and ListStreams Actions on your stream in IAM."
)
_NO_RECEIVING = "The function execution role does not have permissions to call ReceiveMessage on SQS"


def create(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """CreateEventSourceMapping: Creating, then Enabled or Disabled. Taken while the function is Pending too."""
    _settle(store, now)
    source = event_sources.source(parameters)
    stated = event_sources.stated(source, parameters)
    start = event_sources.position(source, parameters, now)
    settings = {**event_sources.merged(source.defaults, stated), **start}
    event_sources.check(source, settings)
    tags = checked(parameters.get("Tags") or {})
    arn, version = _target(store, parameters, now)
    _check_source(store, source, version, now)
    _check_destination(store, settings, version, now)
    _must_be_free(store, source, arn)
    uuid = store.ground.uuid("event source mapping", arn, source.arn, now, len(store.mappings))
    mapping = EventSourceMapping(
        uuid=uuid,
        arn=store.ground.arn("lambda", f"event-source-mapping:{uuid}"),
        source=source,
        function=arn,
        settings=settings,
        enabled=parameters.get("Enabled", True),
        modified=now,
        moving=None,
        due=now,
        lag=Lag.drawn(store.ground, now, "event source mapping", uuid),
        tags=tags,
    )
    store.mappings[uuid] = mapping
    return _begun(store, mapping, "Creating", store.ground.durations.event_source_create, now)


def get(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    mapping = _existing(store, parameters, now)
    if mapping.lag.hides(now):
        raise missing()
    return _shown(store, mapping, now)


def update(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """UpdateEventSourceMapping: what is not stated stays; source and starting position can't be stated at all."""
    mapping = _existing(store, parameters, now)
    source = mapping.source
    settings = event_sources.merged(mapping.settings, event_sources.stated(source, parameters))
    event_sources.check(source, settings)
    mapping.must_be_settled("update")
    named_by = parameters if parameters.get("FunctionName") else {"FunctionName": mapping.function}
    arn, version = _target(store, named_by, now)
    _check_source(store, source, version, now)
    if settings.get("DestinationConfig") != mapping.settings.get("DestinationConfig"):
        _check_destination(store, settings, version, now)
    if arn != mapping.function:
        _must_be_free(store, source, arn)
    state = busy_state(mapping, parameters)
    mapping.function, mapping.settings, mapping.modified = arn, settings, now
    mapping.enabled = parameters.get("Enabled", mapping.enabled)
    return _begun(store, mapping, state, store.ground.durations.event_source_update, now)


def delete(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """DeleteEventSourceMapping: Deleting, then not found."""
    mapping = _existing(store, parameters, now)
    mapping.must_be_settled("delete")
    return _begun(store, mapping, "Deleting", store.ground.durations.event_source_delete, now)


def list_all(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """ListEventSourceMappings, by source, by function, or all. A new one may be missing for some reads.

    A function is taken as it is named: its unqualified name finds no mapping of an alias. Whether AWS lists those too is
    not known to us, so a caller has to ask for each or to filter by source.
    """
    _settle(store, now)
    source, function = parameters.get("EventSourceArn"), None
    if parameters.get("FunctionName"):
        about, found = store.read(parameters, now)
        function = found.arn + about.suffix
    listed = [
        _shown(store, mapping, now)
        for mapping in store.mappings.values()
        if source in (None, mapping.source.arn) and function in (None, mapping.function) and not mapping.lag.hides(now)
    ]
    return page("EventSourceMappings", listed, parameters)


def _settle(store: Store, now: float) -> None:
    """Let time pass for all of them."""
    store.mappings = {uuid: mapping for uuid, mapping in store.mappings.items() if not mapping.settle(now)}


def _existing(store: Store, parameters: Mapping[str, Any], now: float) -> EventSourceMapping:
    _settle(store, now)
    mapping = store.mapping(parameters["UUID"], now)
    if mapping is None:
        raise missing()
    return mapping


def _target(store: Store, parameters: Mapping[str, Any], now: float) -> tuple[str, Version]:
    """The function's ARN as named, and the version behind it. One just created may not be seen yet (fact sheet 11.10)."""
    about = named(store.ground, parameters)
    function = store.function(about.name, now)
    if function is not None:
        function.must_stay()
        seconds = store.ground.draws("mappings see", function.arn, function.created).uniform(0, 1)
        version = function.version(about.qualifier)
        if version is not None and now >= function.created + seconds * store.ground.staleness.seconds:
            return function.arn + about.suffix, version
    raise invalid("Function does not exist")


def _check_source(store: Store, source: Source, version: Version, now: float) -> None:
    """The source has to exist, the role has to reach it, and a queue has to hide messages long enough."""
    there, role = store.neighbours.there(source.arn, now), version.content.settings["Role"]
    if not source.queue:
        if not there:
            raise invalid(f"Stream not found: {source.arn}")
        store.must_be_allowed(role, STREAM, now, _UNREACHED.format(arn=source.arn))
        return
    if not there:
        raise invalid(
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
            "SQS Error Message: The specified queue does not exist."
        )
    store.must_be_allowed(role, RECEIVING, now, _NO_RECEIVING)
    visible, timeout = store.neighbours.visibility(source.arn), version.content.settings["Timeout"]
    if visible < timeout:
        raise invalid(f"Queue visibility timeout: {visible:g} seconds is less than Function timeout: {timeout} seconds")


def _check_destination(store: Store, settings: Mapping[str, Any], version: Version, now: float) -> None:
    """Failed records have to find a place, and the role has to be allowed to put them there."""
    arn = settings.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    if not arn:
        return
    what = DESTINATIONS[arn.split(":")[2]]
    text = NO_PERMISSION.format(what)
    if not store.neighbours.there(arn, now):
        # Who may not look can't tell a missing queue from a forbidden one; the cautious reading is the same refusal.
        raise invalid(text)
    store.must_be_allowed(version.content.settings["Role"], what, now, text)


def _must_be_free(store: Store, source: Source, function: str) -> None:
    """One mapping of a source and a function (as qualified); AWS words it in two ways (fact sheet 11.4)."""
    for mapping in store.mappings.values():
        if (mapping.source, mapping.function) != (source, function):
            continue
        name = function.split(":")[6]
        advice = f"Please update or delete the existing mapping with UUID {mapping.uuid}"
        if source.queue:
            text = f'An event source mapping with SQS arn (" {source.arn} ") and function (" {name} ") already exists. '
        else:
            text = (
                f'The event source arn (" {source.arn} ") and function (" {name} ") provided mapping already exists. '
            )
        raise Refusal("ResourceConflictException", text + advice, 409, fields={"Type": "User"})


def _begun(store: Store, mapping: EventSourceMapping, state: str, seconds: float, now: float) -> dict[str, Any]:
    mapping.moving, mapping.due, mapping.modified = state, now + seconds, now
    resource = f"event-source-mapping/{mapping.uuid}"
    store.ground.timeline.busy("lambda", resource, state, now, mapping.due)
    return mapping.shown()


def _shown(store: Store, mapping: EventSourceMapping, now: float) -> dict[str, Any]:
    """The mapping, with what keeps it from processing. State tells nothing of it: it stays Enabled (fact sheet 11.10)."""
    about = named(store.ground, {"FunctionName": mapping.function})
    function = store.function(about.name, now)
    # That such results begin with PROBLEM is AWS's; the rest of the wording is ours.
    if function is None or function.version(about.qualifier) is None:
        return mapping.shown("PROBLEM: Function not found")
    if not store.neighbours.there(mapping.source.arn, now):
        return mapping.shown("PROBLEM: Event source not found")
    return mapping.shown()


OPERATIONS = {
    "CreateEventSourceMapping": create,
    "GetEventSourceMapping": get,
    "UpdateEventSourceMapping": update,
    "DeleteEventSourceMapping": delete,
    "ListEventSourceMappings": list_all,
}
