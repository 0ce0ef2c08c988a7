"""All accounts and regions of one server: each is made when the first request for it comes."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from orchestrator.sandbox.rates import Rates
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Durations, Staleness
from orchestrator.sandbox.rules.lambda_.package import Sources
from orchestrator.sandbox.rules.regions import Regions

SourcesOf = Callable[[str, str], Sources]
"""Account and region to what holds the objects and images there."""


@dataclass
class Accounts:
    """Makes accounts that take the same time and draw from the same seed. Not safe for threads by itself."""

    durations: Durations
    staleness: Staleness
    seed: int = 0
    sources: SourcesOf | None = None
    _known: dict[tuple[str, str], Account] = field(default_factory=dict)
    _regions: dict[str, Regions[Account]] = field(default_factory=dict)
    _rates: dict[tuple[str, str], Rates] = field(default_factory=dict)
    _roles: dict[str, float] = field(default_factory=dict)
    _rights: dict[str, float] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)
    """The permissions that `deny` took."""

    def of(self, account: str, region: str) -> Account:
        """The account's control planes in that region."""
        if account not in self._regions:
            self._regions[account] = Regions(lambda name, regions: self._make(account, name, regions))
        return self._regions[account].of(region)

    def _make(self, account: str, region: str, regions: Regions[Account]) -> Account:
        sources = self.sources(account, region) if self.sources else None
        made = Account(
            account, region, self.durations, self.seed, staleness=self.staleness, sources=sources, regions=regions
        )
        for permission in self.denied:
            made.deny(permission)
        for role, at in self._roles.items():
            made.lambda_.role_created(role, at)
        for role, at in self._rights.items():
            made.lambda_.role_permitted(role, at)
        self._known[account, region] = made
        self._rates[account, region] = Rates()
        return made

    def rates(self, account: str, region: str) -> Rates:
        """The limits on calls a second of an account that `of` has made."""
        return self._rates[account, region]

    def role_created(self, role: str, now: float) -> None:
        """IAM has made a role. Roles belong to no region."""
        self._roles[role] = now
        for account in self._known.values():
            account.lambda_.role_created(role, now)

    def rights_changed(self, account: str, role: str, now: float) -> None:
        """IAM has changed what a role may do. It names roles without their path."""
        known = (arn for arn in self._roles if arn.startswith(f"arn:aws:iam::{account}:") and arn.endswith(f"/{role}"))
        arn = next(known, f"arn:aws:iam::{account}:role/{role}")
        self._rights[arn] = now
        for one in self._known.values():
            one.lambda_.role_permitted(arn, now)

    def deny(self, permission: str) -> None:
        """Take a permission (`kms:DescribeKey`) from every caller, in all accounts and regions."""
        self.denied.add(permission)
        for account in self._known.values():
            account.deny(permission)

    def reset(self) -> None:
        """Forget everything."""
        self.denied.clear()
        self._known.clear()
        self._regions.clear()
        self._rates.clear()
        self._roles.clear()
        self._rights.clear()

    def timeline(self) -> dict[str, Any]:
        """What happened so far in all of them, as a JSON document."""
        timelines = [account.timeline for account in self._known.values()]
        calls: Counter[str] = Counter()
        for timeline in timelines:
            calls.update(timeline.calls)
        return {
            "calls": dict(sorted(calls.items())),
            "refused_in_transition": sum(timeline.refused_in_transition for timeline in timelines),
            "clashes": sum(len(timeline.clashes()) for timeline in timelines),
            "served": list(_served(self._known.items())),
            "busy": list(_busy(self._known.items())),
        }


def _served(accounts: Iterable[tuple[tuple[str, str], Account]]) -> Iterable[dict[str, Any]]:
    for (_, region), account in accounts:
        for call in account.timeline.served:
            yield {
                "at": call.at,
                "region": region,
                "api": call.api,
                "resource": call.resource,
                "code": call.code,
                "in_transition": call.refused_because_in_transition,
                "foreign": call.foreign,
            }


def _busy(accounts: Iterable[tuple[tuple[str, str], Account]]) -> Iterable[dict[str, Any]]:
    for (_, region), account in accounts:
        for interval in account.timeline.intervals:
            yield {
                "region": region,
                "service": interval.service,
                "resource": interval.resource,
                "what": interval.what,
                "start": interval.start,
                "end": interval.end,
            }
