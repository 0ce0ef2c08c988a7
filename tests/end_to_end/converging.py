"""What any two plans, one after the other, must come to: each is made so by one run, and the next run finds nothing to do."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from orchestrator.sandbox.clock import run_virtual
from tests.end_to_end.virtual import VirtualAws


def converge(texts: Sequence[str], seen: Callable[[VirtualAws], None] = lambda aws: None, *, rest: float = 0) -> None:
    """Apply the plans in an account of their own, whose code is `one` or `two`. `seen` looks at what came of them; after
    each plan `rest` seconds pass.
    """

    async def main() -> None:
        with tempfile.TemporaryDirectory() as folder:
            for code in ("one", "two"):
                (Path(folder) / code).mkdir()
                (Path(folder) / code / "app.py").write_text(f"def handler(event, context): return {code!r}\n")
            aws = VirtualAws(Path(folder))
            for text in texts:
                report = await aws.apply(text)
                assert report.exit_code == 0, [step for step in report.steps if step.error]
                again = await aws.apply(text)
                assert again.outcome == "nothing_to_do", [step.id for step in again.steps]
                await aws.clock.sleep(rest)
            seen(aws)
            assert aws.account.timeline.refused_in_transition == 0
            assert not aws.account.timeline.clashes()

    run_virtual(main)
