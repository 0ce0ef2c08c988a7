"""The nouns: frozen values that every layer passes on, none of which does anything.

A plan (what is wanted) and a world (what is) become changes, the changes become calls inside steps, the steps a graph;
running the graph makes events, and the events fold into a report.
"""

from orchestrator.model.event import Event, Outcome, Report, StepOutcome, StepReport, StillRunning, What
from orchestrator.model.late import Blob, FromLive, FromRun, Text, bind, hide, known_text, reveal, walk
from orchestrator.model.moment import moment
from orchestrator.model.place import Path, Position, Ref, dotted
from orchestrator.model.plan import UNREAD, Declared, Plan, Policy, Unread, World
from orchestrator.model.preview import Finding, Level, Preview, Target, Unmanaged, unplanned
from orchestrator.model.status import State, Status, StatusLine, Waited
from orchestrator.model.step import NO_TIME, Action, Call, Change, Effect, Estimate, Gate, Graph, Step, Wait
from orchestrator.model.verdict import Broken, Pending, Scope, Settled, Verdict

__all__ = [
    "Action",
    "Blob",
    "Broken",
    "Call",
    "Change",
    "Declared",
    "Effect",
    "Estimate",
    "Event",
    "Finding",
    "FromLive",
    "FromRun",
    "Gate",
    "Graph",
    "Level",
    "NO_TIME",
    "Outcome",
    "Path",
    "Pending",
    "Plan",
    "Policy",
    "Position",
    "Preview",
    "Ref",
    "Report",
    "Scope",
    "Settled",
    "State",
    "Status",
    "StatusLine",
    "Step",
    "StepOutcome",
    "StepReport",
    "StillRunning",
    "Target",
    "Text",
    "UNREAD",
    "Unmanaged",
    "Unread",
    "Verdict",
    "Wait",
    "Waited",
    "What",
    "World",
    "bind",
    "dotted",
    "hide",
    "known_text",
    "moment",
    "reveal",
    "walk",
    "unplanned",
]
