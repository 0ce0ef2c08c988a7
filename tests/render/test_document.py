"""The machine formats hold what the command-line page promises, and nothing that must be hidden."""

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from orchestrator.model import Beat, Estimate, Event, Graph, History, KnownRun, Progress, RunRecord
from orchestrator.render import document
from tests.render import nouns, schemas, staged

DOCUMENTS = {
    "preview": document.preview(nouns.PREVIEW),
    "preview of nothing": document.preview(nouns.NOTHING),
    "preview in stages": document.preview(staged.PREVIEW),
    "report": document.report(nouns.REPORT, nouns.PREVIEW),
    "report of nothing": document.report(nouns.DONE),
    "errors": document.errors(nouns.PROBLEMS, 3),
    "validation": document.validation([nouns.PLAN], [], 0),
    "invalid": document.validation([], nouns.PROBLEMS, 3),
    "status": document.status(nouns.STATUS),
    "waited": document.waited(nouns.WAITED),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_follows_its_schema_to_the_letter(name: str) -> None:
    read: dict[str, Any] = json.loads(DOCUMENTS[name])
    jsonschema.validate(read, schemas.BY_FORMAT[read["format"]], cls=jsonschema.Draft202012Validator)


def test_a_schema_refuses_a_key_too_many() -> None:
    read = json.loads(DOCUMENTS["report"]) | {"more": 1}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(read, schemas.REPORT)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_one_line_ended_text_without_a_secret(name: str) -> None:
    assert DOCUMENTS[name].endswith("}\n")
    assert nouns.SECRET not in DOCUMENTS[name]


def test_the_summary_counts_sum_to_the_steps() -> None:
    read = json.loads(DOCUMENTS["preview"])
    summary = read["summary"]
    assert summary["steps"] == len(read["steps"]) == sum(summary[action] for action in document.ACTIONS)
    assert Counter(step["action"] for step in read["steps"]) == {
        action: number for action in document.ACTIONS if (number := summary[action])
    }


def test_hidden_later_and_binary_values_have_their_marks() -> None:
    request = next(s for s in json.loads(DOCUMENTS["preview"])["steps"] if s["operation"] == "CreateFunction")[
        "request"
    ]
    assert request["Environment"]["Variables"] == {name: {"$hidden": True} for name in ("TOKEN", "STREAM", "PLAIN")}
    assert request["Role"] == {"$known_after": "tables.users"}
    assert request["Code"]["ZipFile"]["bytes"] == 12345


def test_a_step_that_only_waits_has_no_request() -> None:
    step = json.loads(DOCUMENTS["preview"])["steps"][-1]
    assert (step["action"], step["service"], step["operation"], step["request"]) == ("wait", None, None, None)


def test_a_request_for_another_region_says_so_and_no_other_does() -> None:
    assert all("region" not in step for step in json.loads(DOCUMENTS["preview"])["steps"])
    assert nouns.DROP.call is not None
    abroad = replace(nouns.DROP, call=replace(nouns.DROP.call, region="us-west-2"))
    read = json.loads(document.preview(replace(nouns.PREVIEW, graph=Graph((abroad,)))))
    jsonschema.validate(read, schemas.PREVIEW, cls=jsonschema.Draft202012Validator)
    (step,) = read["steps"]
    assert (step["operation"], step["region"], list(step)[7:9]) == ("UpdateTable", "us-west-2", ["operation", "region"])


def test_a_step_of_a_part_names_its_resource() -> None:
    step = json.loads(DOCUMENTS["preview"])["steps"][0]
    assert (step["id"], step["resource"]) == ("tables.orders.indexes.by_old:delete", "tables.orders")


def test_equal_previews_give_equal_bytes() -> None:
    assert document.preview(replace(nouns.PREVIEW)) == DOCUMENTS["preview"]


@pytest.mark.parametrize(("seconds", "written"), [(60.0, 60), (0.1234567, 0.123), (0.0, 0)])
def test_seconds_are_written_to_the_millisecond(seconds: float, written: float) -> None:
    step = replace(nouns.DROP, estimate=Estimate(seconds, seconds, seconds))
    estimate = json.loads(document.preview(replace(nouns.PREVIEW, graph=Graph((step,)))))["steps"][0][
        "estimate_seconds"
    ]
    assert estimate == {"low": written, "likely": written, "high": written}
    assert [type(value) for value in estimate.values()] == [type(written)] * 3


def test_a_history_tells_lengths_of_time_in_milliseconds() -> None:
    run = RunRecord("01R", (), (), 1.0, 30.0)
    beat = Beat(2.0, Progress(done=1, total=2, percent=33.333333333, eta=12.34567))
    event = Event(1.0, "01R", "tables.orders:create", "sent", {"seconds": 0.006483793258666992, "request_id": "R1"})
    told = json.loads(document.history(History("sqlite:s", 3.0, [KnownRun(run, beat)], [event])))
    jsonschema.validate(told, schemas.HISTORY)
    assert told["events"][0]["details"] == {"seconds": 0.006, "request_id": "R1"}
    assert (told["runs"][0]["progress"]["percent"], told["runs"][0]["progress"]["eta"]) == (33.333, 12.346)
