"""`make fuzz`: so many inputs (else 100,000), from this number on (else by lot); what came out that must not."""

from __future__ import annotations

import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from pathlib import Path
from random import Random
from secrets import randbits
from tempfile import TemporaryDirectory
from types import FrameType

from tests.fuzz.doors import DOORS

INPUTS, SECONDS, AT_ONCE, SHARE = 100_000, 60, 2, 250
"""What is asked of a file that says it is locked may take five seconds a question."""
Found = tuple[str, int, str]
"""The door, the number of the input, and what came out."""


class TooSlow(BaseException):
    """An input took longer than any may."""


def _too_slow(number: int, frame: FrameType | None) -> None:
    raise TooSlow


def several(door: str, number: int, first: int) -> list[Found]:
    """So many inputs by this door; those after which something came out that must not."""
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, _too_slow)
    found: list[Found] = []
    with TemporaryDirectory() as folder, closing(DOORS[door][0](Path(folder))) as through:
        for at in range(first, first + number):
            signal.alarm(SECONDS)
            try:
                through.one(Random(at))
            except (Exception, TooSlow) as error:
                last = traceback.extract_tb(error.__traceback__)[-1]
                found.append(
                    (door, at, f"{type(error).__name__}: {str(error)[:160]} ({Path(last.filename).name}:{last.lineno})")
                )
            finally:
                signal.alarm(0)
    return found


def main(number: int = INPUTS, first: int | None = None) -> int:
    """Print how many inputs went in by each door, and what must not have come out; 1 if anything did."""
    first, began, tried = randbits(40) if first is None else first, time.perf_counter(), Counter[str]()
    print(f"python -m tests.fuzz {number} {first}", flush=True)
    found: list[Found] = []
    with ProcessPoolExecutor(AT_ONCE) as workers:
        shares = []
        for door, (_, part) in DOORS.items():
            for begin in range(first, first + round(number * part), SHARE):
                many = min(SHARE, first + round(number * part) - begin)
                tried[door] += many
                shares.append(workers.submit(several, door, many, begin))
        for share in shares:
            for one in share.result():
                found.append(one)
                print(" | ".join(map(str, one)), flush=True)
    for door, many in tried.items():
        print(f"{door}: {many} inputs, {sum(one[0] == door for one in found)} wrong")
    print(f"{tried.total()} inputs, {len(found)} wrong, {time.perf_counter() - began:.0f} s")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
