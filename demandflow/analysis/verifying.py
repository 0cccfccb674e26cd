"""Verifying a log with all that is made from it: every row read, every table made again beside the present one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from demandflow.application import DemandFlow
from demandflow.domain.events import Event
from demandflow.domain.facts import UnknownFact
from demandflow.errors import StorageBusy, printable
from demandflow.projections.comparing import TableDiffers, compare, compare_streams
from demandflow.store.following.cursor import PAGE
from demandflow.store.following.parking import ParkedEvent, reason_of
from demandflow.store.holes import Verification

SHOWN = 20
"""So many lines of a kind are shown."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a log and its tables are found to be.

    `tables` differ from a rebuild (then the figures are not asked for), `parked` events could not be taken in. Events
    of facts that no workflow given has are `unknown`, by topic: they are kept, and no fault. `refused` says why the
    tables could not be compared.
    """

    log: Verification
    identity: str = ""
    adds_up: bool = True
    tables: tuple[TableDiffers, ...] = ()
    parked: tuple[ParkedEvent, ...] = ()
    unknown: Mapping[str, int] | None = None
    refused: str | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is missing but what was acknowledged, all can be read, and all tables are as they should."""
        return self.log.ok and self.adds_up and not (self.tables or self.parked or self.refused)

    def __str__(self) -> str:
        lines = [str(self.log)]
        if self.refused is not None:
            lines.append(f"board and figures: not compared: {self.refused}")
        else:
            if self.identity:
                lines.append(f"figures: {self.identity}{'' if self.adds_up else ': this does not add up'}")
            same = "equal to a rebuild" if not self.tables else "differ from a rebuild; flow.rebuild() puts them right"
            lines.append(f"tables: {same}")
            lines += [f"  {table}" for table in self.tables]
        lines.append(f"parked events: {len(self.parked) or 'none'}")
        lines += _some([f"  position {each.position}: {each.reason}" for each in self.parked])
        if self.unknown:
            lines.append(f"events of unknown facts: {sum(self.unknown.values())}; they are kept as they are")
            lines += _some([f"  {printable(topic)}: {number}" for topic, number in sorted(self.unknown.items())])
        lines.append("all is well" if self.ok else "not all is well")
        return "\n".join(lines)


def verify(flow: DemandFlow) -> Verified:
    """Read every event, and make all tables of board, figures and streams again beside those that are there.

    It takes about twice as long as a rebuild, in a temporary file; others go on meanwhile. Raises StorageBusy.
    """
    log, unknown = flow.verify(), Counter[str]()
    try:
        last = 0
        while page := flow._log.page(last, PAGE):
            unknown.update(
                event.fact.topic
                for _, event in page
                if isinstance(event, Event) and isinstance(event.fact, UnknownFact)
            )
            last = page[-1][0]
        tables = compare(flow._projector, flow._log)
        for streams in flow._other_kinds:
            tables += compare_streams(streams, flow._log)
        parked = flow.parked_events()
        if tables:
            return Verified(log, tables=tables, parked=parked, unknown=unknown)
        figures = flow.figures()
        adds_up = figures.adds_up and flow.board(limit=1, total=True).total == figures.count("received")
    except StorageBusy:
        raise
    except Exception as error:  # what somebody wrote into the tables may raise anything
        return Verified(log, refused=reason_of(error), unknown=unknown)
    return Verified(log, figures.identity, adds_up, tables, parked, unknown)


def _some(lines: list[str]) -> list[str]:
    more = len(lines) - SHOWN
    return [*lines[:SHOWN], *([f"  and {more} more"] if more > 0 else [])]
