"""One plan file, from its tree to a Plan, with everything that is wrong with it."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter

from orchestrator.errors import InvalidPlan, Problem
from orchestrator.kinds import ROOTS
from orchestrator.kinds.complaint import Complaint
from orchestrator.kinds.function.spec import CodeSpec, FunctionSpec
from orchestrator.kinds.task.known import Known
from orchestrator.kinds.task.rules import complaints
from orchestrator.kinds.task.spec import TASKS, TaskSpec
from orchestrator.model import Blob, Declared, Path, Plan, Policy, Position, Ref, dotted
from orchestrator.model.work import Task
from orchestrator.planning import policy_files
from orchestrator.planning.declarations import ALONE, Around, Declarations
from orchestrator.planning.dependencies import Root, after, circles, unfinished
from orchestrator.planning.document import (
    AnyFunction,
    AnyTable,
    Document,
    Functions,
    PolicySpec,
    Tables,
    Tasks,
    Variables,
)
from orchestrator.planning.explain import validated
from orchestrator.planning.fill import (
    MAX_PROBLEMS,
    RESOURCES,
    SECTIONS,
    Filled,
    Scope,
    TooManyProblems,
    fill_fixed,
    fill_rest,
    peek,
)
from orchestrator.planning.given import Given, Inputs
from orchestrator.planning.internal import internal
from orchestrator.planning.link import Links, link
from orchestrator.planning.mistakes import sound
from orchestrator.planning.package import package
from orchestrator.planning.problems import at
from orchestrator.planning.seeds import SeedFile
from orchestrator.planning.sources import Source, Sources
from orchestrator.planning.stages import same_names
from orchestrator.planning.task_section import known, made, real_names, seed_file, works_on
from orchestrator.planning.values import Mark, unresolved
from orchestrator.planning.variables import values as variable_values

UNKNOWN_ACCOUNT, UNKNOWN_REGION = "000000000000", "xx-unknown-1"
"""What `${account}` and `${region}` read while nothing says them; only checks see that (`validate` runs offline)."""

_SECTIONS: Mapping[str, TypeAdapter[Any]] = {
    "variables": TypeAdapter(Variables),
    "tables": TypeAdapter(Tables),
    "functions": TypeAdapter(Functions),
    TASKS: TypeAdapter(Tasks),
}
_ENTRIES: Mapping[str, TypeAdapter[Any]] = {
    "tables": TypeAdapter(AnyTable),
    "functions": TypeAdapter(AnyFunction),
}
"""One of a section, without its name."""
_HEAD: TypeAdapter[Document] = TypeAdapter(Document)


@dataclass(frozen=True, slots=True)
class Outside:
    """What a plan is loaded with: given variables, where they are from, and the target as far as it is known."""

    given: Mapping[str, Given]
    inputs: Inputs
    account: str | None
    region: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A table or function that a file declares, right or wrong in other things, and its real name."""

    path: Path
    name: str
    position: Position | None


@dataclass(frozen=True, slots=True)
class PlanFile:
    """What came of one file. `plan` is None where the head of it is wrong; it counts only if there is no problem."""

    plan: Plan | None
    declared: frozenset[str]
    claims: tuple[Claim, ...]
    problems: tuple[Problem, ...]
    stages: tuple[str, ...] = ()


def load_plan(
    source: Source, sources: Sources, outside: Outside, around: Around = ALONE, *, another: bool = False
) -> PlanFile:
    """Check and build one plan, or one stage of it as a plan; `another` says whether a stage follows.

    `declared` are the names of its variables, `stages` those of stages that it lists.
    """
    return _Loader(source, sources, outside, around, another=another).run()


class _Loader:
    def __init__(self, source: Source, sources: Sources, outside: Outside, around: Around, *, another: bool) -> None:
        self._source = source
        self._sources = sources
        self._outside = outside
        self._around = around
        self._another = another
        self._filled = Filled()
        self._name = "?"
        self._declared = Declarations({})
        self._stages: tuple[str, ...] = ()
        self._claimed: tuple[Claim, ...] = ()
        self._links = Links()

    def run(self) -> PlanFile:
        plan, filled = None, self._filled
        try:
            plan = self._loaded()
        except TooManyProblems:
            message = f"The file has {MAX_PROBLEMS:,} problems or more; the others are left out."
            filled.problems.append(at(self._source.root.position, "too-many", message, "Correct the first ones."))
        names = filled.values.get("variables")
        variables = frozenset(names if isinstance(names, dict) else ())
        return PlanFile(plan, variables, self._claimed, tuple(filled.problems), self._stages)

    def _loaded(self) -> Plan | None:
        fill_fixed(self._source.root, self._filled)
        name = self._filled.values.get("plan")
        self._name = name if isinstance(name, str) else self._name
        self._fill(self._section("variables"))
        self._links = link(self._filled, self._name, self._around)
        self._declared = Declarations(self._filled.values, self._around)
        self._claimed = tuple(self._claims())
        head = self._head()
        if self._another:
            self._complain(unfinished(self._declared), ())
        resources = tuple(self._resources())
        tasks = tuple(self._tasks(known(resources, self._declared)))
        for problem in circles(self._needs_in_order(), self._filled):
            self._filled.note(problem)
        return self._plan(head, resources, tasks) if head else None

    # ---------------------------------------------------------------------------------------------------- putting in

    def _fill(self, specs: Mapping[str, Any]) -> None:
        outside, names = self._outside, self._filled.values.get("variables")
        unknown = dict.fromkeys(names if isinstance(names, dict) else (), Mark.UNRESOLVED)
        found = {**unknown, **variable_values(specs, outside.given, outside.inputs, self._filled)}
        sensitive = frozenset(name for name, spec in specs.items() if spec.sensitive)
        early = Scope(found, sensitive, {"plan": self._name})
        constants = {
            "plan": self._name,
            "account": outside.account or peek(self._source.root, "account", early) or UNKNOWN_ACCOUNT,
            "region": outside.region or peek(self._source.root, "region", early) or UNKNOWN_REGION,
        }
        fill_rest(self._source.root, self._filled, Scope(found, sensitive, constants), early)

    # ---------------------------------------------------------------------------------------------------- validating

    def _section(self, section: str) -> dict[str, Any]:
        """The models of a section, entry by entry, so that a wrong one hides nothing of the others."""
        if section not in self._filled.values:
            return {}
        found, adapter = self._filled.values[section], _SECTIONS[section]
        if not isinstance(found, dict):
            self._validated(adapter, found, (section,))
            return {}
        models: dict[str, Any] = {}
        for name, body in found.items():
            model, wrong = self._validated(adapter, {name: body}, (section,))
            wrong |= unresolved(body, (section, name))
            if wrong:
                self._rest_of((section, name), body, wrong)
            else:
                models |= model
        return models

    def _rest_of(self, root: Root, body: Any, wrong: frozenset[Path]) -> None:
        """What else is wrong in an entry that is wrong somewhere: everything is reported at once.

        Checked is the entry without what is wrong, as much of it as the models take.
        """
        if not isinstance(body, dict) or root[0] not in SECTIONS:
            return
        if isinstance(entries := body.get("after"), list):
            self._after(root, entries)
        if root[0] == TASKS:
            self._works_on(root, body)
            return
        below = {found[2:] for found in wrong} - {()}
        spec, gone = sound(_ENTRIES[root[0]], body, below | {("after",)})
        if spec is None:
            return
        lacking = below | gone | ({("name",)} if root in wrong else set())
        spec = self._with_documents(root, spec)
        self._complain((found for found in self._complaints(root, spec) if not _stands(found.lacks, lacking)), root)
        self._blobs(root, spec)

    def _validated(self, adapter: TypeAdapter[Any], value: Any, path: Path) -> tuple[Any, frozenset[Path]]:
        return validated(adapter, value, path, self._filled, Document)

    def _head(self) -> Document | None:
        """The document without its sections, which are validated by themselves."""
        values = {key: value for key, value in self._filled.values.items() if key not in _SECTIONS}
        head: Document | None = self._validated(_HEAD, values, ())[0]
        if head is not None:
            self._stages = tuple(stage.stage for stage in head.stages or ())
        self._complain(same_names(self._filled.values.get("stages")), ())
        beside = [key for key in SECTIONS if self._filled.values.get(key)]
        if self._filled.values.get("stages") and beside:
            message = f"`stages` stands beside {' and '.join(f'`{key}`' for key in beside)}."
            self._complain([Complaint(("stages",), "stages-beside", message, "Move them into a stage.")], ())
        return head

    # ---------------------------------------------------------------------------------------------------- resources

    def _resources(self) -> Iterator[Declared]:
        for section in RESOURCES:
            for logical, spec in self._section(section).items():
                root: Root = (section, logical)
                spec = self._with_documents(root, spec)
                self._complain(self._complaints(root, spec), root)
                self._after(root, spec.after)
                yield Declared(
                    ref=Ref(self._name, root),
                    name=_real(spec, logical),
                    spec=spec,
                    needs=frozenset(self._links.needs.get(root, ())),
                    blobs=self._blobs(root, spec),
                    late=self._links.late.get(root, {}),
                    needed_by=self._links.needed_by(root, self._name),
                )

    def _tasks(self, about: Known) -> Iterator[Task]:
        """The tasks that are right. Of the others what is wrong is told, of each all at once."""
        for logical, spec in self._section(TASKS).items():
            root: Root = (TASKS, logical)
            found = list(complaints(spec))
            self._complain(found, root)
            self._after(root, spec.after)
            named = self._works_on(root, self._filled.values[TASKS][logical])
            if found or named is None:
                continue
            items = self._items(root, spec, about)
            done = [] if spec.seed and spec.seed.file and items is None else made(spec, about, items)
            if isinstance(done, list):
                self._complain(done, root)
                continue
            yield Task(
                ref=Ref(self._name, root),
                work=done,
                run=spec.run,
                needs=frozenset(self._links.needs.get(root, ())),
                acts_on=real_names(named, about),
                late=self._links.late.get(root, {}),
                timeout=float(spec.seconds),
            )

    def _items(self, root: Root, spec: TaskSpec, about: Known) -> SeedFile | None:
        """The items of the file that a task names; None where it names none, or where the file is wrong, which is reported."""
        if spec.seed is None or spec.seed.file is None:
            return None
        found = seed_file(self._source.folder / spec.seed.file, about.tables[spec.seed.table], self._sources)
        if isinstance(found, SeedFile):
            return found
        for wrong in found:
            if wrong.line is not None:
                self._filled.note(wrong)
                continue
            message = f"<path>: {wrong.file}: {wrong.message}"
            self._complain([Complaint(("seed", "file"), wrong.code, message, wrong.action)], root)
        return None

    def _works_on(self, root: Root, body: Any) -> list[Ref] | None:
        """What a task works on, which it waits for; None where something is wrong with that, which is reported."""
        found = list(works_on(body, root[1], self._name, self._declared))
        wrong = [entry for entry in found if isinstance(entry, Complaint)]
        self._complain(wrong, root)
        right = [entry for entry in found if isinstance(entry, Ref)]
        for ref in right:
            self._links.need(root, ref, root)
        return None if wrong else right

    def _after(self, root: Root, entries: Sequence[Any]) -> None:
        """Put what the entries of `after` name beside what references need; the wrong ones are reported."""
        found = list(after(entries, root, self._name, self._declared))
        self._complain([entry for entry in found if not isinstance(entry, Ref)], root)
        for entry in found:
            if isinstance(entry, Ref):
                self._links.need(root, entry, root)

    def _needs_in_order(self) -> dict[Root, list[Ref]]:
        """Who needs whom, wrong entries too, in the plan's order and each list sorted: the same plan gives the same answer."""
        sections = {section: self._filled.values.get(section) for section in SECTIONS}
        roots = [(section, name) for section, found in sections.items() if isinstance(found, dict) for name in found]
        return {root: sorted(self._links.needs.get(root, ())) for root in roots}

    def _claims(self) -> Iterator[Claim]:
        """Every table and function whose real name is known."""
        for root in self._needs_in_order():
            if root[0] in RESOURCES and isinstance(name := self._declared.name(root), str):
                yield Claim(root, name, self._filled.key_place(root))

    def _complaints(self, root: Root, spec: Any) -> Iterator[Complaint]:
        section, logical = root
        path: Path = () if spec.name is None else ("name",)
        for complaint in ROOTS[section].NAME_RULE.check(_real(spec, logical), path):
            yield replace(complaint, lacks=() if path else ("name",))
        yield from internal(spec, self._filled.values[section][logical])
        yield from ROOTS[section].complaints(spec)

    def _with_documents(self, root: Root, spec: Any) -> Any:
        """The spec with the policy that it names a file of; as it is where that can't be read, which is reported."""
        file = policy_files.named(spec)
        if file is None:
            return spec
        key = (self._source.folder, str(file))
        if key not in self._sources.documents:
            try:
                self._sources.documents[key] = policy_files.document(spec, self._source.folder)
            except InvalidPlan as error:
                for wrong in error.problems:
                    path = (policy_files.SETTING,)
                    self._complain([Complaint(path, wrong.code, f"<path>: {wrong.message}", wrong.action)], root)
                return spec
        return spec.model_copy(update={policy_files.SETTING: self._sources.documents[key]})

    def _blobs(self, root: Root, spec: Any) -> Mapping[str, Blob]:
        code: CodeSpec | None = spec.code if isinstance(spec, FunctionSpec) else None
        if code is None or (code.zip is None and code.directory is None):
            return {}
        key = (self._source.folder, code)
        if key not in self._sources.blobs:
            try:
                self._sources.blobs[key] = package(code, self._source.folder)
            except InvalidPlan as error:
                for wrong in error.problems:
                    found = Complaint(("code",), wrong.code, f"<path>: {wrong.message}", wrong.action)
                    self._complain([found], root)
                return {}
        return {"code": self._sources.blobs[key]}

    def _complain(self, complaints: Any, base: Path) -> None:
        for complaint in complaints:
            self._filled.note(_problem(complaint, base, self._filled))

    # ---------------------------------------------------------------------------------------------------- the plan

    def _plan(self, head: Document, resources: tuple[Declared, ...], tasks: tuple[Task, ...]) -> Plan:
        return Plan(
            name=head.plan,
            file=self._source.file,
            digest=self._source.digest,
            resources=resources,
            policy=_policy(head.policy),
            description=head.description or "",
            requires=head.requires,
            account=head.account,
            region=head.region,
            positions=self._filled.keys,
            tasks=tasks,
        )


def _real(spec: Any, logical: str) -> str:
    name: str | None = spec.name
    return logical if name is None else name


def _stands(lacking: Path, wrong: Set[Path]) -> bool:
    """Whether something at `lacking`, or inside it, is among what is wrong: it is there then."""
    return bool(lacking) and any(found[: len(lacking)] == lacking for found in wrong)


def _policy(spec: PolicySpec) -> Policy:
    return Policy(spec.destructive == "allow", spec.backup_before_delete, spec.deadline)


def _problem(complaint: Complaint, base: Path, filled: Filled) -> Problem:
    """The complaint at its place. One about what is inside a sensitive value says only that."""
    path = (*base, *complaint.path)
    shown = dotted(path) or "The plan"
    secret = next((path[:end] for end in range(len(path) + 1) if path[:end] in filled.secret), None)
    if secret is not None and secret != path:
        message = f"{dotted(secret)}: the value of the sensitive variable does not fit here ({complaint.code})."
        return at(filled.value_place(secret), complaint.code, message, "Give another value.", secret)
    return at(filled.key_place(path), complaint.code, complaint.said_of(shown), complaint.action, path)
