"""The grid: its directory of places, rounds, and what is found on patrol; who is responsible, what was walked."""

from demandflow.domain.county.grid.directory import Directory
from demandflow.domain.county.grid.directory_rules import DIRECTORY
from demandflow.domain.county.grid.patrols import PATROL, Checked, Finding, Found, patrol
from demandflow.domain.county.grid.places import (
    Appointed,
    Closed,
    Counted,
    Founded,
    GivenUp,
    Joined,
    Opened,
    Relieved,
    Renamed,
    Split,
)
from demandflow.domain.county.grid.rounds import ROUND, Round, RoundCorrected, Walked

__all__ = [
    "Appointed",
    "Checked",
    "Closed",
    "Counted",
    "DIRECTORY",
    "Directory",
    "Finding",
    "Found",
    "Founded",
    "GivenUp",
    "Joined",
    "Opened",
    "PATROL",
    "ROUND",
    "Relieved",
    "Renamed",
    "Round",
    "RoundCorrected",
    "Split",
    "Walked",
    "patrol",
]
