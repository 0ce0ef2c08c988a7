"""The nouns: frozen values that every layer passes on, none of which does anything.

A plan (what is wanted) and a world (what is) become changes, the changes become calls inside steps, the steps a graph;
running the graph makes events, and the events fold into a report.
"""

from orchestrator.model.event import Event, Outcome, Report, StepOutcome, StepReport, StillRunning, What
from orchestrator.model.late import Blob, FromLive, FromRun, Text, bind, hide, known_text, reveal, walk
from orchestrator.model.moment import moment
from orchestrator.model.origin import Foreign, Inquiry, Origin, Sighting
from orchestrator.model.place import Path, Position, Ref, dotted
from orchestrator.model.plan import UNREAD, Declared, Plan, Policy, Unread, World
from orchestrator.model.preview import Finding, Kept, Level, Preview, Target, Unmanaged, unplanned
from orchestrator.model.row import ANY, Check, Delete, Expected, Key, Put, Row, Write
from orchestrator.model.runs import Beat, History, KnownRun, Life, PlanMark, Progress, RunRecord, Wish, whose
from orchestrator.model.status import State, Status, StatusLine, Waited
from orchestrator.model.step import NO_TIME, Action, Call, Change, Effect, Estimate, Gate, Graph, Step, Wait
from orchestrator.model.verdict import Broken, Pending, Scope, Settled, Verdict

__all__ = [
    "ANY",
    "Action",
    "Beat",
    "Blob",
    "Broken",
    "Call",
    "Change",
    "Check",
    "Declared",
    "Delete",
    "Effect",
    "Estimate",
    "Event",
    "Expected",
    "Finding",
    "Foreign",
    "FromLive",
    "FromRun",
    "Gate",
    "Graph",
    "History",
    "Inquiry",
    "Kept",
    "Key",
    "KnownRun",
    "Level",
    "Life",
    "NO_TIME",
    "Origin",
    "Outcome",
    "Path",
    "Pending",
    "Plan",
    "PlanMark",
    "Policy",
    "Position",
    "Preview",
    "Progress",
    "Put",
    "Ref",
    "Report",
    "Row",
    "RunRecord",
    "Scope",
    "Settled",
    "Sighting",
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
    "Wish",
    "World",
    "Write",
    "bind",
    "dotted",
    "hide",
    "known_text",
    "moment",
    "reveal",
    "unplanned",
    "walk",
    "whose",
]
