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
settling       whether it is settled            goals           whether it shows a change as made
lanes          the places of calls
aliases, event_sources, permissions  the parts: a package each
"""

from collections.abc import Mapping

from orchestrator.kinds.contract import About, Attribute, Basis, no_motion
from orchestrator.kinds.function import publication, url
from orchestrator.kinds.function.aspects import ASPECTS, URLS, VERSIONS
from orchestrator.kinds.function.difference import CODE, diff
from orchestrator.kinds.function.goals import reached
from orchestrator.kinds.function.lanes import lane
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.function.observation import observe, reads
from orchestrator.kinds.function.permissions import difference as permissions
from orchestrator.kinds.function.rules import complaints
from orchestrator.kinds.function.settings import ROWS
from orchestrator.kinds.function.settling import verdict
from orchestrator.kinds.function.spec import ALIASES, EVENT_SOURCES, FUNCTIONS, PERMISSIONS
from orchestrator.kinds.function.steps import steps
from orchestrator.kinds.names import FUNCTION
from orchestrator.kinds.observation import common
from orchestrator.model import Settled, Verdict

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
    "lane",
    "motion",
    "observe",
    "parts",
    "reached",
    "reads",
    "steps",
    "verdict",
]

SECTION, NAME_RULE = FUNCTIONS, FUNCTION

ATTRIBUTES: Mapping[str, Attribute] = {
    "name": Attribute(lambda _, name: name),
    "arn": Attribute(lambda live, _: live.arn if live is not None else None),
    publication.FIELD: Attribute(
        lambda live, _: live.version if live is not None else None,
        frozenset({VERSIONS}),
        Basis((publication.FIELD,), "`publish: true`, or an alias that is `published`,"),
    ),
    url.FIELD: Attribute(
        lambda live, _: live.attached.url if live is not None else None,
        frozenset({URLS}),
        Basis((url.FIELD,), "`url`"),
    ),
    CODE: Attribute(lambda live, _: live.content.code if live is not None else None),
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


def identity(live: FunctionLive | None) -> str | None:
    """Lambda has nothing that tells a function from one made anew under its name."""
    return None


def parts(live: FunctionLive | None) -> Mapping[tuple[str, str], Verdict]:
    """Every alias, permission and event source that was read.

    Aliases and permissions are metadata, always settled (fact sheet 11.8). Event sources go by their UUIDs: AWS knows no
    other name of them.
    """
    if live is None:
        return {}
    aliases = live.aliases if isinstance(live.aliases, Mapping) else {}
    return {
        **{(ALIASES, name): Settled() for name in aliases},
        **{(PERMISSIONS, permissions.label(place)): Settled() for place in sorted(permissions.there(live))},
        **{(EVENT_SOURCES, one.uuid): one.verdict for one in live.attached.event_sources.all},
    }
