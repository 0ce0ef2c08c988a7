"""A report for people: how each step ended, what failed and what to do about it, what AWS still does, and counts that sum."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.model import Preview, Ref, Report, Step, StepReport
from orchestrator.render.moments import clock_time, duration
from orchestrator.render.origins import begun
from orchestrator.render.text.paint import Paint
from orchestrator.render.text.preview import LONGEST, named
from orchestrator.render.text.words import called, clean, count
from orchestrator.render.view import PLAIN, View

OUTCOME_WORDS = {
    "done": "done",
    "already_in_place": "already in place",
    "in_progress": "in progress",
    "failed": "failed",
    "not_run": "not run",
}
OUTCOME_COLORS = {
    "done": "green",
    "already_in_place": "green",
    "in_progress": "cyan",
    "failed": "red",
    "not_run": "yellow",
}
LAST_WORDS = {
    "succeeded": ("green", "Succeeded in {took}."),
    "nothing_to_do": ("green", "Nothing to do: everything is as planned."),
    "in_progress": ("cyan", "Still in progress after {took}; AWS goes on. Run again, or `orchestrator wait`."),
    "failed": ("red", "Failed after {took}. What is done stays done: mend what is named above and run again."),
    "interrupted": ("yellow", "Interrupted after {took}. What is done stays done: run again to go on."),
    "refused": ("red", "Stopped after {took}: what is left was refused. What is done stays done."),
    "locked": ("red", "Stopped after {took}: another run holds what this one needs. What is done stays done."),
    "invalid": ("red", "Stopped after {took}: as things are now, the rest of the plan can't be carried out."),
    "unreachable": (
        "red",
        "Stopped after {took}: AWS can't be asked any more. What it works on goes on: run again to go on.",
    ),
}
_DETAILS = ", "
"""Between how long a step took and what had to be tried again; on narrow terminals a new line."""
CALLS = 4
"""So many operations are counted out, the most frequent first (the JSON form has them all)."""


def report(told: Report, shown: Preview | None = None, view: View = PLAIN) -> str:
    """One line a step under its resource, then what is left, then one line that says how it ended."""
    steps = {step.id: step for step in shown.graph} if shown else {}
    several = shown is not None and len(shown.plans) > 1
    page = _Page(told, steps, Paint(view.color), view.width, several)
    parts = (page.still_running, page.foreign, page.queued, page.notices, page.end)
    sections = [*page.lanes(), *(list(part()) for part in parts)]
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


@dataclass(frozen=True, slots=True)
class _Page:
    """One report being written."""

    told: Report
    steps: Mapping[str, Step]
    paint: Paint
    width: int | None
    several: bool
    """Whether it is of several plans, by whose names things are told apart."""

    def lanes(self) -> Iterator[list[str]]:
        """The steps under their resources, in the order in which the resources first come up."""
        groups: dict[str, list[StepReport]] = {}
        for step in self.told.steps:
            groups.setdefault(self.resource(step.id), []).append(step)
        width = min(max((len(self.words(step)) for step in self.told.steps), default=0), LONGEST)
        longest = max((len(_DETAILS.join(took(step))) for step in self.told.steps), default=0)
        between = _DETAILS if self.width is None or width + longest + 22 <= self.width else "\n      "
        for resource, steps in groups.items():
            yield [self.paint("bold", resource), *(line for step in steps for line in self.step(step, width, between))]

    def called(self, ref: Ref) -> str:
        return called(ref, several=self.several)

    def resource(self, step: str) -> str:
        return self.called(self.steps[step].ref.root) if step in self.steps else step.rpartition(":")[0]

    def words(self, step: StepReport) -> str:
        """What the step was for; its id where only the report is known."""
        return clean(self.steps[step.id].summary) if step.id in self.steps else step.id

    def step(self, step: StepReport, width: int, between: str) -> Iterator[str]:
        outcome = self.paint(OUTCOME_COLORS[step.outcome], f"{OUTCOME_WORDS[step.outcome]:16}")
        words, lasted = self.words(step), between.join(took(step))
        if len(words) > width and lasted and not between.startswith("\n"):
            yield f"  {outcome}  {words}"
            yield f"  {'':16}  {'':{width}}  {lasted}"
        else:
            yield f"  {outcome}  {words:{width}}  {lasted}".rstrip()
        if step.error:
            yield from self.error(step.error, reason=step.outcome == "not_run")

    def error(self, error: Mapping[str, str], *, reason: bool) -> Iterator[str]:
        """A failure in full; why a step was not run in one line."""
        message, code, where = (clean(error.get(key) or "") for key in ("message", "code", "where"))
        if reason:
            yield f"      {message}"
            return
        at = f"{where}: " if where else ""
        yield f"      {at}{self.paint('red', code)}{': ' if code else ''}{message}"
        if action := clean(error.get("action") or ""):
            yield f"      {action}"

    def still_running(self) -> Iterator[str]:
        if not self.told.still_running:
            return
        yield self.paint("bold", "Still running in AWS:")
        for thing in self.told.still_running:
            took = duration(self.told.finished - thing.since)
            late = ", in the background" if thing.gate == "background" else ""
            yield f"  {self.called(thing.ref)}  {clean(thing.status)}  since {clock_time(thing.since)} ({took}){late}"

    def foreign(self) -> Iterator[str]:
        if self.told.foreign:
            yield self.paint("bold", "Not begun by this run, and waited for:")
        for one in self.told.foreign:
            yield f"  {self.called(one.ref)}  {clean(one.status)}  {clean(begun(one.sighting))}"

    def queued(self) -> Iterator[str]:
        if self.told.queued:
            head = "Queued behind it:" if self.told.still_running else "Queued for a later run:"
            yield f"{self.paint('bold', head)} {named(list(self.told.queued))}"

    def notices(self) -> Iterator[str]:
        yield from (f"{self.paint('cyan', 'notice')}  {clean(notice)}" for notice in self.told.notices)

    def end(self) -> Iterator[str]:
        """Counts that sum to the number of steps, the API calls, and the last words."""
        if self.told.steps:
            yield counted(self.told.steps)
        if self.told.calls:
            total = count(sum(self.told.calls.values()), "API call")
            most = sorted(self.told.calls.items(), key=lambda item: (-item[1], item[0]))
            others = f" and {count(len(most) - CALLS, 'other operation')}" if len(most) > CALLS else ""
            listed = ", ".join(f"{number} {api}" for api, number in most[:CALLS])
            yield f"{total}: {listed}{others}."
        color, words = _last_words(self.told)
        yield self.paint(color, words.format(took=duration(self.told.finished - self.told.started)))


def _last_words(told: Report) -> tuple[str, str]:
    """What is queued nobody sends but another run: waiting alone would not bring it about."""
    if told.outcome == "in_progress" and any(step.outcome == "not_run" for step in told.steps):
        going = "; AWS goes on with what is listed" if told.still_running else ""
        return LAST_WORDS["in_progress"][0], f"Not all done after {{took}}{going}. Run again for the rest."
    if told.outcome == "succeeded" and (told.still_running or told.queued):
        rest = "run again for what is queued" if told.queued else "`orchestrator wait PLAN --wait all` waits for it"
        color, words = LAST_WORDS["succeeded"]
        return color, f"{words[:-1]}, but for background work: {rest}."
    return LAST_WORDS[told.outcome]


def last_line(told: Report) -> str:
    """How a run ended, in one sentence."""
    return _last_words(told)[1].format(took=duration(told.finished - told.started))


def counted(steps: Sequence[StepReport]) -> str:
    """`3 steps: 2 done, 1 failed.`"""
    outcomes = Counter[str](step.outcome for step in steps)
    counts = ", ".join(f"{outcomes[name]} {word}" for name, word in OUTCOME_WORDS.items() if outcomes[name])
    return f"{count(len(steps), 'step')}: {counts}."


def took(step: StepReport) -> Iterator[str]:
    """How long, and what had to be tried again."""
    if step.started is not None and step.finished is not None:
        yield duration(step.finished - step.started)
    if retried := sum(number for _, _, number in step.retries):
        codes = ", ".join(dict.fromkeys(code for code, _, _ in step.retries))
        yield f"{count(retried, 'retry')} ({codes})"
