"""An alias as ListAliases shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class AliasLive:
    """`weights` are the shares of additional versions, by number."""

    name: str
    arn: str
    version: str
    weights: Mapping[str, float] = field(default_factory=dict)
    description: str = ""

    @property
    def value(self) -> Mapping[str, Any]:
        """The alias in the form of Changes."""
        return {"version": self.version, "weights": self.weights, "description": self.description}


def parsed(reply: Mapping[str, Any]) -> AliasLive:
    """An AliasLive from an AliasConfiguration."""
    return AliasLive(
        name=reply["Name"],
        arn=reply["AliasArn"],
        version=reply["FunctionVersion"],
        weights=dict(reply.get("RoutingConfig", {}).get("AdditionalVersionWeights") or {}),
        description=reply.get("Description", ""),
    )
