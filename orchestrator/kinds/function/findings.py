"""What a reviewer should know about a function, and what Lambda would refuse of it: one check each."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from orchestrator.kinds.contract import Context
from orchestrator.kinds.fields import OFF, stated
from orchestrator.kinds.function import package, package_type, reasons, snapshots, surroundings
from orchestrator.kinds.function.aliases.rules import names_published, numbers
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.function.package_type import EPHEMERAL
from orchestrator.kinds.function.seen import Remains, Seen, here
from orchestrator.kinds.function.spec import ALIASES, FunctionSpec
from orchestrator.kinds.function.subjects import subject
from orchestrator.kinds.observation import Unreadable
from orchestrator.kinds.parts import present
from orchestrator.model import UNREAD, Declared, Finding

NEEDED_TO_CREATE, NEEDED_BY_ZIPS = ("role", "code"), ("runtime", "handler")
NEWEST_SHOWN = 5

Check = Callable[[Declared, FunctionLive, Context], Iterator[Finding]]


def before_creation(declared: Declared, seen: Seen, context: Context) -> Iterator[Finding]:
    """One error for each thing without which nothing can be created."""
    for name in NEEDED_TO_CREATE + (() if package_type.of_images(declared.spec) else NEEDED_BY_ZIPS):
        if getattr(declared.spec, name) is None:
            message = f"Function {declared.name} does not exist, and to create it {name} is needed."
            yield context.finding("error", "missing-to-create", declared.ref, name, message, f"State `{name}`.")
    packages = seen.packages if isinstance(seen, Remains) else {}
    for found in package.before_creation(subject(declared, None), packages):
        yield replace(found, ref=declared.ref, where=context.where(declared.ref, package.FIELD))
    yield from _absent_versions(declared, (), context)
    yield from surroundings.findings(declared, None, context)
    yield from surroundings.room(declared, seen.account if seen is not None else None, _reserved(here(seen)), context)


def before_changes(declared: Declared, live: FunctionLive, context: Context) -> Iterator[Finding]:
    """What stands in the way on a live function."""
    for check in CHECKS:
        yield from check(declared, live, context)


def last_update_failed(
    declared: Declared, live: FunctionLive, context: Context, *, updates: bool, needs: bool
) -> Finding | None:
    """A failed last update: overwritten where the plan `updates` the function, an error where it `needs` what should be there."""
    status = live.status
    if status.update != "Failed":
        return None
    advice = reasons.advice(status.update_code)
    message = f"The last update of {declared.name} failed: {status.update_reason} ({status.update_code})."
    if updates:
        action = f"The update of this plan takes its place. {advice}".strip()
        return context.finding("warning", "last-update-failed", declared.ref, "", message, action)
    action = f"State its code or its configuration: that offers a fresh update. {advice}".strip()
    return context.finding("error" if needs else "warning", "last-update-failed", declared.ref, "", message, action)


# -------------------------------------------------------------------------------------------------------------- checks


def _state_failed(declared: Declared, live: FunctionLive, context: Context) -> Iterator[Finding]:
    """C5. Updating such a function is not documented to mend it (fact sheet 11.2, 16)."""
    if live.status.state == "Failed":
        message = f"Function {declared.name} is Failed: {live.status.reason} ({live.status.code})."
        cause = reasons.advice(live.status.code) or "Mend the cause."
        action = f"{cause} Then delete the function (`{declared.ref.name}: absent`), and create it again."
        yield context.finding("error", "function-failed", declared.ref, "", message, action)


def _package_type(declared: Declared, live: FunctionLive, context: Context) -> Iterator[Finding]:
    """PackageType is set at creation only (fact sheet 11.6)."""
    of_image = live.content.package_type == "Image"
    spec: FunctionSpec = declared.spec
    named = package_type.of_zips(spec) if of_image else package_type.of_images(spec)
    if named:
        made, other = ("a container image", "a zip") if of_image else ("a zip", "a container image")
        message = f"Function {declared.name} is made of {made}: {named[0]} can't be set on it."
        action = f"Take it away, or delete the function and create it from {other}."
        yield context.finding("error", "package-type", declared.ref, named[0], message, action)


def _snapshots(declared: Declared, live: FunctionLive, context: Context) -> Iterator[Finding]:
    """What SnapStart does not go with (fact sheet 11.12), where the plan changes only the one or the other."""
    spec: FunctionSpec = declared.spec
    wanted = live.content.snap_start if spec.snap_start is None else spec.snap_start
    ephemeral = live.content.ephemeral_storage if spec.ephemeral_storage is None else spec.ephemeral_storage
    beside = {
        "a container image": live.content.package_type == "Image",
        "a file system": "FileSystemConfigs" in live.content.others,
        f"more than {EPHEMERAL} MB of ephemeral storage": ephemeral > EPHEMERAL,
    }
    runtime = live.content.runtime if spec.runtime is None else spec.runtime
    if runtime is not None and not snapshots.taken_of(runtime):
        beside[f"{runtime}; it does of {snapshots.WORDS}"] = (wanted, runtime) != (
            live.content.snap_start,
            live.content.runtime,
        )
    changes = any(one is not None for one in (spec.snap_start, spec.ephemeral_storage, spec.runtime))
    for what in (what for what, there in beside.items() if there and wanted != OFF and changes):
        field = next(name for name in ("snap_start", "ephemeral_storage", "runtime") if getattr(spec, name) is not None)
        message = f"Lambda takes no snapshots of {declared.name} with {what}."
        yield context.finding(
            "error", "snap-start", declared.ref, field, message, "Say `snap_start: off`, or do without."
        )


def _architecture_needs_code(declared: Declared, live: FunctionLive, context: Context) -> Iterator[Finding]:
    """Only UpdateFunctionCode changes it (fact sheet 11.6)."""
    wanted = declared.spec.architecture
    if wanted not in (None, live.content.architecture) and declared.spec.code is None:
        message = (
            f"To change {declared.name} from {live.content.architecture} to {wanted}, Lambda wants its code again."
        )
        action = "State `code`, built for the new architecture."
        yield context.finding("error", "architecture-needs-code", declared.ref, "architecture", message, action)


def _readable(declared: Declared, live: FunctionLive, context: Context) -> Iterator[Finding]:
    """What can't be read can't be compared."""
    hidden = {
        "environment": (live.content.environment, "kms:Decrypt on the function's key"),
        "image": (live.content.image, "the reading of the image's configuration"),
        "tags": (live.tags, "lambda:ListTags"),
    }
    for name, (seen, permission) in hidden.items():
        if stated(declared.spec, name) and isinstance(seen, Unreadable):
            message = f"The {name} of {declared.name} can't be read ({seen.code}), and so not be compared."
            action = f"Allow {permission}, or take `{name}` out of the plan."
            yield context.finding("error", f"{name}-unreadable", declared.ref, name, message, action)


def _room(declared: Declared, live: FunctionLive, context: Context) -> Iterator[Finding]:
    yield from surroundings.room(declared, live.account, _reserved(live), context)


def _reserved(live: FunctionLive | None) -> int:
    return live.reserved_concurrency or 0 if live is not None else 0


def _versions(declared: Declared, live: FunctionLive, context: Context) -> Iterator[Finding]:
    """They were listed where one that an alias shall name is not there."""
    if live.numbers is not UNREAD:
        yield from _absent_versions(declared, live.numbers, context)


CHECKS: tuple[Check, ...] = (
    surroundings.findings,
    _room,
    _state_failed,
    _package_type,
    _architecture_needs_code,
    _snapshots,
    _readable,
    _versions,
)


def _absent_versions(declared: Declared, there: Sequence[str], context: Context) -> Iterator[Finding]:
    """Versions that an alias can't name, because there are none of that number; `there` are those that are, newest first.

    That one to be published will have it can't be known (fact sheet 11.7).
    """
    if there:
        action = f"Name `published`, or one that exists: the newest are {', '.join(there[:NEWEST_SHOWN])}."
    else:
        action = "It has no version yet: name `published`, which publishes one."
    for name, one in present(declared.spec.aliases).items():
        for field, number in numbers(one):
            if number not in there:
                ref = declared.ref.child(ALIASES, name)
                message = f"Alias {name} shall name version {number} of {declared.name}, which does not exist."
                yield context.finding("error", "no-such-version", ref, field, message, action)


def needs_last_update(spec: FunctionSpec, *, publishes: bool, moves: bool) -> bool:
    """Whether the plan builds on what the last update should have left: it publishes, or points an alias to the newest."""
    return publishes or (moves and names_published(spec))
