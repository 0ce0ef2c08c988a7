"""One AWS account in one region: all services behind one door."""

from collections.abc import Mapping
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import Any

from orchestrator.sandbox.rules.denial import not_authorized
from orchestrator.sandbox.rules.durations import Durations, Staleness
from orchestrator.sandbox.rules.dynamodb import DATA_PLANE, DynamoDBRules
from orchestrator.sandbox.rules.ground import Ground, Limits
from orchestrator.sandbox.rules.identity import KmsRules, StsRules
from orchestrator.sandbox.rules.images import EcrRules
from orchestrator.sandbox.rules.lambda_ import LambdaRules
from orchestrator.sandbox.rules.lambda_.package import Package, Sources
from orchestrator.sandbox.rules.objects import S3Rules
from orchestrator.sandbox.rules.refusal import Refusal
from orchestrator.sandbox.rules.regions import Regions
from orchestrator.sandbox.rules.scaling import ScalingRules
from orchestrator.sandbox.rules.service import Rules
from orchestrator.sandbox.rules.timeline import Timeline
from orchestrator.sandbox.rules.trail import Caller, TrailRules

OURS, SOMEBODY = "sandbox", "somebody"
"""The users who make calls, where nobody says which."""


class Account:
    """Serves calls in the order of time and writes them down. `elsewhere` is the same account in another Region.

    Not safe for threads by itself: a front with several threads holds one lock around `handle`.
    """

    def __init__(
        self,
        account: str = "123456789012",
        region: str = "eu-west-1",
        durations: Durations | None = None,
        seed: int = 0,
        *,
        staleness: Staleness | None = None,
        limits: Limits | None = None,
        sources: Sources | None = None,
        regions: "Regions[Account] | None" = None,
    ) -> None:
        """`sources` hold the objects and images that functions are made of, where those are not this account's own.

        `regions` are the account's; without, it has its own, in which everything takes as long and lags as far as here.
        """
        self.ground = Ground(
            account, region, durations or Durations(), staleness or Staleness(), limits or Limits(), seed, Timeline()
        )
        self._regions = regions or Regions(self._sibling)
        self._regions.join(region, self)
        self._agenda = self._regions.agenda
        self.kms = KmsRules(self.ground)
        self.dynamodb = DynamoDBRules(
            self.ground,
            self.kms.resolve,
            near=lambda name: self.elsewhere(name).dynamodb,
            scaling=lambda: self.scaling,
        )
        self.s3 = S3Rules(self.ground)
        self.ecr = EcrRules(self.ground)
        self._sources = sources or Sources(self.s3.fetch, self.ecr.resolve)
        self.lambda_ = LambdaRules(self.ground, replace(self._sources, fetch=self._fetch), self.dynamodb.has_stream)
        self.scaling = ScalingRules(self.ground, self.dynamodb.table, self._agenda.later, self._scale)
        self.trail = TrailRules(self.ground)
        self.services: Mapping[str, Rules] = {
            "dynamodb": self.dynamodb,
            "dynamodbstreams": self.dynamodb.streams,
            "lambda": self.lambda_,
            "kms": self.kms,
            "s3": self.s3,
            "ecr": self.ecr,
            "sts": StsRules(self.ground),
            "application-autoscaling": self.scaling,
            "cloudtrail": self.trail,
        }

    def elsewhere(self, region: str) -> "Account":
        """The same account in `region`."""
        return self._regions.of(region)

    def _sibling(self, region: str, regions: "Regions[Account]") -> "Account":
        ground = self.ground
        return Account(
            ground.account,
            region,
            ground.durations,
            ground.seed,
            staleness=ground.staleness,
            limits=ground.limits,
            regions=regions,
        )

    @property
    def timeline(self) -> Timeline:
        return self.ground.timeline

    def deny(self, api: str) -> None:
        """Take a permission from every caller, in all Regions: `s3:GetObject`, `kms:DescribeKey`, …."""
        self._regions.denied.add(api)

    def handles(self, service: str, operation: str) -> bool:
        return service in self.services and self.services[service].handles(operation)

    def handle(
        self,
        service: str,
        operation: str,
        parameters: Mapping[str, Any],
        now: float,
        arrived: float | None = None,
        user: str = OURS,
    ) -> dict[str, Any]:
        """Serve one call; raises Refusal. Foreign calls that fell due by `now` are served before it.

        `arrived` is when the request came in, where that is before it takes effect: others may have been under way with it.
        `user` is the name of who makes it.
        """
        self.advance(now)
        if service == "lambda" and arrived is not None:
            self.lambda_.arriving(arrived)
        caller = Caller.user(self.ground.account, user)
        return self._serve(service, operation, parameters, self._agenda.now, caller, foreign=False)

    def foreign(
        self, service: str, operation: str, parameters: Mapping[str, Any], now: float, user: str = SOMEBODY
    ) -> dict[str, Any]:
        """The same for a call that somebody else makes: marked as such in the timeline."""
        self.advance(now)
        caller = Caller.user(self.ground.account, user)
        return self._serve(service, operation, parameters, self._agenda.now, caller, foreign=True)

    def schedule(
        self, at: float, service: str, operation: str, parameters: Mapping[str, Any], user: str = SOMEBODY
    ) -> None:
        """Let somebody else make a call at `at`. A refusal is only written down."""
        caller = Caller.user(self.ground.account, user)
        self._agenda.later(at, lambda now: self._unheard(service, operation, parameters, now, caller))

    def advance(self, now: float) -> None:
        """Let time pass until `now`, in all Regions: whatever falls due happens, each at its own time."""
        self._agenda.advance(now)

    def must_be_allowed(self, service: str, operation: str, version: str | None = None) -> None:
        """Raise Refusal where a permission for this call was taken away."""
        account, versioned = self.ground.account, version is not None
        if refusal := not_authorized(self._regions.denied, account, service, operation, versioned=versioned):
            raise refusal

    def _scale(self, parameters: Mapping[str, Any], now: float) -> None:
        """Auto scaling changes a table (fact sheet 15.13), or finds that it can't just now."""
        self._unheard("dynamodb", "UpdateTable", parameters, now, Caller.scaling(self.ground.account))

    def _unheard(self, service: str, operation: str, parameters: Mapping[str, Any], now: float, caller: Caller) -> None:
        """A foreign call whose answer nobody waits for."""
        with suppress(Refusal):
            self._serve(service, operation, parameters, now, caller, foreign=True)

    def _serve(
        self,
        service: str,
        operation: str,
        parameters: Mapping[str, Any],
        now: float,
        caller: Caller,
        *,
        foreign: bool,
    ) -> dict[str, Any]:
        timeline, api = self.timeline, f"{service}:{operation}"
        # Of calls about items there may be millions.
        kept = service != "dynamodb" or operation not in DATA_PLANE
        with timeline.foreign() if foreign else nullcontext():
            rules = self.services.get(service)
            if rules is None or not rules.handles(operation):
                timeline.record(now, api, "", "UnknownOperationException")
                raise Refusal("UnknownOperationException", f"The sandbox does not model {api}.")
            resource = rules.resource(operation, parameters)
            try:
                self.must_be_allowed(service, operation, parameters.get("VersionId"))
                reply = rules.handle(operation, parameters, now)
            except Refusal as refusal:
                timeline.record(now, api, resource, refusal.code, in_transition=refusal.in_transition, kept=kept)
                self.trail.note(now, caller, service, operation, resource, parameters, refusal.code)
                raise
            timeline.record(now, api, resource, kept=kept)
            self.trail.note(now, caller, service, operation, resource, parameters)
            return reply

    def _fetch(self, bucket: str, key: str, version: str | None) -> bytes | Package:
        """An object as Lambda reads it, with the permissions of whoever calls Lambda."""
        self.must_be_allowed("s3", "GetObject", version)
        return self._sources.fetch(bucket, key, version)
