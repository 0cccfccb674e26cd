"""Which numbers of a table must be hidden so that no small one can be worked out from the sums beside it.

A table is a network: each number is an arc from the sum that it is part of to the next one, and what flows into a node
flows out of it. What is shown is known. What is hidden can be something else only along a cycle of hidden arcs, of
which some rise by one and the others fall by one; a number that is hidden is at least 1, because zeros are shown, so
it rises freely and falls only from 2 on. A hidden number is **safe** if and only if such a cycle passes through it:
for whole numbers on a network that is exact. This keeps a number from being worked out exactly, not from being known
to lie between two bounds.

Sources: D. Gusfield, "A Graph Theoretic Approach to Statistical Data Security", SIAM Journal on Computing 17 (1988);
L. H. Cox, "Suppression Methodology and Statistical Disclosure Control", JASA 75 (1980).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping
from heapq import heappop, heappush
from typing import NamedTuple

LEAST = 1
"""What a hidden number is at least."""


class Arc(NamedTuple):
    """A number of the table, which flows from one sum into another."""

    tail: Hashable
    head: Hashable
    value: int


Arcs = Mapping[Hashable, Arc]
Ways = Mapping[Hashable, list[tuple[Hashable, Hashable]]]
"""From each node: to which node, by which number."""


def numbers_to_hide(arcs: Arcs, under: int) -> frozenset[Hashable] | None:
    """The numbers from 1 to below `under`, and those others that keep them safe; None if nothing keeps them so.

    Each small number that is not safe gets the cycle on which least is hidden, counted by size, so small others
    go first. At the end, whatever need not be hidden is shown again. So nothing is hidden in vain, but another choice
    might hide less: the least of all is hard to find. What no arc stands for, such as a grand total, is always shown.
    """
    small = {name for name, arc in arcs.items() if LEAST <= arc.value < under}
    hidden, all_ways = set(small), _ways(arcs, arcs)
    for name in arcs:
        if name in small and not is_safe(name, hidden, arcs):
            cycle = _cheapest_cycle(name, hidden, arcs, all_ways)
            if cycle is None:
                return None
            hidden |= cycle
    for name in sorted(hidden - small, key=lambda name: -arcs[name].value):
        fewer = hidden - {name}
        if all(is_safe(other, fewer, arcs) for other in fewer):
            hidden = fewer
    return frozenset(hidden)


def is_safe(name: Hashable, hidden: Collection[Hashable], arcs: Arcs) -> bool:
    """Whether a hidden number could be another one, for all that the shown ones say."""
    ways, arc = _ways(hidden, arcs), arcs[name]
    rises = _reaches(ways, arc.head, arc.tail, name)
    return rises or (arc.value > LEAST and _reaches(ways, arc.tail, arc.head, name))


def _ways(names: Iterable[Hashable], arcs: Arcs) -> Ways:
    """Along each arc, where its number rises; against it, where the number may fall. A zero is shown, and stays."""
    ways: dict[Hashable, list[tuple[Hashable, Hashable]]] = defaultdict(list)
    for name in names:
        tail, head, value = arcs[name]
        if value >= LEAST:
            ways[tail].append((head, name))
        if value > LEAST:
            ways[head].append((tail, name))
    return ways


def _reaches(ways: Ways, start: Hashable, goal: Hashable, without: Hashable) -> bool:
    seen, waiting = {start}, [start]
    while waiting:
        node = waiting.pop()
        if node == goal:
            return True
        for to, name in ways.get(node, ()):
            if to not in seen and name != without:
                seen.add(to)
                waiting.append(to)
    return False


def _cheapest_cycle(name: Hashable, hidden: Collection[Hashable], arcs: Arcs, ways: Ways) -> frozenset[Hashable] | None:
    """What is to be hidden too, so that a cycle passes through this number, at the least cost."""
    arc = arcs[name]
    ends = [(arc.head, arc.tail), *([(arc.tail, arc.head)] if arc.value > LEAST else [])]
    found = [path for start, goal in ends if (path := _cheapest_path(start, goal, name, hidden, arcs, ways))]
    return min(found, key=lambda path: path[0])[1] if found else None


def _cheapest_path(
    start: Hashable, goal: Hashable, without: Hashable, hidden: Collection[Hashable], arcs: Arcs, ways: Ways
) -> tuple[int, frozenset[Hashable]] | None:
    """The names on the path that hides least, and its cost (Dijkstra); hidden ones cost nothing."""
    waiting: list[tuple[int, int, Hashable, frozenset[Hashable]]] = [(0, 0, start, frozenset())]
    done: set[Hashable] = set()
    number = 0
    while waiting:
        cost, _, node, path = heappop(waiting)
        if node == goal:
            return cost, path
        if node in done:
            continue
        done.add(node)
        for to, name in ways.get(node, ()):
            if name != without and to not in done:
                number += 1
                price = 0 if name in hidden else arcs[name].value + 1
                heappush(waiting, (cost + price, number, to, path | {name}))
    return None
