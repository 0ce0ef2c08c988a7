"""Functions: the face of the kind. A function owns a lane on which all that is its own changes, one thing at a time.

spec           what a plan may say              rules           what is wrong with it in itself
live           what an observation saw          attached        what it saw of what hangs on a function
observation    the reads                        aspects         one row per read
settings       one row per setting, from `configuration`, `attachments`, `encryption`, `package`, `concurrency`, `async_invoke`
               and `url`
subjects       what the rows are about          images          the names of container images
difference     what differs                     steps           the calls that make it so
publication    when a version is due            deletion        taking a function away
findings       what Lambda would refuse         package_type    the same of what a zip or an image has not
provisioning   of provisioned concurrency       reasons         what to do about Lambda's codes
seen           the function, or what was read without one
queues         of queues that it reads           places          what stands where a step makes something
settling       whether it is settled            goals           whether it shows a change as made
snapshots      of which runtimes there are      surroundings    what its Region and its own ARN rule out
lanes          the places of calls              account         what Lambda tells of the account
beginnings     which calls set it moving
aliases, event_sources, permissions  the parts: a package each
"""

from collections.abc import Mapping

from orchestrator.kinds.contract import About, Attribute, Basis
from orchestrator.kinds.defaults import no_motion
from orchestrator.kinds.function import beginnings, goals, publication, settling, url
from orchestrator.kinds.function.aspects import ASPECTS, URLS, VERSIONS
from orchestrator.kinds.function.difference import CODE, diff
from orchestrator.kinds.function.lanes import lane
from orchestrator.kinds.function.observation import observe, reads
from orchestrator.kinds.function.permissions import difference as permissions
from orchestrator.kinds.function.places import occupied, pointers
from orchestrator.kinds.function.rules import complaints
from orchestrator.kinds.function.seen import Remains, Seen, here, mappings
from orchestrator.kinds.function.settings import ROWS
from orchestrator.kinds.function.spec import ALIASES, EVENT_SOURCES, FUNCTIONS, PERMISSIONS
from orchestrator.kinds.function.steps import steps
from orchestrator.kinds.names import FUNCTION
from orchestrator.kinds.observation import common
from orchestrator.model import Change, Inquiry, Scope, Settled, Verdict

__all__ = [
    "ABOUT",
    "ATTRIBUTES",
    "COMMON_READS",
    "HAZARD_READS",
    "NAME_RULE",
    "ROWS",
    "SECTION",
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

SECTION, NAME_RULE = FUNCTIONS, FUNCTION

ATTRIBUTES: Mapping[str, Attribute] = {
    "name": Attribute(lambda _, name: name),
    "arn": Attribute(lambda seen, _: live.arn if (live := here(seen)) is not None else None),
    publication.FIELD: Attribute(
        lambda seen, _: live.version if (live := here(seen)) is not None else None,
        frozenset({VERSIONS}),
        Basis((publication.FIELD,), "`publish: true`, or an alias that is `published`,"),
    ),
    url.FIELD: Attribute(
        lambda seen, _: live.attached.url if (live := here(seen)) is not None else None,
        frozenset({URLS}),
        Basis((url.FIELD,), "`url`"),
        told=True,
    ),
    CODE: Attribute(lambda seen, _: live.content.code if (live := here(seen)) is not None else None),
}

ABOUT = About(
    (
        "lambda:CreateFunction",
        "lambda:UpdateFunctionConfiguration",
        "lambda:UpdateFunctionCode",
        "lambda:PublishVersion",
        "lambda:DeleteFunction",
    ),
    "It is Active and shows what it was given, and so is a version of it; gone: GetFunction knows it no more. An update that "
    "failed before is sent once more.",
    "A zip for a function that is made of an image, and the other way round; a new one without role or code.",
)

HAZARD_READS: frozenset[str] = frozenset()
COMMON_READS = common(ASPECTS)

motion = no_motion


def identity(seen: Seen) -> str | None:
    """Lambda has nothing that tells a function from one made anew under its name."""
    return None


def verdict(seen: Seen, scope: Scope) -> Verdict:
    """Of the function with what hangs on it; of one that is gone, of the mappings that outlived it."""
    return seen.event_sources.verdict if isinstance(seen, Remains) else settling.verdict(seen, scope)


def inquiry(seen: Seen) -> Inquiry | None:
    """What to ask about what moves of the function."""
    return beginnings.inquiry(here(seen))


def reached(change: Change, seen: Seen) -> bool:
    """Whether the function shows `change` as made."""
    return goals.reached(change, here(seen))


def parts(seen: Seen) -> Mapping[tuple[str, str], Verdict]:
    """Every alias, permission and event source that was read.

    Aliases and permissions are metadata, always settled (fact sheet 11.8). Event sources go by their UUIDs: AWS knows no
    other name of them.
    """
    live = here(seen)
    aliases = live.aliases if live is not None and isinstance(live.aliases, Mapping) else {}
    return {
        **{(ALIASES, name): Settled() for name in aliases},
        **{(PERMISSIONS, permissions.label(place)): Settled() for place in sorted(permissions.there(live))},
        **{(EVENT_SOURCES, one.uuid): one.verdict for one in mappings(seen).all},
    }
