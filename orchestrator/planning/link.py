"""References to tables, functions and their parts: names become strings, what AWS gives out becomes a value known later.

Also who needs whom: a reference to a resource is a dependency.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.kinds import PARTS
from orchestrator.model import FromLive, Path, Position, Ref, Text
from orchestrator.planning.cycles import arrows, order
from orchestrator.planning.declarations import Around, Declarations, Target
from orchestrator.planning.fill import RESOURCES, SECTIONS, Filled, Template
from orchestrator.planning.problems import at, under
from orchestrator.planning.references import BadReference, Reference, joined
from orchestrator.planning.values import Mark

_LONGEST_NAME = 1024

Needs = dict[tuple[str, str], dict[Ref, set[Path]]]
"""By root what it refers to, and the path of the root or of each part of it that does."""


@dataclass(frozen=True, slots=True)
class Links:
    """For each table and function what its references name: the Refs, and what is known only later, as in Declared."""

    needs: Needs = field(default_factory=dict)
    late: dict[tuple[str, str], dict[FromLive, Path]] = field(default_factory=dict)

    def need(self, root: tuple[str, str], ref: Ref, by: Path) -> None:
        """Note that what stands at `by`, the root or a part of it, names `ref`."""
        self.needs.setdefault(root, {}).setdefault(ref, set()).add(by)

    def needed_by(self, root: tuple[str, str], plan: str) -> Mapping[Ref, frozenset[Ref]]:
        """What only parts of `root` name, each with those parts."""
        found = self.needs.get(root, {}).items()
        return {ref: frozenset(_part(plan, path) for path in by) for ref, by in found if root not in by}


def link(filled: Filled, plan: str, around: Around) -> Links:
    """Put every reference to a resource into `filled.values`; what is wrong goes into `filled.problems`.

    What a table or function names of its own is left out of the answer.
    """
    linker = _Linker(filled, plan, around)
    linker.names()
    linker.rest()
    return linker.links


class _Linker:
    def __init__(self, filled: Filled, plan: str, around: Around) -> None:
        self.links = Links()
        self._filled = filled
        self._plan = plan
        self._declared = Declarations(filled.values, around)

    def names(self) -> None:
        """Names first, each after those that it is made of."""
        made_of = {
            path[:2]: [target.root for target in self._targets(template) if target.attribute == "name"]
            for path, template in self._filled.templates.items()
            if _is_name(path)
        }
        sequence, cycles = order(made_of)
        for cycle in cycles:
            path = (*cycle[0], "name")
            shown = arrows(f"{section}.{name}" for section, name in cycle)
            self._problem(
                path, "reference-cycle", f"these names are made of each other: {shown}.", "Write one of them out."
            )
        for root in sequence:
            path = (*root, "name")
            if path in self._filled.templates:
                self._put(path, self._filled.templates.pop(path))
        for path in [path for path in self._filled.templates if _is_name(path)]:
            self._filled.put(path, Mark.UNRESOLVED)
            del self._filled.templates[path]

    def rest(self) -> None:
        for path, template in self._filled.templates.items():
            self._put(path, template)

    def _targets(self, template: Template) -> Iterator[Target]:
        """Those that can be found; `_put` reports the others."""
        for piece in template.pieces:
            if isinstance(piece, Reference):
                try:
                    yield self._declared.find(piece)
                except BadReference:
                    continue

    def _put(self, path: Path, template: Template) -> None:
        try:
            value = self._text(path, template)
        except BadReference as error:
            self._problem(path, error.code, error.message, error.action)
            value = Mark.UNRESOLVED
        self._filled.put(path, value)

    def _text(self, path: Path, template: Template) -> Any:
        owner = (str(path[0]), str(path[1])) if path[0] in SECTIONS and len(path) > 1 else None
        parts: list[Any] = []
        for piece in template.pieces:
            if isinstance(piece, str):
                parts.append(piece)
                continue
            target = self._declared.find(piece, path)
            parts.append(self._value(target, piece, owner))
            if owner is not None and target.root != owner:
                self._declared.check_gates(owner, target.path, piece.written)
                self.links.need(owner, Ref(self._plan, target.path), _referring(path))
                if isinstance(parts[-1], FromLive) and not self._declared.goes(path):
                    self.links.late.setdefault(owner, {}).setdefault(parts[-1], path)
        if Mark.UNRESOLVED in parts:
            return Mark.UNRESOLVED
        # Resolving with nothing known makes a plain string of a text that is whole and visible.
        value = Text(joined(parts), template.hidden, template.secrets).resolved(lambda part: None)
        self._filled.budget.spend(value)
        return value

    def _value(self, target: Target, reference: Reference, owner: tuple[str, str] | None) -> Any:
        """A string, a FromLive, or UNRESOLVED."""
        if target.attribute != "name":
            if target.root == owner:
                message = f"`{reference.written}` is known only once {'.'.join(owner)} itself is done."
                raise BadReference(message, target.definition.otherwise(target.path))
            return FromLive(Ref(self._plan, target.path), target.attribute)
        if len(target.path) > 2:
            return target.path[-1]
        name = self._declared.name(target.root)
        # One that is too long is wrong anyway; made of others that are, it could grow without end.
        return name if isinstance(name, str) and len(name) <= _LONGEST_NAME else Mark.UNRESOLVED

    def _problem(self, path: Path, code: str, message: str, action: str) -> None:
        place: Position | None = self._filled.value_place(path)
        self._filled.note(at(place, code, under(path, message), action, path))


def _referring(path: Path) -> Path:
    """The path of the part that a place of the plan belongs to, else of the root."""
    root, part = path[:2], path[2:4]
    return path[:4] if len(path) > 4 and part[0] in PARTS.get(str(root[0]), ()) else root


def _part(plan: str, path: Path) -> Ref:
    return Ref(plan, tuple(map(str, path)))


def _is_name(path: Path) -> bool:
    return len(path) == 3 and path[0] in RESOURCES and path[2] == "name"
