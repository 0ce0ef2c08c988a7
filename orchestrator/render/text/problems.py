"""What went wrong, for people: where, what happened, what to do. One problem after the other, the worst never left out."""

from collections.abc import Sequence

from orchestrator.errors import InvalidPlan, Problem
from orchestrator.model import Plan
from orchestrator.render.text.paint import Paint
from orchestrator.render.text.words import clean, count
from orchestrator.render.view import PLAIN, View


def errors(problems: Sequence[Problem], exit_code: int, view: View = PLAIN) -> str:
    """`error: plans/orders.yaml:3:5: message` and, below it, what to do. Of an invalid plan the number closes the list."""
    paint = Paint(view.color)
    lines: list[str] = []
    for problem in problems:
        at = f"{problem.where}: " if problem.where else ""
        lines.append(f"{paint('red', 'error:')} {clean(at + problem.message)}")
        if problem.action:
            lines.append(f"    {clean(problem.action)}")
    if exit_code == InvalidPlan.exit_code:
        lines.append(f"{count(len(problems), 'problem')}. Nothing was changed.")
    return "\n".join(lines) + "\n"


def validation(plans: Sequence[Plan], problems: Sequence[Problem], exit_code: int, view: View = PLAIN) -> str:
    """One line a plan, or the problems and their number."""
    if problems:
        return errors(problems, exit_code, view)
    paint = Paint(view.color)
    lines = [f"{plan.file}: plan {plan.name}, {_holds(plan)}" for plan in plans]
    return "\n".join([*lines, paint("green", f"Valid: {count(len(plans), 'plan')}.")]) + "\n"


def _holds(plan: Plan) -> str:
    """How much it declares, tasks only where it has some."""
    tasks = f" and {count(len(plan.all_tasks), 'task')}" if plan.all_tasks else ""
    return f"{count(len(plan.resources), 'resource')}{tasks}"
