"""What a plan declares, and what its references may name of that."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from orchestrator.kinds import KINDS, PARTS
from orchestrator.kinds.contract import Attribute
from orchestrator.kinds.fields import is_off
from orchestrator.model import Path, dotted
from orchestrator.planning.fill import RESOURCES, SECTIONS
from orchestrator.planning.references import BadReference, Reference
from orchestrator.planning.suggest import did_you_mean, listed, nearest
from orchestrator.planning.values import Mark


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


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a plan that is one of several stages.

    `later` are the things that only a later stage declares, by path, each with that stage's name; `done` the tasks of earlier
    stages that are no part of this one any more.
    """

    later: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    done: Set[tuple[str, ...]] = frozenset()


ALONE = Around()


class Declarations:
    """What a plan declares, before it is validated."""

    def __init__(self, values: Mapping[str, Any], around: Around = ALONE) -> None:
        self._around = around
        self._sections: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
        for section, found in self._sections.items():
            if isinstance(entries := values.get(section), dict):
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
        if known is None or path[-1] in known or self.done(path):
            return
        if stage := self._around.later.get(path):
            raise BadReference(
                f"`{written}` names {'.'.join(path)}, which only a later stage declares: `{stage}`.",
                "Declare it in this stage or an earlier one, or move what names it to that stage.",
            )
        where, meant = ".".join(path[:-1]), nearest(path[-1], known)
        others = f"{where} has {listed(known)}." if known else f"Declare it under {where}."
        raise BadReference(
            f"`{written}` names {'.'.join(path)}, which this plan does not declare.",
            f"Did you mean `{dotted((*path[:-1], meant))}`?" if meant is not None else others,
        )

    def done(self, path: tuple[str, ...]) -> bool:
        """Whether a task was done by an earlier stage and is no part of this one any more."""
        return path in self._around.done

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

    def pruning(self) -> Iterator[Path]:
        """The tables and functions of which the plan takes away what it does not name."""
        for section, entries in self._sections.items():
            yield from (
                (section, name) for name, body in entries.items() if isinstance(body, dict) and body.get("prune")
            )

    def background(self) -> Iterator[tuple[str, ...]]:
        """The tables, functions and parts of them that need not be settled, by their own word."""
        for section in RESOURCES:
            for logical in self._sections[section]:
                root = (section, logical)
                yield from [root] if self._gate(root) == "background" else ()
                for part in PARTS[section]:
                    paths = [(*root, part, name) for name in self.entries((*root, part)) or ()]
                    yield from (path for path in paths if self._gate(path) == "background")

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
