"""The public names of figures: what questions return, their periods, and what each number means."""

from demandflow.projections.board.rows import BoardPage, BoardRow
from demandflow.projections.figures.by import FiguresBy
from demandflow.projections.figures.changes import Change, Changes, Standing
from demandflow.projections.figures.definitions import DEFINITIONS, RATES, Definition, definition
from demandflow.projections.figures.drilldown import CountedDemand
from demandflow.projections.figures.durations import Durations
from demandflow.projections.figures.figures import Figures
from demandflow.projections.figures.overdue import Deadlines
from demandflow.projections.figures.periods import Period
from demandflow.projections.figures.question import DemandFilter, FigureQuery
from demandflow.projections.figures.rates import ClockFigures, MeanOfUnits, Rate

__all__ = [
    "BoardPage",
    "BoardRow",
    "Change",
    "Changes",
    "ClockFigures",
    "CountedDemand",
    "DEFINITIONS",
    "Deadlines",
    "Definition",
    "DemandFilter",
    "Durations",
    "FigureQuery",
    "Figures",
    "FiguresBy",
    "MeanOfUnits",
    "Period",
    "RATES",
    "Rate",
    "Standing",
    "definition",
]
