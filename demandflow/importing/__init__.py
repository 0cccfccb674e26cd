"""Bring files of another system in: row by row, refusing or reporting what is wrong, losing nothing."""

from demandflow.importing.columns import Column, Constant, Made, Moment, Path, Row, Value
from demandflow.importing.importer import import_file, import_files
from demandflow.importing.mapping import Mapping, Step
from demandflow.importing.report import Changed, Difference, Progress, Refused, Report

__all__ = [
    "Changed",
    "Column",
    "Constant",
    "Difference",
    "Made",
    "Mapping",
    "Moment",
    "Path",
    "Progress",
    "Refused",
    "Report",
    "Row",
    "Step",
    "Value",
    "import_file",
    "import_files",
]
