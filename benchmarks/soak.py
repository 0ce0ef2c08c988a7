"""A soak: 200 overlapping plans over 50 tables and 10 functions by 8 processes, faults on, ten processes killed in the middle.

    python benchmarks/soak.py [PLANS TABLES FUNCTIONS PROCESSES KILLS]

Prints seconds, calls, retries by code, takeovers and waits for locks, and whether the account is as all plans together state.
"""

import asyncio
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from orchestrator.sandbox.rules.durations import Durations
from tests.end_to_end.soak import Size, Soak, doubled, refused


def told(soak: Soak, wall: float, processor: float) -> None:
    found, timeline = soak.found, soak.timeline()
    runs = asyncio.run(soak.runs())
    waits = sorted(found.waits)
    ends = Counter(code for codes in found.codes.values() for code in codes)
    print(f"{soak.size}")
    print(f"wall {wall:.0f} s; processor {found.processor:.0f} s of the runs, {processor:.0f} s of the sandbox")
    print(f"exit codes of all processes {dict(ends)}")
    print(f"calls of the runs {sum(found.calls().values())}, served with the store's {sum(timeline['calls'].values())}")
    print(f"retries {dict(found.retries())}")
    print(f"runs in the store {len(runs)}, taken over {sum(known.run.life == 'lost' for known in runs)}")
    print(f"still live {sum(known.live for known in runs)}")
    if waits:
        print(f"waited for locks {len(waits)}, median {waits[len(waits) // 2]:.1f} s, longest {waits[-1]:.1f} s")
    print(f"changes refused in transition {dict(refused(timeline))}, clashes {timeline['clashes']}")
    print(f"made twice {dict(doubled(timeline))}, not as stated {list(soak.astray())}")


def main() -> None:
    size = Size(*(map(int, sys.argv[1:]) if sys.argv[1:] else (200, 50, 10, 8, 10)))
    with tempfile.TemporaryDirectory() as folder:
        soak = Soak(Path(folder), size, Durations.fast())
        with soak.server:
            began, used = time.perf_counter(), time.process_time()
            soak.run()
            told(soak, time.perf_counter() - began, time.process_time() - used)


if __name__ == "__main__":
    main()
