"""Bring files of another system in: row by row, refusing or reporting what is wrong, losing nothing."""

from demandflow.importing.importer import Changed, Progress, Refused, Report, import_file, import_files
from demandflow.importing.mapping import Column, Constant, Made, Mapping, Moment, Path, Row, Step, Value

__all__ = [
    "Changed",
    "Column",
    "Constant",
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
