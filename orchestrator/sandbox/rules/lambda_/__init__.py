"""Lambda's control plane: functions with all that hangs on them, and event source mappings (fact sheet 11, 12, 15.9, 15.10).

    names → package, settings, combination, attachments → function (states and moves) → store (all of them)
            event_sources → mapping; neighbours, rights ────────────────────────────────↑
    the operations: functions, versions, aliases, concurrency, tags, absent, invocation (answers),
                    policies (statements), urls, provisioned, invoke_configs, mappings

What AWS also has and this sandbox does not (layers, code signing, …) can be read, as none, but not made.
"""

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.sandbox.rules.constraints import complaint
from orchestrator.sandbox.rules.ground import Ground
from orchestrator.sandbox.rules.lambda_ import (
    absent,
    aliases,
    concurrency,
    functions,
    invocation,
    invoke_configs,
    mappings,
    policies,
    provisioned,
    tags,
    urls,
    versions,
)
from orchestrator.sandbox.rules.lambda_.answers import Answer
from orchestrator.sandbox.rules.lambda_.function import IDLE, Failure, Function
from orchestrator.sandbox.rules.lambda_.mapping import EventSourceMapping
from orchestrator.sandbox.rules.lambda_.names import plain
from orchestrator.sandbox.rules.lambda_.neighbours import Neighbours, Streams
from orchestrator.sandbox.rules.lambda_.package import Sources
from orchestrator.sandbox.rules.lambda_.store import Store
from orchestrator.sandbox.rules.refusal import Refusal

Operation = Callable[[Store, Mapping[str, Any], float], dict[str, Any]]

OPERATIONS: Mapping[str, Operation] = {
    **functions.OPERATIONS,
    **versions.OPERATIONS,
    **aliases.OPERATIONS,
    **concurrency.OPERATIONS,
    **tags.OPERATIONS,
    **absent.OPERATIONS,
    **invocation.OPERATIONS,
    **policies.OPERATIONS,
    **urls.OPERATIONS,
    **provisioned.OPERATIONS,
    **invoke_configs.OPERATIONS,
    **mappings.OPERATIONS,
}
OPEN_ENUMS = ("Runtime",)
"""Shapes whose values AWS adds to faster than SDKs are released."""


class LambdaRules:
    """One account's Lambda in one region. `sources` hold objects and images; without, a digest stands for their place.

    `streams` says which DynamoDB streams are open; without it all are.
    """

    def __init__(self, ground: Ground, sources: Sources | None = None, streams: Streams | None = None) -> None:
        self._store = Store(ground, sources, streams)

    @property
    def neighbours(self) -> Neighbours:
        """What Lambda sees of other services, to be told of it."""
        return self._store.neighbours

    def handles(self, operation: str) -> bool:
        return operation in OPERATIONS

    def resource(self, operation: str, parameters: Mapping[str, Any]) -> str:
        if uuid := parameters.get("UUID"):
            return f"event-source-mapping/{uuid}"
        name = plain(str(parameters.get("FunctionName") or parameters.get("Resource") or ""))
        return f"function/{name}" if name else ""

    def handle(self, operation: str, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
        """Serve one call; raises Refusal."""
        try:
            if text := complaint("lambda", operation, parameters, OPEN_ENUMS):
                raise Refusal("ValidationException", text)
            return OPERATIONS[operation](self._store, parameters, now)
        finally:
            self._store.arrived = None

    def arriving(self, when: float) -> None:
        """Note that the call to be handled next came in at `when`: what took effect since then it may not have seen."""
        self._store.arrived = when

    def keep(self, function: Function, numbers: int) -> None:
        """Have a function that came about elsewhere, whose versions were numbered up to `numbers`."""
        self._store.keep(function, numbers)

    def keep_mapping(self, mapping: EventSourceMapping) -> None:
        """Have an event source mapping that came about elsewhere."""
        self._store.mappings[mapping.uuid] = mapping

    # ---------------------------------------------------------------------------------------- what a test may bring about

    def fail_next(self, name: str, reason: str, code: str, of: str | None = None) -> None:
        """Let the next move of function `name` end in Failed, with Lambda's reason and code.

        `of` says which: `create`, `update`, `publish` or `restore`; the next one of any sort unless given.
        """
        self._store.failures[name].append(Failure(reason, code, of))

    def fail_next_allocation(self, name: str, reason: str) -> None:
        """Let function `name`'s next allocation of provisioned concurrency end in FAILED with this StatusReason."""
        self._store.allocation_failures[name].append(reason)

    def answers(self, name: str, answer: Answer) -> None:
        """Let function `name` answer its invocations so: a function of payload and context, whose errors are its own."""
        self._store.answers.known[name] = answer

    def ran(self, name: str) -> int:
        """How often function `name` was invoked, dry runs apart."""
        return self._store.answers.ran[name]

    def refuse_next(self, name: str, message: str, times: int = 1) -> None:
        """Refuse the next creations and updates of function `name` as Lambda does what others lag behind with (12.3)."""
        refusal = Refusal("InvalidParameterValueException", message, fields={"Type": "User"})
        self._store.refusals[name].extend([refusal] * times)

    def unusable(self, identifier: str, reason: str, code: str) -> None:
        """Let every creation and update end in Failed whose function has this subnet, group, key, file system or image."""
        self._store.unusable[identifier] = Failure(reason, code)

    def idle(self, name: str, now: float, qualifier: str | None = None) -> None:
        """Let weeks have passed for function `name` or one version: its resources are reclaimed and it is Inactive."""
        about, function = self._store.find({"FunctionName": name, "Qualifier": qualifier}, now)
        self._store.version(about, function).status = IDLE

    def role_created(self, role: str, now: float) -> None:
        """Note that the role with this ARN was made at `now`: its first seconds count from here, not from its first use."""
        self._store.introduce(role, now)

    def role_permitted(self, role: str, now: float) -> None:
        """Note that a role got its rights only at `now`: other services don't know of them for a while (12.3)."""
        self._store.rights.changed(role, now)

    def deny(self, role: str, what: str) -> None:
        """Take a right from a role: one of those that `rights.py` names (`SendMessage on SQS`, …)."""
        self._store.rights.deny(role, what)
