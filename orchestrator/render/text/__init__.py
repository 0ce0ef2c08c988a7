"""The format for people. Plain ASCII around whatever the plans hold; colour only where the View asks for it."""

from orchestrator.render.text.history import history
from orchestrator.render.text.preview import preview
from orchestrator.render.text.problems import errors, validation
from orchestrator.render.text.report import report
from orchestrator.render.text.status import status, waited

__all__ = ["errors", "history", "preview", "report", "status", "validation", "waited"]
