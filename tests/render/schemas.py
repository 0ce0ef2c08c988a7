"""JSON Schemas of the machine formats, as the command-line page has them. Strict: no key more, none less."""

from typing import Any, get_args

from orchestrator.model.event import What

Schema = dict[str, Any]

STRING: Schema = {"type": "string"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
NUMBER: Schema = {"type": "number", "minimum": 0}
COUNT: Schema = {"type": "integer", "minimum": 0}
STRINGS: Schema = {"type": "array", "items": STRING}
MOMENT: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
MOMENT_OR_NULL: Schema = {"anyOf": [MOMENT, {"type": "null"}]}
EXIT_CODE: Schema = {"enum": [0, 1, 2, 3, 4, 5, 6, 7, 64, 130, 143]}
OUTCOMES = [
    "succeeded",
    "nothing_to_do",
    "in_progress",
    "failed",
    "interrupted",
    "refused",
    "locked",
    "invalid",
    "unreachable",
]


def closed(**properties: Schema) -> Schema:
    """An object with exactly these keys."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def optional(schema: Schema, **properties: Schema) -> Schema:
    """`schema` with keys that it may have."""
    return {**schema, "properties": {**schema["properties"], **properties}}


def several(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def word(*words: str | None) -> Schema:
    return {"enum": list(words)}


def nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


TARGET = closed(account=STRING, region=STRING, endpoint=TEXT_OR_NULL)
ESTIMATE = closed(low=NUMBER, likely=NUMBER, high=NUMBER)
PROBLEM = closed(code=STRING, message=STRING, action=TEXT_OR_NULL, where=TEXT_OR_NULL)

GATE = word("start", "background")

SINCE = {
    "since": MOMENT_OR_NULL,
    "since_source": {"enum": ["cloudtrail", "seen", None]},
    "begun": nullable(
        closed(
            call=STRING,
            at=MOMENT,
            principal=STRING,
            through=nullable(STRING),
            same_caller={"type": "boolean"},
        )
    ),
}

FOREIGN = several(closed(plan=STRING, resource=STRING, status=STRING, **SINCE))

SAMPLE = closed(
    scanned=COUNT,
    matching=COUNT,
    changing=COUNT,
    all={"type": "boolean"},
    samples=several(closed(key={"type": "object"}, before={"type": "object"}, after={"type": "object"})),
)

PREVIEW = closed(
    format=word("orchestrator.preview/1"),
    plans=several(closed(name=STRING, digest={"type": "string", "pattern": "^sha256:"})),
    target=TARGET,
    state=nullable(closed(store=STRING, exists={"type": ["boolean", "null"]})),
    summary=closed(
        steps=COUNT,
        create=COUNT,
        update=COUNT,
        delete=COUNT,
        wait=COUNT,
        run=COUNT,
        destructive=COUNT,
        background=COUNT,
        unmanaged=COUNT,
    ),
    steps=several(
        optional(
            closed(
                id=STRING,
                plan=STRING,
                resource=STRING,
                lane=STRING,
                action=word("create", "update", "delete", "wait", "run"),
                summary=STRING,
                service=TEXT_OR_NULL,
                operation=TEXT_OR_NULL,
                request={"type": ["object", "null"]},
                needs=STRINGS,
                destructive={"type": "boolean"},
                gate=GATE,
                pause_seconds=NUMBER,
                stage=TEXT_OR_NULL,
                estimate_seconds=ESTIMATE,
                changes=several(closed(path=STRING, before={}, after={})),
            ),
            region=STRING,
        )
    ),
    unmanaged=several(closed(plan=STRING, resource=STRING, sort=STRING, name=STRING)),
    findings=several(
        closed(
            level=word("error", "warning", "notice"),
            code=STRING,
            message=STRING,
            action=STRING,
            refuses={"type": "boolean"},
            resource=TEXT_OR_NULL,
            where=nullable(closed(file=STRING, line=COUNT, column=COUNT)),
        )
    ),
    foreign=FOREIGN,
    stages=several(
        closed(
            plan=STRING,
            stage=STRING,
            state=word("done", "now", "foretold", "nothing_to_do", "not_foretold"),
            steps=STRINGS,
            estimate_seconds=ESTIMATE,
        )
    ),
    tasks=several(
        closed(
            plan=STRING,
            resource=STRING,
            sort=word("seed", "transact", "invoke", "backfill"),
            run=word("once", "on_change", "always"),
            state=word("due", "done", "not_due"),
            again=TEXT_OR_NULL,
            done_by=TEXT_OR_NULL,
            done=MOMENT_OR_NULL,
            does=STRINGS,
            counted=nullable(SAMPLE),
        )
    ),
    critical_path=STRINGS,
    estimate_seconds=ESTIMATE,
)

OUTCOME = closed(
    id=STRING,
    outcome=word("done", "already_in_place", "in_progress", "failed", "not_run"),
    attempts=COUNT,
    retries=several(closed(code=STRING, action=STRING, count=COUNT)),
    started=MOMENT_OR_NULL,
    finished=MOMENT_OR_NULL,
    issued_seconds=nullable(NUMBER),
    settling_seconds=nullable(NUMBER),
    error=nullable(PROBLEM),
)

REPORT = closed(
    format=word("orchestrator.report/1"),
    run=STRING,
    exit_code=EXIT_CODE,
    outcome=word(*OUTCOMES),
    started=MOMENT,
    finished=MOMENT,
    seconds=NUMBER,
    steps=several(OUTCOME),
    still_running=several(closed(plan=STRING, resource=STRING, status=STRING, since=MOMENT, gate=GATE)),
    queued=STRINGS,
    foreign=FOREIGN,
    calls={"type": "object", "additionalProperties": COUNT},
    notices=STRINGS,
)

ERROR = closed(format=word("orchestrator.error/1"), exit_code=EXIT_CODE, errors={**several(PROBLEM), "minItems": 1})

VALIDATION = closed(
    format=word("orchestrator.validation/1"),
    exit_code={"enum": [0, 3]},
    plans=several(closed(name=STRING, file=STRING, digest=STRING, resources=COUNT)),
    errors=several(PROBLEM),
)

_STATE = word("in_place", "pending_change", "in_transition", "broken")
STATUS: Schema = {
    **optional(
        closed(
            format=word("orchestrator.status/1"),
            exit_code=EXIT_CODE,
            outcome=word(*OUTCOMES, None),
            target=TARGET,
            summary=closed(in_place=COUNT, pending_change=COUNT, in_transition=COUNT, broken=COUNT),
            resources=several({"$ref": "#/$defs/line"}),
        ),
        locks_unknown=TEXT_OR_NULL,
    ),
    "$defs": {
        "line": closed(
            resource=STRING,
            plan=STRING,
            state=_STATE,
            detail=STRING,
            **SINCE,
            gate=GATE,
            facts={"type": "object", "additionalProperties": STRING},
            locked_by={"type": ["object", "null"]},
            parts=several({"$ref": "#/$defs/line"}),
        )
    },
}

_RUN = closed(
    run=STRING,
    state=word("running", "silent", "ended", "lost", "released"),
    paused={"type": "boolean"},
    order=nullable(closed(wish=word("pause", "continue", "cancel"), by=STRING, at=MOMENT)),
    outcome=word(*OUTCOMES, None),
    exit_code=nullable(EXIT_CODE),
    started=MOMENT,
    finished=MOMENT_OR_NULL,
    heartbeat=MOMENT_OR_NULL,
    progress=nullable(
        closed(
            done=COUNT,
            total=COUNT,
            step=STRING,
            resource=STRING,
            status=STRING,
            percent=nullable(NUMBER),
            eta=nullable(NUMBER),
        )
    ),
    plans=several(closed(name=STRING, digest=STRING)),
    resources=STRINGS,
    who={"type": "object", "additionalProperties": STRING},
)
HISTORY = optional(
    closed(
        format=word("orchestrator.history/1"),
        store=STRING,
        exists={"type": "boolean"},
        runs=several(_RUN),
    ),
    before=_RUN,
    steps=several(OUTCOME),
    events=several(closed(at=MOMENT, step=TEXT_OR_NULL, event=word(*get_args(What)), details={"type": "object"})),
)

BY_FORMAT = {
    "orchestrator.preview/1": PREVIEW,
    "orchestrator.report/1": REPORT,
    "orchestrator.error/1": ERROR,
    "orchestrator.validation/1": VALIDATION,
    "orchestrator.status/1": STATUS,
    "orchestrator.history/1": HISTORY,
}
