"""What hangs on a function and has reads of its own, as an observation saw it. What was not read is UNREAD or left out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.kinds.function.event_sources.live import EventSources
from orchestrator.kinds.function.permissions.live import Statement
from orchestrator.model import UNREAD, Broken, Pending, Settled, Unread, Verdict


@dataclass(frozen=True, slots=True)
class UrlLive:
    """A function URL: its address, and its settings in the plan language's words."""

    address: str
    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ProvisionedLive:
    """Provisioned concurrency of an alias or version: what was asked for, and how far AWS is."""

    alias: str
    wanted: int
    status: str
    reason: str = ""

    @property
    def verdict(self) -> Verdict:
        """Unknown statuses are waited for; one that failed is asked for again where the plan states it (fact sheet 11.9)."""
        what = f"provisioned concurrency of {self.alias} {self.status}"
        what = f"{what}: {self.reason}" if self.reason else what
        if self.status == "FAILED":
            code = self.reason if re.fullmatch(r"\w+", self.reason) else ""
            return Broken(what, code, recoverable=True, action=self._again)
        return Settled() if self.status == "READY" else Pending(what)

    @property
    def _again(self) -> str:
        """Only what a plan states is asked for; of a version's own it can say nothing."""
        if self.alias.isdecimal():
            return ""
        return (
            f"Mend the cause, and see that the plan states `provisioned_concurrency: {{{self.alias}: {self.wanted}}}`."
        )


@dataclass(frozen=True, slots=True)
class Attached:
    """`policies` by alias (`$LATEST` is the function as such), each by statement id; `urls` by alias (empty: the function's).

    `snapshots` says of versions by number or alias whether they have SnapStart, in the plan language's words.
    `invoke_configs` are those of aliases, empty where an alias has none; `async_invoke` is the function's own.
    `provisioned` by alias, None where an alias has none; `all_provisioned` says that no other alias or version has any.
    """

    event_sources: EventSources = field(default_factory=EventSources)
    policies: Mapping[str, Mapping[str, Statement]] = field(default_factory=dict)
    urls: Mapping[str, UrlLive] | Unread = UNREAD
    async_invoke: Mapping[str, Any] | Unread = UNREAD
    invoke_configs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    provisioned: Mapping[str, ProvisionedLive | None] = field(default_factory=dict)
    all_provisioned: bool = False
    snapshots: Mapping[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """The provisioned concurrency of all aliases and versions that were read."""
        return sum(one.wanted for one in self.provisioned.values() if one is not None)

    @property
    def url(self) -> str | None:
        """The sole address, or the function's own among several."""
        if self.urls is UNREAD or not self.urls:
            return None
        (first, *others) = self.urls.values()
        return self.urls[""].address if others and "" in self.urls else first.address

    @property
    def verdict(self) -> Verdict:
        """Of what was read: what moves goes before what failed. A mapping's problem is told, and neither."""
        found = [self.event_sources.verdict, *(one.verdict for one in self.provisioned.values() if one is not None)]
        pending = next((verdict for verdict in found if isinstance(verdict, Pending)), None)
        broken = next((verdict for verdict in found if isinstance(verdict, Broken)), None)
        return pending or broken or Settled()
