"""An event source mapping and its moves between states (fact sheet 11.10)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.sandbox.rules.lambda_.attachments import Lag
from orchestrator.sandbox.rules.lambda_.event_sources import Source
from orchestrator.sandbox.rules.plain import copied
from orchestrator.sandbox.rules.refusal import Refusal


@dataclass(slots=True)
class EventSourceMapping:
    """Known by its UUID. `function` is the ARN, qualified where the mapping is; `due` is when `moving` ends."""

    uuid: str
    arn: str
    source: Source
    function: str
    settings: dict[str, Any]
    enabled: bool
    modified: float
    moving: str | None
    due: float
    lag: Lag
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> str:
        return self.moving or ("Enabled" if self.enabled else "Disabled")

    def settle(self, now: float) -> bool:
        """Let time pass until `now`. True once a deletion is through: the mapping is no more."""
        if self.moving is None or now < self.due:
            return False
        gone, self.moving, self.modified = self.moving == "Deleting", None, self.due
        return gone

    def must_be_settled(self, doing: str) -> None:
        """Refuse a change while another is under way. `doing` is `update` or `delete`."""
        if self.moving is not None:
            text = f"Cannot {doing} the event source mapping because it is in use."
            raise Refusal("ResourceInUseException", text, in_transition=True)

    def shown(self, problem: str | None = None) -> dict[str, Any]:
        """EventSourceMappingConfiguration; `problem` is why nothing can be processed."""
        shown: dict[str, Any] = {
            "UUID": self.uuid,
            "EventSourceMappingArn": self.arn,
            "EventSourceArn": self.source.arn,
            "FunctionArn": self.function,
            "LastModified": self.modified,
            "State": self.state,
            # Recorded from AWS: queues and streams word it differently.
            "StateTransitionReason": "USER_INITIATED" if self.source.queue else "User action",
            **copied(self.settings),
        }
        if not self.source.queue or problem:
            shown["LastProcessingResult"] = problem or "No records processed"
        return shown


def busy_state(before: EventSourceMapping, wanted: Mapping[str, Any]) -> str:
    """The state that an update with these parameters passes through."""
    enabled = wanted.get("Enabled")
    if enabled is None or enabled == before.enabled:
        return "Updating"
    return "Enabling" if enabled else "Disabling"
