"""Items in YAML: a list of mappings, or several documents of which each is one, in the YAML that plans are written in."""

from collections.abc import Iterator

from orchestrator.planning.nodes import Mapping, Node, Scalar, Sequence, plain
from orchestrator.planning.seeds.rows import MOST_WHOLE_BYTES, Row, Source, Unusable, Wrong
from orchestrator.planning.values import Mark
from orchestrator.planning.yaml_nodes import Limits, compose_all

LIMITS = Limits(MOST_WHOLE_BYTES, nodes=1_000_000, documents=True)


def rows(source: Source) -> Iterator[Row]:
    """Raises Unusable for the first thing that is no YAML of a plan; references are taken as they stand."""
    documents, problems = compose_all(source.whole(), "", LIMITS)
    for problem in problems:
        raise Unusable(problem.line or 1, problem.column or 1, Wrong(problem.message, problem.action))
    for document in documents:
        for node in _items(document):
            place = node.position
            if isinstance(node, Mapping):
                yield Row(place.line, place.column, plain(node))
            else:
                wrong = Wrong(" is no mapping.", "An item is one, with its attributes: {id: a}.")
                yield Row(place.line, place.column, wrong)


def _items(document: Node) -> tuple[Node, ...]:
    """The items of one document: a list's entries, or the one that it is; of an empty one none."""
    if isinstance(document, Sequence):
        return document.items
    return () if isinstance(document, Scalar) and document.value is Mark.NULL else (document,)
