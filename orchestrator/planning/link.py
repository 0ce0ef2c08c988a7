"""References to tables, functions and their parts: names become strings, what AWS gives out becomes a value known later.

Also who needs whom: a reference to a resource is a dependency.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.kinds import KINDS, PARTS
from orchestrator.kinds.contract import Attribute
from orchestrator.kinds.fields import is_off
from orchestrator.model import FromLive, Path, Position, Ref, Text, dotted
from orchestrator.planning.cycles import arrows, order
from orchestrator.planning.fill import RESOURCES, Filled, Template
from orchestrator.planning.problems import at, under
from orchestrator.planning.references import BadReference, Reference, joined
from orchestrator.planning.suggest import did_you_mean, listed, nearest
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


class BackgroundReference(BadReference):
    """A reference to what need not be settled, from what has to be."""

    code = "waits-for-background"


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference names: the thing's path and one attribute of it."""

    path: tuple[str, ...]
    attribute: str

    @property
    def root(self) -> tuple[str, str]:
        return (self.path[0], self.path[1])

    @property
    def definition(self) -> Attribute:
        return KINDS[self.path[-2]].ATTRIBUTES[self.attribute]


def link(filled: Filled, plan: str) -> Links:
    """Put every reference to a resource into `filled.values`; what is wrong goes into `filled.problems`.

    What a table or function names of its own is left out of the answer.
    """
    linker = _Linker(filled, plan)
    linker.names()
    linker.rest()
    return linker.links


class _Linker:
    def __init__(self, filled: Filled, plan: str) -> None:
        self.links = Links()
        self._filled = filled
        self._plan = plan
        self._declared = Declarations(filled.values)

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
        owner = (str(path[0]), str(path[1])) if path[0] in RESOURCES and len(path) > 1 else None
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
        value = Text(joined(parts), template.hidden).resolved(lambda part: None)
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
    return path[:4] if len(path) > 4 and part[0] in PARTS[str(root[0])] else root


def _part(plan: str, path: Path) -> Ref:
    return Ref(plan, tuple(map(str, path)))


def _is_name(path: Path) -> bool:
    return len(path) == 3 and path[0] in RESOURCES and path[2] == "name"


# ------------------------------------------------------------------------------------------------ what is declared


class Declarations:
    """What a plan declares, at the top or in its stages, before it is validated."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        stages = values.get("stages")
        places = [values, *(stages if isinstance(stages, list) else ())]
        self._sections: dict[str, dict[str, Any]] = {section: {} for section in RESOURCES}
        for place in places:
            for section, found in self._sections.items():
                entries = place.get(section) if isinstance(place, dict) else None
                if isinstance(entries, dict):
                    found.update(entries)

    def name(self, root: tuple[str, str]) -> Any:
        """The real name of a table or function, by default its logical id; anything where the plan is wrong there."""
        section, logical = root
        body = self._sections[section][logical]
        if body == "absent":
            return logical
        return body.get("name", logical) if isinstance(body, dict) else Mark.UNRESOLVED

    def find(self, reference: Reference, path: Path = ()) -> Target:
        """What a reference to a resource names. Raises BadReference.

        A part that goes may name what goes too: a mapping the stream that it reads.
        """
        target = self._target(reference)
        if self.goes(path):
            return target
        if self.absent(target.path):
            shown = ".".join(target.path)
            raise BadReference(
                f"`{reference.written}` names {shown}, which this plan declares absent.", "Remove one of them."
            )
        if off := self._off(target):
            shown = f"`{off}` of {'.'.join(target.path)}"
            raise BadReference(f"`{reference.written}` names what this plan turns off: {shown}.", "Remove one of them.")
        return target

    def _off(self, target: Target) -> str | None:
        """A setting that the attribute rests on and that the plan turns off."""
        body = (self.entries(target.path[:-1]) or {}).get(target.path[-1])
        basis = target.definition.rests_on
        if basis is None or not isinstance(body, dict):
            return None
        return next((name for name in basis.fields if is_off(body.get(name))), None)

    def _target(self, reference: Reference) -> Target:
        section, *rest = reference.path
        if not rest:
            raise BadReference(f"`{reference.written}` names no resource.", f"Write `${{{section}.ID.name}}`.")
        root = (section, rest[0])
        self.check(root, reference.written)
        if len(rest) > 2 and rest[1] in PARTS[section] and KINDS[rest[1]].ATTRIBUTES:
            part = (*root, rest[1], rest[2])
            self.check(part, reference.written)
            return Target(part, _attribute(reference, rest[1], rest[3:]))
        return Target(root, _attribute(reference, section, rest[1:]))

    def check(self, path: tuple[str, ...], written: str) -> None:
        """Raise BadReference unless the plan declares the root or part at `path`."""
        known = self.entries(path[:-1])
        if known is None or path[-1] in known:
            return
        where, meant = ".".join(path[:-1]), nearest(path[-1], known)
        others = f"{where} has {listed(known)}." if known else f"Declare it under {where}."
        raise BadReference(
            f"`{written}` names {'.'.join(path)}, which this plan does not declare.",
            f"Did you mean `{dotted((*path[:-1], meant))}`?" if meant is not None else others,
        )

    def entries(self, path: tuple[str, ...]) -> Mapping[str, Any] | None:
        """What stands in the section at `path`; None where the plan is wrong there, which is reported elsewhere."""
        section, *rest = path
        if not rest:
            return self._sections[section]
        body = self._sections[section][rest[0]]
        if body == "absent":
            return {}
        if not isinstance(body, dict):
            return None
        found = body.get(rest[1], {})
        return found if isinstance(found, dict) else None

    def check_gates(self, owner: tuple[str, str], path: tuple[str, ...], written: str) -> None:
        """Raise BackgroundReference where `owner`, for which a start-up waits, would have to wait for background work."""
        if self._gate(owner) != "start":
            return
        for length in range(2, len(path) + 1, 2):
            if self._gate(path[:length]) == "background":
                named, waiting = ".".join(path[:length]), ".".join(owner)
                raise BackgroundReference(
                    f"`{written}` makes {waiting} wait for {named}, which has `gate: background`.",
                    f"A start-up waits for {waiting}: give it `gate: background` too, or take it from {named}.",
                )

    def _gate(self, path: tuple[str, ...]) -> Any:
        """What the thing at `path` says, perhaps nothing that a gate can be; that is reported elsewhere."""
        body = (self.entries(path[:-1]) or {}).get(path[-1])
        return body.get("gate", "start") if isinstance(body, dict) else "start"

    def goes(self, path: Path) -> bool:
        """Whether what stands at `path` is about a part that shall not exist: it helps to find it, and nothing is made of it."""
        root, part, rest = path[:2], path[2:4], path[4:]
        return bool(rest) and part[0] in PARTS.get(str(root[0]), ()) and self.absent(tuple(map(str, (*root, *part))))

    def absent(self, path: tuple[str, ...]) -> bool:
        """Whether the plan says that the thing at `path` shall not exist, or that what it belongs to shall not."""
        for length in range(2, len(path) + 1, 2):
            body = (self.entries(path[: length - 1]) or {}).get(path[length - 1])
            if body == "absent" or (isinstance(body, dict) and "ensure" in body):
                return True
        return False


def _attribute(reference: Reference, section: str, rest: list[str]) -> str:
    """The attribute at the end of a reference. Raises BadReference."""
    known = list(KINDS[section].ATTRIBUTES)
    forms = ", ".join(f".{attribute}" for attribute in known)
    if not rest:
        raise BadReference(f"`{reference.written}` lacks the attribute that is meant.", f"End it with one of {forms}.")
    if len(rest) > 1 or rest[0] not in known:
        action = did_you_mean(rest[0], known, f"References to {section} end with one of {forms}.")
        raise BadReference(f"`{reference.written}` has no attribute that a reference can name.", action)
    return rest[0]
