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


def printed(hole: Missing) -> str:
    """What is missing, as people read it."""
    what, first, last, demand = hole
    noun = "version" if what == "versions" else "position"
    rows, are = (f"{noun} {first}", "is") if first == last else (f"{noun}s {first} to {last}", "are")
    if what == "end":
        return f"the end is missing, {rows}"
    return f"{rows}{f' of demand {demand}' if demand else ''} {are} missing"


def waiting(world: World, unreadable: int) -> list[int]:
    """The places of what cannot be read, and of what was recorded of its demand later."""
    whose = [event.demand for event in world.log]
    return [at for at, it in enumerate(whose, 1) if at >= unreadable and it == whose[unreadable - 1]]


def without(world: World, gone: Collection[int], *, parked: bool = False) -> World:
    """The world as if these events had not been recorded, though they are known to be missing, or wait."""
    rest = World(world.workflow, world.environment)
    rest.zone, rest.clock.now = world.zone, world.clock.now
    rest.missing = 0 if parked else len(gone)
    for at in sorted(gone) if parked else ():
        # of what kind it is that cannot be read, nobody knows
        if not rest.parked or world.log[at - 1].stamp.kind is None:
            rest.parked.append(world.log[at - 1].demand)
    rest.record([event for at, event in enumerate(world.log, 1) if at not in gone])
    return rest


def _runs(numbers: Collection[int]) -> Iterator[tuple[int, int]]:
    """The first and the last of those that follow one another."""
    last = [number for number in sorted(numbers) if number + 1 not in numbers]
    yield from zip((number for number in sorted(numbers) if number - 1 not in numbers), last, strict=True)
