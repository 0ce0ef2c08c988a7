"""Logging for the command line: structlog to stderr, JSON lines for machines. A program that uses the library keeps its own."""

import logging
import sys
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from orchestrator.adapters.clock import SystemClock
from orchestrator.cli.session import Session, put
from orchestrator.errors import Problem
from orchestrator.model import Event, Preview
from orchestrator.render.moments import iso

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure(session: Session) -> None:
    """Set up structlog and the standard library's root logger for this process.

    Other libraries' lines come in the same form, from warnings up whatever the level: at debug the SDK would write down
    request bodies, environment values among them.
    """
    level = session.log_level or ("info" if session.audience == "json" else "warning")
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        _stamped,
        _tidy,
    ]
    renderer = _renderer(session)
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(_Stderr()),  # type: ignore[arg-type]  # writes and flushes, as print needs
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(_Stderr())
    foreign = [_untraced, *shared]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=foreign))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)


def _stamped(logger: Any, method: str, fields: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Now, where the line does not say when: in the form that a run's events have."""
    return {"timestamp": iso(SystemClock().now()), **fields}


def _untraced(logger: Any, method: str, fields: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Without the traceback that the SDK adds where a source of credentials fails: what ends a command says why."""
    return {name: value for name, value in fields.items() if name != "exc_info"}


def _tidy(logger: Any, method: str, fields: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """When, how grave and what come first; lengths of time are told to the millisecond."""
    ordered = {name: fields[name] for name in ("timestamp", "level", "event") if name in fields} | dict(fields)
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in ordered.items()}


def _renderer(session: Session) -> structlog.typing.Processor:
    if session.audience == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=session.colored(sys.stderr))


class _Stderr:
    """Whatever stderr is at the moment: the live view takes its place while it is shown."""

    def write(self, text: str) -> int:
        put(sys.stderr, text)  # a reader of the log that goes away must not end the run
        return len(text)

    def flush(self) -> None: ...


def listeners(session: Session) -> Sequence[Callable[[Event], None]]:
    """What writes a run's events as log lines: for machines always; for people, who look at a screen, when they ask for it."""
    from orchestrator.engine.log import Log

    return (Log(),) if _wanted(session) else ()


def previewed(session: Session, shown: Preview) -> None:
    """For those who read the log instead of a page: what will be done, and what is suspicious."""
    if not _wanted(session):
        return
    logger = structlog.get_logger()
    tell = {"error": logger.error, "warning": logger.warning, "notice": logger.info}
    for finding in shown.findings:
        tell[finding.level](
            "finding",
            code=finding.code,
            message=finding.message,
            resource=str(finding.ref) if finding.ref else None,
            where=str(finding.where) if finding.where else None,
        )
    logger.info(
        "preview_ready",
        plans=[plan.name for plan in shown.plans],
        steps=len(shown.graph),
        destructive=sum(step.destructive for step in shown.graph),
    )


def complained(session: Session, problems: Sequence[Problem], exit_code: int) -> None:
    """What ends a command, for those who asked for nothing but JSON lines; also before a command has set its logging up."""
    configure(session)
    for problem in problems:
        structlog.get_logger().error(
            "error",
            code=problem.code,
            message=problem.message,
            action=problem.action,
            where=problem.where,
            exit_code=exit_code,
        )


def traced(session: Session, trace: str) -> None:
    configure(session)
    structlog.get_logger().debug("traceback", traceback=trace)


def _wanted(session: Session) -> bool:
    return session.audience == "json" or session.log_level is not None
