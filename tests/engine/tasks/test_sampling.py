"""What a backfill would do is counted and shown, and nothing is changed."""

from dataclasses import replace

from orchestrator.engine.tasks.sampling import counted
from orchestrator.model import Backfill, Sample, Share
from orchestrator.model.work import Taken
from tests.engine.tasks.bench import Bench, item

COPY = Backfill(
    "orders",
    {"label": ("o-", Taken("name"))},
    remove=("draft",),
    where="attribute_not_exists(#s)",
    names={"#s": "status"},
    segments=4,
)


def filled(number: int) -> Bench:
    bench = Bench()
    for one in range(number):
        closed = {"status": "closed"} if one % 2 else {}
        bench.shelf.put(item(one, draft=1, **closed, **({} if one % 4 else {"name": f"n{one}"})))
    return bench


async def test_all_items_of_a_small_table_are_counted_and_some_are_shown() -> None:
    bench = filled(100)
    before = dict(bench.items)
    found = await counted(bench.shelf, COPY, ["id"])
    assert (found.scanned, found.matching, found.changing, found.all) == (100, 50, 25, True)
    assert len(found.samples) == 3
    for key, was, becomes in found.samples:
        assert was == {"draft": {"N": "1"}}
        assert becomes == {"label": {"S": f"o-{bench.items[key['id']['S']]['name']['S']}"}}
    assert bench.items == before
    assert set(bench.shelf.served) == {"Scan"}


async def test_no_more_than_the_limit_is_read() -> None:
    found = await counted(filled(100).shelf, COPY, ["id"], limit=60)
    assert (found.scanned, found.all) == (60, False)


async def test_an_empty_table_has_nothing_to_show() -> None:
    assert await counted(Bench().shelf, COPY, ["id"]) == Sample(all=True)


async def test_a_share_counts_its_own_segments() -> None:
    bench = filled(100)
    shares = [await counted(bench.shelf, replace(COPY, share=Share(number, 3)), ["id"]) for number in (1, 2, 3)]
    assert sum(found.scanned for found in shares) == 100
    assert all(0 < found.scanned < 100 for found in shares)
