"""The world as it will be once some steps have run: what later stages are compiled against."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from orchestrator.model import FromLive, Graph, Plan, Ref, Target, World


@dataclass(frozen=True)
class Foretold:
    """`made_up` are the values in `world` that AWS will choose otherwise: of what, and what stands for them here."""

    world: World
    made_up: Mapping[FromLive, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Unforetold:
    """What can't be foretold, and why: `reason` is a sentence without its full stop."""

    ref: Ref
    reason: str


Foretell = Callable[[World, Sequence[Plan], Graph, Target, float], Foretold | Unforetold]
"""What the world will be after these steps of these plans, from a time (epoch) on."""
