"""What hangs on a function or on one of its aliases and versions, and goes with it (fact sheet 11.12).

Each sort is kept by qualifier; the function itself is `$LATEST`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.sandbox.rules.ground import Ground
from orchestrator.sandbox.rules.lambda_.names import LATEST


@dataclass(slots=True)
class Lag:
    """How many reads still miss a write, and until when (epoch seconds) any may (fact sheet 7, 11.12)."""

    reads: int = 0
    until: float = 0

    @classmethod
    def drawn(cls, ground: Ground, now: float, *purpose: object) -> "Lag":
        """As `Staleness` bounds it; `purpose` tells one write from another."""
        reads = ground.draws("lag", now, *purpose).randint(0, ground.staleness.reads)
        return cls(reads, now + ground.staleness.seconds)

    def hides(self, now: float) -> bool:
        """Whether this read still misses it; every read is asked once."""
        if self.reads <= 0 or now > self.until:
            return False
        self.reads -= 1
        return True


@dataclass(frozen=True, slots=True)
class Document:
    """A resource policy as it was written at one time; `revision` is its own, not the function's (fact sheet 11.5)."""

    written: float
    revision: str
    statements: tuple[Mapping[str, Any], ...] = ()


@dataclass(slots=True)
class Policy:
    """All documents of one qualifier, the newest last, and how long reads miss that one."""

    documents: list[Document]
    lag: Lag = field(default_factory=Lag)

    def at(self, when: float) -> Document | None:
        """The document as it stood at `when`."""
        return next((document for document in reversed(self.documents) if document.written <= when), None)


@dataclass(slots=True)
class Url:
    """A function URL: `settings` are AuthType, InvokeMode and, where stated, Cors."""

    address: str
    settings: dict[str, Any]
    created: float
    modified: float
    lag: Lag


@dataclass(frozen=True, slots=True)
class Provisioned:
    """Provisioned concurrency on its way until `due`, or there. `had` was allocated before; `failure` is a bad end's reason."""

    wanted: int
    due: float
    modified: float
    had: int = 0
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class InvokeConfig:
    """How asynchronous invocations are retried, and where their records go: only what was stated."""

    settings: Mapping[str, Any]
    modified: float


@dataclass(slots=True)
class Attachments:
    """Of one function, by qualifier."""

    policies: dict[str, Policy] = field(default_factory=dict)
    urls: dict[str, Url] = field(default_factory=dict)
    provisioned: dict[str, Provisioned] = field(default_factory=dict)
    invoke_configs: dict[str, InvokeConfig] = field(default_factory=dict)

    def drop(self, qualifier: str) -> None:
        """Forget what hung on an alias or version that is deleted."""
        for kept in (self.policies, self.urls, self.provisioned, self.invoke_configs):
            kept.pop(qualifier, None)


def key(qualifier: str | None) -> str:
    """The key of what hangs on `qualifier`, or on the function itself."""
    return qualifier or LATEST
