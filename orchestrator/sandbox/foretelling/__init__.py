"""What a plan's steps will have made of the world, so that its later stages can be compiled against that.

    settled → tables (scaling), functions (attachments), packages, keys → planted → running ← likeness, choices

The rules of the sandbox are given what was seen, at rest (`settled`), and each step's call in the graph's order (`running`).
What differs then is put into what was seen (`likeness`), and what
AWS alone chooses of that is told (`choices`). It is pure, and waits for nothing: time is only a number here.
"""

from orchestrator.sandbox.foretelling.choices import UUID, chosen
from orchestrator.sandbox.foretelling.running import foretold

__all__ = ["UUID", "chosen", "foretold"]
