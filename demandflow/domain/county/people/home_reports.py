"""Reports to home organisations: which period was reported, as known at which position of the log.

A report is made again from these few words, byte for byte. The TOPICs and the field names are the storage format.
Never rename one; a new field gets a default.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, TypeAlias

from pydantic import Field

from demandflow.domain.county.people.volunteers import COMMUNITY
from demandflow.domain.events import Event
from demandflow.domain.fact import Fact
from demandflow.domain.moves import START, Move, Proposal, State
from demandflow.domain.stream import Change, Stream
from demandflow.domain.values import Name, Stage
from demandflow.domain.workflow import Workflow

Count: TypeAlias = Annotated[int, Field(ge=0)]
Layout: TypeAlias = Annotated[int, Field(ge=1)]


class HomeReported(Fact):
    """What its people did in a period was reported to a home organisation.

    `report` is its name, of which there is one: `home, period`. `digest` is the SHA-256 of the document.
    """

    TOPIC: ClassVar[str] = "home_report.reported"
    report: Name
    home: Name
    period: Name
    zone: Name
    position: Count
    layout: Layout
    digest: Name


class HomeReport(Stream, frozen=True):
    """A report to a home organisation, as it was made."""

    KIND: ClassVar[str | None] = "home_report"
    KEY: ClassVar[str | None] = "report"

    report: str = ""
    home: str = ""
    period: str = ""
    zone: str = "UTC"
    position: int = 0
    layout: int = 1
    digest: str = ""

    def changes(self, event: Event, change: Change) -> None:
        """What an event of it changes."""
        if isinstance(event.fact, HomeReported):
            change.update(event.fact.__dict__)


def named(home: str, period: str) -> str:
    """The name of the report of a period to a home organisation."""
    return f"{home}, {period}"


def it_has_its_own_name(report: HomeReport, proposal: Proposal[Any]) -> str | None:
    """A report is named by the home organisation and the period, so that there is one of each."""
    fact = proposal.fact
    wanted = named(fact.home, fact.period)
    return None if fact.report == wanted else f"the report is named {wanted!r}, not {fact.report!r}"


HOME_REPORT = Workflow(
    "home-report",
    1,
    states=(State("reported", waits_for=Stage.ENDED, ended_as="closed"),),
    moves=(Move("report_home", HomeReported, START, "reported", COMMUNITY, rules=(it_has_its_own_name,)),),
    tells_nobody=True,
    of=HomeReport,
)
