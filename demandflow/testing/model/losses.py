"""What is missing from a log of which events went, and the world as it is without them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from uuid import UUID

from demandflow.testing.model.world import World

Missing = tuple[str, int, int, UUID | None]
"""What is numbered, the first number and the last, and of which demand."""


def missing(world: World, lost: Collection[int]) -> list[Missing]:
    """The places in the log that are missing, then the versions of demands, and last the end of the log."""
    left = [(at, event) for at, event in enumerate(world.log, 1) if at not in lost]
    end, whole = (left[-1][0] if left else 0), len(world.log)
    found: list[Missing] = [("positions", *run, None) for run in _runs([at for at in lost if at < end])]
    for demand in sorted(world.streams):
        there = [event.version for _, event in left if event.demand == demand]
        gone = [version for version in range(1, max(there, default=0)) if version not in there]
        found += [("versions", *run, demand) for run in _runs(gone)]
    return [*found, *([("end", end + 1, whole, None)] if end < whole else [])]


def besides(found: list[Missing], known: list[Missing]) -> list[Missing]:
    """The parts of what is missing that were not known to be, if the log ends where it did."""
    before = {(what, demand, number) for what, first, last, demand in known for number in range(first, last + 1)}
    return [
        (what, *run, demand)
        for what, first, last, demand in found
        for run in _runs([one for one in range(first, last + 1) if (what, demand, one) not in before])
    ]


def without_end(world: World, number: int) -> World:
    """The world as if the last so many events had not been recorded, though they are known to be missing."""
    rest = World(world.workflow, world.environment)
    rest.zone, rest.clock.now, rest.missing = world.zone, world.clock.now, number
    rest.record(world.log[: len(world.log) - number])
    return rest


def _runs(numbers: Collection[int]) -> Iterator[tuple[int, int]]:
    """The first and the last of those that follow one another."""
    last = [number for number in sorted(numbers) if number + 1 not in numbers]
    yield from zip((number for number in sorted(numbers) if number - 1 not in numbers), last, strict=True)
