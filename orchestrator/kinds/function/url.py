"""The function URL: one of a function, or of one of its aliases (fact sheet 11.12)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from orchestrator.kinds.arns import qualifier_of
from orchestrator.kinds.comparison import stated_part
from orchestrator.kinds.complaint import Complaint
from orchestrator.kinds.contract import About, Context, Move, Setting
from orchestrator.kinds.fields import OFF
from orchestrator.kinds.function import aspects
from orchestrator.kinds.function.attached import UrlLive
from orchestrator.kinds.function.lanes import Place, call, qualifier
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.function.permissions import findings as permissions
from orchestrator.kinds.function.spec import FunctionSpec, UrlSpec
from orchestrator.kinds.function.subjects import Body, Function
from orchestrator.model import UNREAD, Call, Change, Declared, Finding, Scope

FIELD = "url"
AUTH, CORS, MODE, ALIAS, MAX_AGE = "auth", "cors", "invoke_mode", "alias", "max_age"
CREATE, UPDATE = "CreateFunctionUrlConfig", "UpdateFunctionUrlConfig"
LONGEST_AGE = 86_400
FRESH: Mapping[str, Any] = {CORS: {}, MODE: "buffered"}
"""What a new URL has by itself, beside what makes it one."""
PUBLIC = {
    permissions.CALL_URL: "--statement-id public-url --function-url-auth-type NONE",
    permissions.INVOKE: "--statement-id public-invoke --invoked-via-function-url",
}
"""What everybody has to be allowed to call a URL, and how AWS's command line narrows it to that (fact sheet 11.12)."""
MEMBERS = {
    "allow_credentials": "AllowCredentials",
    "allow_headers": "AllowHeaders",
    "allow_methods": "AllowMethods",
    "allow_origins": "AllowOrigins",
    "expose_headers": "ExposeHeaders",
    MAX_AGE: "MaxAge",
}


def complaints(spec: FunctionSpec) -> Iterator[Complaint]:
    """Browsers may keep the answer to a preflight for a day (botocore's service model)."""
    cors = spec.url.cors if isinstance(spec.url, UrlSpec) else None
    if cors is not None and (cors.max_age or 0) > LONGEST_AGE:
        message = f"<path>: {LONGEST_AGE} seconds, 1d, are the most."
        yield Complaint((FIELD, CORS, MAX_AGE), "url-limit", message, "Change it.")


def parsed(configs: Sequence[Mapping[str, Any]]) -> Mapping[str, UrlLive]:
    """The URLs of ListFunctionUrlConfigs by alias, that of the function as such under the empty one."""
    return {qualifier_of(one["FunctionArn"]): _parsed(one) for one in configs}


def _parsed(reply: Mapping[str, Any]) -> UrlLive:
    cors = reply.get("Cors") or {}
    value = {
        AUTH: str(reply.get("AuthType", "")).lower(),
        CORS: _without_defaults({name: cors.get(member) for name, member in MEMBERS.items()}),
        MODE: str(reply.get("InvokeMode") or "BUFFERED").lower(),
    }
    return UrlLive(reply["FunctionUrl"], value)


def _without_defaults(cors: Mapping[str, Any]) -> dict[str, Any]:
    """No credentials, an age of 0 and an empty list are the same as nothing; lists are sets."""
    return {
        name: sorted(value, key=str) if isinstance(value, list | tuple) else value
        for name, value in cors.items()
        if value
    }


def _wanted(body: Body) -> Any:
    spec = body.spec.url
    if not isinstance(spec, UrlSpec):
        return spec
    cors = None if spec.cors is None else _without_defaults(spec.cors.model_dump(exclude_none=True))
    stated = {ALIAS: spec.alias or "", AUTH: spec.auth, CORS: cors, MODE: spec.invoke_mode}
    return {name: value for name, value in stated.items() if value is not None}


def _live(live: FunctionLive) -> Any:
    urls = live.attached.urls
    return UNREAD if urls is UNREAD else {alias: one.value for alias, one in urls.items()}


def _part(live: Mapping[str, Mapping[str, Any]], wanted: Any) -> tuple[Any, Any]:
    """Of a URL of the alias that is wanted what differs; of one that goes or moves all of it. Where it moves to it is as it was,
    but for what is wanted.
    """
    if wanted == OFF:
        return (_shown(*next(iter(live.items()))) if live else OFF), OFF
    alias = wanted.get(ALIAS, "")
    if alias in live:
        before, after = stated_part(live[alias], wanted)
        return _shown(alias, before), _shown(alias, after)
    sole = next(iter(live.items()), None)
    if sole is None:
        return OFF, _shown(alias, wanted)
    return _shown(*sole), _shown(alias, {**_kept(sole[1]), **wanted})


def _kept(value: Mapping[str, Any]) -> dict[str, Any]:
    """What a URL has otherwise than a new one would."""
    return {name: value[name] for name, usual in FRESH.items() if value[name] != usual}


def _shown(alias: str, value: Mapping[str, Any]) -> dict[str, Any]:
    named = {ALIAS: alias} if alias else {}
    return {**named, **{name: value[name] for name in (AUTH, CORS, MODE) if name in value}}


def _moves(before: Any, after: Any, subject: Function) -> Sequence[Move]:
    """In place where the alias is the same; else the one goes before the other comes, for the plan wants one."""
    name = subject.name
    if after == OFF:
        return list(_removals(subject))
    if before == OFF:
        return [Move("create a function URL", _config(CREATE, name, after), OFF, after)]
    if before.get(ALIAS) == after.get(ALIAS):
        return [Move(f"change the function URL ({_names(after)})", _config(UPDATE, name, after), before, after)]
    gone = call(name, "DeleteFunctionUrlConfig", **qualifier(before.get(ALIAS, "")))
    return [
        Move(f"delete the function URL of {_of(before)}", gone, before, OFF, "replace"),
        Move(f"create a function URL of {_of(after)}", _config(CREATE, name, after), OFF, after),
    ]


def _removals(subject: Function) -> Iterator[Move]:
    """Of several each is gone when it is no longer seen, the last when there is none."""
    urls = _live(subject.seen)
    for number, (alias, value) in enumerate(urls.items(), start=1):
        delete = call(subject.name, "DeleteFunctionUrlConfig", **qualifier(alias))
        before, last = _shown(alias, value), number == len(urls)
        yield Move(f"delete the function URL of {_of(before)}", delete, before, OFF, "update" if last else "replace")


def _names(after: Mapping[str, Any]) -> str:
    return ", ".join(name for name in after if name != ALIAS)


def _of(value: Mapping[str, Any]) -> str:
    return f"alias {value[ALIAS]}" if ALIAS in value else "the function itself"


def _config(operation: str, function: str, value: Mapping[str, Any]) -> Call:
    """Cors is replaced as a whole, and `{}` clears it."""
    parameters: dict[str, Any] = {}
    if AUTH in value:
        parameters["AuthType"] = value[AUTH].upper()
    if CORS in value and (value[CORS] or operation == UPDATE):
        parameters["Cors"] = {MEMBERS[name]: inner for name, inner in value[CORS].items()}
    if MODE in value:
        parameters["InvokeMode"] = value[MODE].upper()
    return call(function, operation, **parameters, **qualifier(value.get(ALIAS, "")))


def hazards(change: Change, subject: Function) -> Sequence[Finding]:
    """An address that goes takes its callers with it."""
    if change.before == OFF:
        return ()
    if change.after == OFF:
        message = f"The function URL of {_of(change.before)} goes, and its address never comes back."
        return (_warning("url-removed", message),)
    if change.before.get(ALIAS) == change.after.get(ALIAS):
        return ()
    message = f"The function URL moves from {_of(change.before)} to {_of(change.after)}: it gets a new address."
    moves = _warning("url-moves", message, "Give the new address to those who call the old one.")
    return (moves, *_remembered(change, subject.declared))


def _remembered(change: Change, body: Body) -> Iterator[Finding]:
    """What a URL that is made anew keeps of the old one: only the run knows of it in between."""
    stated = _wanted(body)
    if kept := [name for name in FRESH if name in change.after and name not in stated]:
        message = (
            f"What the plan leaves unsaid of the function URL ({', '.join(kept)}) the new one is given too, but only by the "
            "memory of that run: if it ends between the deletion and the creation, the next one knows nothing of it."
        )
        yield _warning("url-kept", message, f"State {' and '.join(kept)} too.")


def _warning(code: str, message: str, action: str = "") -> Finding:
    return Finding("warning", code, message, action)


def notices(
    declared: Declared, live: FunctionLive | None, changes: Iterable[Change], context: Context
) -> Iterator[Finding]:
    """A URL without authentication is open to whoever the function's permissions let in (fact sheet 11.12)."""
    for change in changes:
        if change.field != FIELD or change.after == OFF or change.after.get(AUTH) != "none":
            continue
        alias = change.after.get(ALIAS, "")
        there = permissions.opened(declared.spec, live, alias)
        lacking = [] if there & {*permissions.ANY_ACTION} else [one for one in PUBLIC if one not in there]
        message = f"{declared.ref} gets a function URL that asks nobody who they are: what its permissions allow, anyone may do."
        action = _how_to_open(declared.name, alias, lacking) if lacking else ""
        yield context.finding("notice", "url-public", declared.ref, FIELD, message, action)


def _how_to_open(function: str, alias: str, lacking: Sequence[str]) -> str:
    """By AWS's own call: a plan that states the same opens more than the URL."""
    name = f"{function} --qualifier {alias}" if alias else function
    calls = [
        f'`aws lambda add-permission --function-name {name} --principal "*" --action {one} {PUBLIC[one]}`'
        for one in lacking
    ]
    return (
        f"Calls of it are refused until permissions let everybody do {' and '.join(lacking)}. If it is meant to be public, "
        f"run {' and '.join(calls)}: a plan has no word for the last option of it, and a statement with `principal: "
        '"*"` in a plan would let everybody in without it.'
    )


def findings(declared: Declared, live: FunctionLive | None, context: Context) -> Iterator[Finding]:
    """A function and each of its aliases may have a URL; a plan states one, and nobody can know which of several it means."""
    spec = declared.spec.url
    urls = live.attached.urls if live is not None else UNREAD
    if not isinstance(spec, UrlSpec) or urls is UNREAD:
        return
    others = [_of(_shown(alias, one.value)) for alias, one in urls.items() if alias != (spec.alias or "")]
    if (spec.alias or "") in urls and others:
        message = (
            f"{declared.name} has other function URLs too ({', '.join(others)}), which are left alone. "
            "A reference to its `.url` names that of the function itself, where there is one."
        )
        yield context.finding("notice", "url-others", declared.ref, FIELD, message)
    elif len(others) > 1:
        message = f"{declared.name} has several function URLs ({', '.join(others)}), none of which is the one stated."
        action = "Delete those that are not meant, or state the alias of the one that is."
        yield context.finding("error", "url-ambiguous", declared.ref, FIELD, message, action)


def new_address(changes: Sequence[Change]) -> bool:
    """Whether the address is known only after the changes of a function."""
    return any(_comes(change) for change in changes if change.field == FIELD)


def _comes(change: Change) -> bool:
    """Whether it makes a URL, with an address of its own."""
    if OFF in (change.before, change.after):
        return bool(change.after != OFF)
    return bool(change.before.get(ALIAS) != change.after.get(ALIAS))


def occupied(change: Change, live: FunctionLive) -> bool:
    """Whether there is a URL where the change makes one."""
    urls = live.attached.urls
    return _comes(change) and urls is not UNREAD and change.after.get(ALIAS, "") in urls


def _told(change: Change, live: FunctionLive) -> str:
    """The address, which AWS chooses."""
    urls = live.attached.urls
    seen = urls.get(change.after.get(ALIAS, "")) if _comes(change) and urls is not UNREAD else None
    return f"{change.ref}: the function URL of {_of(change.after)} is {seen.address}" if seen is not None else ""


ROW: Setting[Body, FunctionLive] = Setting(
    FIELD,
    Place.URL,
    wanted=_wanted,
    live=_live,
    moves=_moves,
    fresh={},
    part=_part,
    scope=Scope.SELF,
    reads=lambda body, part: frozenset({aspects.URLS}),
    hazards=hazards,
    about=About(
        (
            "lambda:CreateFunctionUrlConfig",
            "lambda:UpdateFunctionUrlConfig",
            "lambda:DeleteFunctionUrlConfig",
        ),
        "ListFunctionUrlConfigs shows it; callers may see it some seconds later. The report of the run that makes it tells its "
        "address, and so does `status`.",
        "The alias has to be there, or be made by the plan. Another alias means another address.",
    ),
    seconds=(f"{CORS}.{MAX_AGE}",),
    told=_told,
)
