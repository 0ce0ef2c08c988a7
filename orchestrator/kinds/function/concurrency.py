"""Concurrency of a function: what it reserves of the account's, and what its aliases have ready (fact sheet 11.9)."""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.kinds.arns import qualifier_of
from orchestrator.kinds.comparison import stated_part
from orchestrator.kinds.contract import About, Move, Setting
from orchestrator.kinds.fields import OFF
from orchestrator.kinds.function import aspects
from orchestrator.kinds.function.attached import ProvisionedLive
from orchestrator.kinds.function.lanes import PROVISIONED as PROVISIONED_DEADLINE
from orchestrator.kinds.function.lanes import Place, call
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.function.subjects import Body, Function
from orchestrator.model import UNREAD, Call, Scope

RESERVED, PROVISIONED = "reserved_concurrency", "provisioned_concurrency"
FAILED = "failed"
"""In place of a number that AWS could not provide: it is asked for again."""


# ------------------------------------------------------------------------------------------------------------- reserved


def _reserved_moves(before: Any, after: Any, subject: Function) -> Sequence[Move]:
    """Reserved concurrency is never below what is provisioned: where it would be, that is lowered first."""
    if after == OFF:
        delete = call(subject.name, "DeleteFunctionConcurrency")
        return [Move("remove the reserved concurrency", delete, before, after)]
    put = call(subject.name, "PutFunctionConcurrency", ReservedConcurrentExecutions=after)
    late = subject.live is not None and after < subject.live.attached.total
    order = Place.LOWERED_CONCURRENCY if late else None
    return [Move(f"reserve {after} concurrent executions", put, before, after, order=order)]


RESERVED_ROW: Setting[Body, FunctionLive] = Setting(
    RESERVED,
    Place.CONCURRENCY,
    wanted=lambda body: body.spec.reserved_concurrency,
    live=lambda live: OFF if live.reserved_concurrency is None else live.reserved_concurrency,
    moves=_reserved_moves,
    fresh=OFF,
    scope=Scope.SELF,
    about=About(
        ("lambda:PutFunctionConcurrency", "lambda:DeleteFunctionConcurrency"),
        "GetFunction shows it.",
        "Less than the function's provisioned concurrency; what leaves the account fewer than 100 unreserved executions, "
        "before the first call where no other function could make room.",
    ),
)


# ---------------------------------------------------------------------------------------------------------- provisioned


def parsed(alias: str, reply: Mapping[str, Any]) -> ProvisionedLive:
    """From GetProvisionedConcurrencyConfig, or an entry of the list."""
    return ProvisionedLive(
        alias, reply["RequestedProvisionedConcurrentExecutions"], reply["Status"], reply.get("StatusReason") or ""
    )


def listed(configs: Sequence[Mapping[str, Any]]) -> Mapping[str, ProvisionedLive]:
    """By the alias or version at the end of each FunctionArn."""
    qualifiers = [qualifier_of(one["FunctionArn"]) for one in configs]
    return {alias: parsed(alias, one) for alias, one in zip(qualifiers, configs, strict=True)}


def _wanted(body: Body) -> Mapping[str, Any] | None:
    """What is stated, and `off` for each alias that goes: while it has any, less can't be reserved (fact sheet 11.9)."""
    if not body.released:
        return body.spec.provisioned_concurrency
    return {**(body.spec.provisioned_concurrency or {}), **dict.fromkeys(sorted(body.released), OFF)}


def _live(live: FunctionLive) -> Any:
    """What each alias that was read has; of all the others `off`, where all were."""
    seen = live.attached
    if not seen.all_provisioned and not seen.provisioned:
        return UNREAD
    return {alias: _number(one) for alias, one in seen.provisioned.items()}


def _number(one: ProvisionedLive | None) -> Any:
    if one is None:
        return OFF
    return FAILED if one.status == "FAILED" else one.wanted


def _part(live: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    """Aliases that are not named are left alone."""
    return stated_part(live, wanted, OFF)


def _moves(before: Mapping[str, Any], after: Mapping[str, Any], subject: Function) -> Sequence[Move]:
    """What frees concurrency goes first: all of it has to fit into what is reserved (fact sheet 11.9).

    What is taken away goes before anything else on the lane: see Place.
    """
    aliases = sorted(after, key=lambda alias: _grows(alias, after[alias], subject))
    return [
        Move(
            f"stop provisioning {alias}" if after[alias] == OFF else f"provision {after[alias]} executions of {alias}",
            provision(subject.name, alias, after[alias]),
            {alias: before[alias]},
            {alias: after[alias]},
            deadline=PROVISIONED_DEADLINE,
            order=Place.RELEASES if after[alias] == OFF else None,
            reads=read(alias),
        )
        for alias in aliases
    ]


def _grows(alias: str, after: Any, subject: Function) -> bool:
    """What failed to be allocated counts with all that was asked for, as Lambda counts it."""
    had = subject.live.attached.provisioned.get(alias) if subject.live is not None else None
    return bool(after != OFF and after > (had.wanted if had is not None else 0))


def provision(function: str, alias: str, value: Any) -> Call:
    """The request that gives an alias that many; `off` takes them away."""
    if value == OFF:
        return call(function, "DeleteProvisionedConcurrencyConfig", Qualifier=alias)
    return call(function, "PutProvisionedConcurrencyConfig", Qualifier=alias, ProvisionedConcurrentExecutions=value)


def read(alias: str) -> frozenset[str]:
    """What a step of one alias looks at: what others have, or lack, is no matter of its own."""
    return frozenset({f"{aspects.PROVISIONED}:{alias}"})


PROVISIONED_ROW: Setting[Body, FunctionLive] = Setting(
    PROVISIONED,
    Place.PROVISIONED,
    wanted=_wanted,
    live=_live,
    moves=_moves,
    fresh={},
    part=_part,
    scope=Scope.SELF,
    reads=lambda body, part: frozenset({aspects.ALL_PROVISIONED, aspects.ALIASES}),
    about=About(
        ("lambda:PutProvisionedConcurrencyConfig", "lambda:DeleteProvisionedConcurrencyConfig"),
        "GetProvisionedConcurrencyConfig says READY, also after the alias was pointed to another version.",
        "$LATEST, an alias with weights, more than the reserved concurrency, two aliases of one version.",
    ),
)
