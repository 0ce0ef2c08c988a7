"""The one question that the program asks."""

import sys

import anyio

from orchestrator.cli.session import Session
from orchestrator.errors import Problem, Refused
from orchestrator.model import Preview
from orchestrator.render.text.words import count


async def approved(session: Session, shown: Preview) -> bool:
    """Whether the person at the terminal says yes. Raises Refused where nobody is there; a signal cancels the waiting."""
    number = len(shown.graph)
    steps, are = count(number, "step"), "is" if number == 1 else "are"
    if not session.can_ask:
        raise Refused(
            Problem(
                "approval-needed",
                f"There {are} {steps} to make and no terminal to ask for approval: none was made.",
                "Add --yes to approve beforehand; `orchestrator preview` shows the steps.",
            )
        )
    destructive = sum(step.destructive for step in shown.graph)
    warning = f", {f'{destructive} of them ' if number > 1 else ''}destructive" if destructive else ""
    session.tell(f"Make {'this step' if number == 1 else f'these {steps}'}{warning}? [y/N] ")
    await anyio.wait_readable(sys.stdin)
    answer = sys.stdin.readline()
    if not answer:
        session.tell("\n")
    return answer.strip().lower() in ("y", "yes")
