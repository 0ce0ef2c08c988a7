"""Aliases of a function: names for versions. A part of the function: seen inside its Live, changed on its lane.

What an alias names may be known only once the function has published; Changes and Calls then hold `FromLive(function,
"version")`. Aliases are metadata: a call on one settles at once (fact sheet 11.8).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestrator.kinds.comparison import alike, veiled
from orchestrator.kinds.complaint import Complaint
from orchestrator.kinds.contract import About, Attribute, Context, Setting, no_motion
from orchestrator.kinds.fields import Absent, stated
from orchestrator.kinds.parts import present
from orchestrator.model import Call, Change, Finding, Ref, Text

if TYPE_CHECKING:
    from orchestrator.kinds.function.live import FunctionLive
    from orchestrator.kinds.function.spec import AliasSpec

SECTION = "aliases"
LATEST, PUBLISHED = "$LATEST", "published"


@dataclass(frozen=True, slots=True)
class AliasLive:
    """An alias as ListAliases shows it; `weights` are the shares of additional versions, by number."""

    name: str
    arn: str
    version: str
    weights: Mapping[str, float] = field(default_factory=dict)
    description: str = ""

    @property
    def value(self) -> Mapping[str, Any]:
        """The alias in the form of Changes."""
        return {"version": self.version, "weights": self.weights, "description": self.description}


def parsed(reply: Mapping[str, Any]) -> AliasLive:
    """An AliasLive from an AliasConfiguration."""
    return AliasLive(
        name=reply["Name"],
        arn=reply["AliasArn"],
        version=reply["FunctionVersion"],
        weights=dict(reply.get("RoutingConfig", {}).get("AdditionalVersionWeights") or {}),
        description=reply.get("Description", ""),
    )


def _seen(live: "FunctionLive | None", name: str) -> AliasLive | None:
    """The alias, where the function and its aliases were read and have it."""
    return live.aliases.get(name) if live is not None and isinstance(live.aliases, Mapping) else None


def _arn(live: "FunctionLive | None", name: str) -> str | None:
    alias = _seen(live, name)
    return alias.arn if alias else None


ATTRIBUTES: Mapping[str, Attribute] = {"arn": Attribute(_arn)}

ROWS: Mapping[str, Setting[Any, Any]] = {}
"""None: UpdateAlias takes the alias as a whole."""

ABOUT = About(
    ("lambda:CreateAlias", "lambda:UpdateAlias", "lambda:DeleteAlias"),
    "ListAliases shows it. It moves to a new version once that is Active.",
    "Weights between $LATEST and a version, or a version and itself.",
)

motion = no_motion


# ---------------------------------------------------------------------------------------------------------- what differs


def numbers(spec: "AliasSpec") -> Iterator[tuple[str, str]]:
    """Each version that an alias shall name by its number, with the field that says so."""
    if spec.version not in (LATEST, PUBLISHED):
        yield "version", spec.version
    yield from (("weights", number) for number in spec.weights)


def sharing(specs: Mapping[str, "AliasSpec | Absent"] | None) -> frozenset[str]:
    """The versions that share an alias' traffic, those that the plan names by their number."""
    return frozenset(number for one in present(specs).values() if one.weights for _, number in numbers(one))


def wanted(spec: "AliasSpec", published: str | Text | None, context: Context) -> Mapping[str, Any]:
    """What the plan says of an alias, in the form of Changes: a version with all its weights, the description if stated.

    `published` is what that word stands for, None where there is no version that it could.
    """
    value: dict[str, Any] = {
        "version": published if spec.version == PUBLISHED else spec.version,
        "weights": dict(spec.weights),
    }
    if stated(spec, "description"):
        value["description"] = context.fill(spec.description)
    return value


def changes(ref: Ref, value: Mapping[str, Any], live: AliasLive | None) -> Iterator[Change]:
    """One Change that creates the alias, or one for each of its fields that differs."""
    if live is None:
        yield Change(ref, "", None, value, "create")
        return
    for name, after in value.items():
        before = live.value[name]
        if not alike(before, after):
            yield Change(ref, name, veiled(before, after), after, "update")


def deletion(ref: Ref, live: AliasLive) -> Change:
    return Change(ref, "", live.value, None, "delete")


def findings(ref: Ref, value: Mapping[str, Any], context: Context) -> Iterator[Finding]:
    """What Lambda would refuse of a value (fact sheet 11.8)."""
    version, weights = value["version"], value["weights"]
    if version is None:
        yield context.finding(
            "error",
            "no-version",
            ref,
            "version",
            f"Alias {ref.name} shall name the newest version, but the function has none and publishes none.",
            "Take `publish: false` away, or name $LATEST.",
        )
    else:
        yield from (context.complaint(ref, found) for found in complaints(version, weights))


def complaints(version: str | Text, weights: Mapping[str, float]) -> Iterator[Complaint]:
    """An alias with weights points to two numbered versions (fact sheet 11.8)."""
    if weights and (version == LATEST or version in weights):
        message = f"<path>: an alias can't share its traffic between {version} and {', '.join(weights)}."
        yield Complaint(("weights",), "alias-weights", message, "Weights need two different numbered versions.")


def reached(change: Change, live: Any) -> bool:
    """Whether the function's Live shows `change` of an alias as made; False where aliases or the wanted version are not known."""
    if live is None:
        return change.effect == "delete"
    if not isinstance(live.aliases, Mapping):
        return False
    alias = _seen(live, change.ref.name)
    if alias is None or change.effect == "delete":
        return alias is None and change.effect == "delete"
    after = change.after if change.effect == "create" else {change.field: change.after}
    return all(alike(alias.value.get(name), value) for name, value in after.items())


# ------------------------------------------------------------------------------------------------------------- the calls


def call(function: str, name: str, value: Mapping[str, Any], effect: str) -> Call:
    """The request that makes alias `name` of `function` what `value` says; `effect` is create, update or delete.

    UpdateAlias leaves alone what it is not told, so weights are always told: empty ones clear them.
    """
    parameters: dict[str, Any] = {"FunctionName": function, "Name": name}
    if effect == "delete":
        return Call("lambda", "DeleteAlias", parameters)
    parameters["FunctionVersion"] = value["version"]
    if value["weights"] or effect == "update":
        parameters["RoutingConfig"] = {"AdditionalVersionWeights": value["weights"]}
    if "description" in value:
        parameters["Description"] = value["description"]
    return Call("lambda", "CreateAlias" if effect == "create" else "UpdateAlias", parameters)
