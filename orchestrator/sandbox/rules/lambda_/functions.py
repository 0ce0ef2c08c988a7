"""Operations on a function itself: create, read, update code and configuration, delete, list."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orchestrator.sandbox.rules.lambda_ import combination, description, settings, tags, versions
from orchestrator.sandbox.rules.lambda_.function import CREATING, Content, Function, Version
from orchestrator.sandbox.rules.lambda_.names import LATEST, is_version, named
from orchestrator.sandbox.rules.lambda_.package import package
from orchestrator.sandbox.rules.lambda_.paging import page
from orchestrator.sandbox.rules.lambda_.store import Store
from orchestrator.sandbox.rules.refusal import Refusal


def create(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """CreateFunction: answers Pending, without any LastUpdateStatus (fact sheet 11.2)."""
    name, package_type = named(store.ground, parameters).name, parameters.get("PackageType", "Zip")
    settings.check(store.ground, "CreateFunction", parameters)
    _check_entry(parameters, package_type)
    combination.check_stated(package_type, parameters)
    content = Content(
        package(parameters["Code"], package_type, store.sources),
        tuple(parameters.get("Architectures") or ["x86_64"]),
        {**settings.fresh(), **settings.stated(parameters)},
    )
    combination.check_whole(package_type, content.settings)
    if there := store.function(name, now):
        # That a name is taken until its function is gone is the cautious reading; how AWS says so is written nowhere.
        text, leaving = f"Function already exist: {name}", there.gone is not None
        raise Refusal("ResourceConflictException", text, 409, in_transition=leaving, fields={"Type": "User"})
    store.must_be_assumable(parameters["Role"], now)
    store.must_be_permitted(parameters["Role"], content.settings, now)
    store.must_not_be_refused(name)
    function = _new(store, name, package_type, content, now)
    function.tags = tags.checked(parameters.get("Tags") or {})
    store.add(function)
    seconds = (
        store.ground.durations.function_create + _attaching(store, content.settings) + _optimizing(store, function)
    )
    store.begin(function, function.latest, "create", seconds, now)
    if parameters.get("Publish"):
        # AWS answers with the version under the function's own ARN here.
        return description.configuration(function, versions.publish_now(store, function, seconds, now))
    return description.configuration(function, function.latest)


def _new(store: Store, name: str, package_type: str, content: Content, now: float) -> Function:
    latest = Version(LATEST, content, CREATING, "", now)
    staleness = store.ground.staleness
    unseen = store.ground.draws("unseen", name, now).randint(0, staleness.reads)
    function = Function(store.ground, name, package_type, latest, now, unseen)
    latest.revision = function.revise()
    return function


def _check_entry(parameters: Mapping[str, Any], package_type: str) -> None:
    entry = [parameters.get(key) for key in ("Runtime", "Handler")]
    if package_type == "Zip" and not all(entry):
        raise Refusal(
            "InvalidParameterValueException",
            "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
        )


def _attaching(store: Store, stated: Mapping[str, Any]) -> float:
    """Seconds for a network interface and a file system, where they are stated; the same ones anew take as long."""
    durations, vpc = store.ground.durations, stated.get("VpcConfig")
    network = durations.vpc_attach if vpc and vpc["SubnetIds"] else 0
    return network + (durations.file_system_attach if stated.get("FileSystemConfigs") else 0)


def _optimizing(store: Store, function: Function) -> float:
    return store.ground.durations.image_optimize if function.package_type == "Image" else 0


# -------------------------------------------------------------------------------------------------------------- reading


def get(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """GetFunction: configuration, code location, tags and reserved concurrency in one call (fact sheet 12.2)."""
    about, function = store.read(parameters, now)
    version = store.version(about, function)
    reply: dict[str, Any] = {
        "Configuration": description.configuration(function, version, about.qualifier),
        "Code": description.code(function, version),
    }
    if function.tags:
        reply["Tags"] = dict(function.tags)
    if function.reserved is not None and about.qualifier is None:
        reply["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved}
    return reply


def get_configuration(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    about, function = store.read(parameters, now)
    return description.configuration(function, store.version(about, function), about.qualifier)


def list_all(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """ListFunctions; with FunctionVersion ALL the numbered versions too."""
    found = []
    for function in store.all(now):
        numbered = function.versions.values() if parameters.get("FunctionVersion") == "ALL" else ()
        for version in (function.latest, *numbered):
            qualifier = version.number if parameters.get("FunctionVersion") == "ALL" else None
            found.append(description.summary(function, version, qualifier))
    return page("Functions", found, parameters)


# ------------------------------------------------------------------------------------------------------------- changing


def update_code(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """UpdateFunctionCode: new code shows at once while InProgress; DryRun answers what would be."""
    _, function = store.find(parameters, now)
    latest = function.latest
    code = package(parameters, function.package_type, store.sources)
    architectures = tuple(parameters.get("Architectures") or latest.content.architectures)
    content = replace(latest.content, package=code, architectures=architectures)
    function.must_be_settled()
    function.must_match(parameters.get("RevisionId"))
    if parameters.get("DryRun"):
        return description.configuration(function, replace(latest, content=content))
    store.must_not_be_refused(function.name)
    seconds = store.ground.durations.function_update + _optimizing(store, function)
    store.begin_update(function, content, seconds, now)
    if parameters.get("Publish"):
        version = versions.publish_now(store, function, seconds, now)
        return description.configuration(function, version, version.number)
    return description.configuration(function, latest)


def update_configuration(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """UpdateFunctionConfiguration: what is not stated stays; even a Description alone goes through InProgress."""
    _, function = store.find(parameters, now)
    settings.check(store.ground, "UpdateFunctionConfiguration", parameters)
    combination.check_stated(function.package_type, parameters)
    stated = settings.stated(parameters)
    content = replace(function.latest.content, settings={**function.latest.content.settings, **stated})
    combination.check_whole(function.package_type, content.settings)
    function.must_be_settled()
    function.must_match(parameters.get("RevisionId"))
    if role := parameters.get("Role"):
        store.must_be_assumable(role, now)
    # Another role has to be allowed everything, the same one what is new.
    store.must_be_permitted(content.settings["Role"], content.settings if role else stated, now)
    store.must_not_be_refused(function.name)
    seconds = store.ground.durations.function_update + _attaching(store, stated) + _optimizing(store, function)
    store.begin_update(function, content, seconds, now)
    return description.configuration(function, function.latest)


def delete(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """DeleteFunction: all of it, which is Deleting then, or one version that no alias names (fact sheet 11.2, 11.7, 11.12)."""
    about, function = store.changeable(parameters, now)
    if about.qualifier is None:
        # A broken function may go; one on its way may not (fact sheet 11.3).
        if function.latest.status.state != "Failed":
            function.must_be_settled()
        store.begin_deletion(function, now)
        return {}
    if about.qualifier == LATEST:
        raise Refusal(
            "InvalidParameterValueException", "$LATEST version cannot be deleted without deleting the function."
        )
    if not is_version(about.qualifier):
        raise Refusal("InvalidParameterValueException", "Deletion of aliases is not currently supported.")
    naming = sorted(name for name, alias in function.aliases.items() if alias.names(about.qualifier))
    if naming:
        raise Refusal(
            "ResourceConflictException",
            f"Unable to delete version because the following aliases reference it: [{', '.join(naming)}]",
            409,
        )
    function.versions.pop(about.qualifier, None)
    function.attachments.drop(about.qualifier)
    return {}


OPERATIONS = {
    "CreateFunction": create,
    "GetFunction": get,
    "GetFunctionConfiguration": get_configuration,
    "ListFunctions": list_all,
    "UpdateFunctionCode": update_code,
    "UpdateFunctionConfiguration": update_configuration,
    "DeleteFunction": delete,
}
