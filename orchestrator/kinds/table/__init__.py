"""Tables: a kind that owns a lane. Declaration and live state enter; differences, steps and verdicts leave.

spec           what a plan may say              rules            what is wrong with it in itself
live           what an observation saw          seen             the same, or what only other Regions have
observation    the reads, in other Regions too  aspects          one row per read
settings       one row per setting, from `billing`, `encryption`, `table_class`, `stream`, `time_to_live`, `recovery`, `tagging`,
               `policy`, `insights`, `kinesis`, `scaling`, `warmth` and `protection`
subjects       what the rows are about          shapes           keys and projections, in the plan's words
indexes        which come, change and go        keys             what AWS fixes when a table is made
conflicts      what can't be together           budgets          what AWS takes only so often
scaled_units   what is told of units that auto scaling moves
replicas       which come, change and go        replica_settings one row per setting of a replica
replica_rules  what AWS would refuse of them    replica_steps    the calls that make them so
difference     what differs                     steps            the calls that make it so
creation       a table that is made, also in another's place
background     what need not be waited for      dependence       what a call rests on
global_scaling what scales writes elsewhere
inheritance    what earlier ones left, inherited or taken away
deletion       taking a table away              replacement      another in its place
lanes          the places of calls              requests         how they are put
estimates      how long what depends on it may take
settling       whether it is settled            goals            whether it shows a change as made
beginnings     which calls set it moving
"""

from collections.abc import Mapping, Sequence

from orchestrator.kinds.contract import About, Attribute, Basis
from orchestrator.kinds.defaults import no_pointers
from orchestrator.kinds.names import TABLE
from orchestrator.kinds.observation import common
from orchestrator.kinds.table import beginnings, goals, inheritance, scaling, settling, stream
from orchestrator.kinds.table.aspects import ASPECTS, INHERITED, PITR
from orchestrator.kinds.table.difference import diff
from orchestrator.kinds.table.lanes import lane
from orchestrator.kinds.table.live import TableLive
from orchestrator.kinds.table.observation import observe, reads
from orchestrator.kinds.table.rules import complaints
from orchestrator.kinds.table.seen import Seen, here
from orchestrator.kinds.table.settings import ROWS
from orchestrator.kinds.table.spec import INDEXES, REPLICAS, TABLES, TableSpec
from orchestrator.kinds.table.steps import steps
from orchestrator.model import Change, Inquiry, Scope, Verdict, dotted

SECTION, NAME_RULE = TABLES, TABLE


def _arn(seen: Seen, _: str) -> str | None:
    live = here(seen)
    return live.arn if live else None


def _arn_in_words(path: Sequence[str]) -> str:
    """A table's ARN is made of what is known beforehand."""
    name = dotted((*path, "name"))
    arn = f"`arn:aws:dynamodb:${{region}}:${{account}}:table/${{{name}}}`"
    return f"Write {arn}; it begins with `arn:aws-cn:` in China and `arn:aws-us-gov:` in GovCloud."


def _stream_arn(seen: Seen, _: str) -> str | None:
    live = here(seen)
    return live.stream_arn if live else None


ATTRIBUTES: Mapping[str, Attribute] = {
    "name": Attribute(lambda seen, name: name),
    "arn": Attribute(_arn, otherwise=_arn_in_words),
    "stream_arn": Attribute(_stream_arn, rests_on=Basis((stream.FIELD, REPLICAS), "a view type for `stream`")),
}
"""An ARN is known while the table is there, a stream's while the stream is on; with the first replica AWS turns one on by
itself (fact sheet 8.1). DescribeTable tells all of them.
"""

ABOUT = About(
    (
        "dynamodb:CreateTable",
        "dynamodb:CreateBackup",
        "dynamodb:DeleteTable",
        "application-autoscaling:DeregisterScalableTarget",
    ),
    "It is ACTIVE with all its indexes and shows what it was given; gone: DescribeTable knows it no more. The backup before "
    "that is AVAILABLE.",
    "Another key or other local indexes of a live table without `replace: recreate`; deletion while it is protected.",
)

HAZARD_READS = frozenset({PITR, INHERITED})
"""Whether anything protects the table (requirement B10), and what it would inherit."""
COMMON_READS = common(ASPECTS)


pointers = no_pointers


def identity(seen: Seen) -> str | None:
    """The TableId, which changes when a table is deleted and made anew (fact sheet 0.2)."""
    live = here(seen)
    return live.id if live else None


def verdict(seen: Seen, scope: Scope) -> Verdict:
    """Of the table in this Region, with its replicas where `scope` is all of it."""
    return settling.verdict(here(seen), scope)


def parts(seen: Seen) -> Mapping[tuple[str, str], Verdict]:
    """Of each index and replica."""
    return settling.parts(here(seen))


def inquiry(seen: Seen) -> Inquiry | None:
    """What to ask about what moves of the table in this Region."""
    return beginnings.inquiry(here(seen))


def motion(change: Change, seen: Seen) -> Verdict:
    """Whether what `change` is about is still on its way by itself."""
    return goals.motion(change, here(seen))


def occupied(change: Change, seen: Seen) -> bool:
    """Whether a scaling policy of another name stands where `change` puts one, of the table or of an index."""
    if change.ref.section not in (TABLES, INDEXES):
        return False
    return scaling.taken(change, here(seen), change.ref.part)


def reached(change: Change, seen: Seen) -> bool:
    """Whether the table in this Region, or what an absent one has left there, shows `change` as made."""
    if change.field == inheritance.FIELD:
        return inheritance.reached(change, seen)
    return goals.reached(change, here(seen))


__all__ = [
    "ABOUT",
    "ATTRIBUTES",
    "COMMON_READS",
    "HAZARD_READS",
    "NAME_RULE",
    "ROWS",
    "SECTION",
    "TableLive",
    "TableSpec",
    "complaints",
    "diff",
    "identity",
    "inquiry",
    "lane",
    "motion",
    "observe",
    "occupied",
    "parts",
    "pointers",
    "reached",
    "reads",
    "steps",
    "verdict",
]
