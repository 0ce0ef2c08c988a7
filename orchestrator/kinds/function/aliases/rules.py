"""What a plan states of aliases: which versions they name, and what is wrong with that in itself."""

from collections.abc import Iterator, Mapping

from orchestrator.kinds.complaint import Complaint
from orchestrator.kinds.function.lanes import LATEST
from orchestrator.kinds.function.spec import PUBLISHED, AliasSpec, FunctionSpec
from orchestrator.kinds.parts import present
from orchestrator.model import Text


def numbers(spec: AliasSpec) -> Iterator[tuple[str, str]]:
    """Each version that an alias shall name by its number, with the field that says so."""
    if spec.version not in (LATEST, PUBLISHED):
        yield "version", spec.version
    yield from (("weights", number) for number in spec.weights)


def names_published(spec: FunctionSpec) -> bool:
    """Whether an alias shall name the newest version."""
    return any(one.version == PUBLISHED for one in present(spec.aliases).values())


def complaints(version: str | Text, weights: Mapping[str, float]) -> Iterator[Complaint]:
    """An alias with weights points to two numbered versions (fact sheet 11.8)."""
    if weights and (version == LATEST or version in weights):
        message = f"<path>: an alias can't share its traffic between {version} and {', '.join(weights)}."
        yield Complaint(("weights",), "alias-weights", message, "Weights need two different numbered versions.")
