"""Whether a task is to be done once more, by what is remembered of it."""

from collections.abc import Mapping

import pytest

from orchestrator.model import Backfill, Ref, Remembered, RunRule, Task
from orchestrator.planning.done_before import Changed, Due, Standing, Stands, standing

ORDERS = Ref("shop", ("tables", "orders"))
BEFORE = Remembered("as it was", {"orders-dev": "id-1"}, "01JABB", 7.0)
SAME: Mapping[str, str] = {"orders-dev": "id-1"}
MADE_ANEW = Due("tables.orders is made anew since")


@pytest.mark.parametrize(
    ("rule", "digest", "things", "found"),
    [
        ("once", "as it was", SAME, Stands()),
        ("on_change", "as it was", SAME, Stands()),
        ("always", "as it was", SAME, Due("every run does it")),
        ("once", "otherwise", SAME, Changed(BEFORE)),
        ("on_change", "otherwise", SAME, Due("it says something else now")),
        ("once", "as it was", {"orders-dev": "id-2"}, MADE_ANEW),
        ("once", "otherwise", {"orders-dev": "id-2"}, MADE_ANEW),
        ("once", "as it was", None, MADE_ANEW),
        ("once", None, SAME, Due("only while it runs will be seen whether it says something else")),
        ("once", None, None, MADE_ANEW),
    ],
)
def test_what_was_done_before(
    rule: RunRule, digest: str | None, things: Mapping[str, str] | None, found: Standing
) -> None:
    assert standing(_task(rule), digest, things, BEFORE) == found


@pytest.mark.parametrize("rule", ["once", "on_change", "always"])
def test_what_was_never_done_is_due(rule: RunRule) -> None:
    assert standing(_task(rule), "as it is", SAME, None) == Due()


def _task(rule: RunRule) -> Task:
    work = Backfill("orders-dev", remove=("old",))
    return Task(Ref("shop", ("tasks", "job")), work, rule, frozenset({ORDERS}), {ORDERS: "orders-dev"})
