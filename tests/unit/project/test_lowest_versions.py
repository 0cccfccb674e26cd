"""`constraints-lowest.txt`, with which `.ci/run` tests, has exactly the lowest versions that pyproject.toml allows."""

from __future__ import annotations

import re
import tomllib

from tests.paths import ROOT

EXTRAS = ("testing", "terminal", "calendars", "policies", "menu", "postgres", "dev")


def lowest() -> dict[str, str]:
    """The lowest version of each package that demandflow or one of its extras needs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    needed = [*project["dependencies"], *(package for extra in EXTRAS for package in extras[extra])]
    bounds = [re.match(r"([\w-]+)(?:\[(\w+)])?>=([\d.]+)", package) for package in needed]
    found = {bound[1]: bound[3] for bound in bounds if bound is not None}
    # psycopg[binary] brings psycopg-binary of the same version
    return found | {f"{bound[1]}-{bound[2]}": bound[3] for bound in bounds if bound is not None and bound[2]}


def test_the_lowest_versions_are_those_that_are_tested() -> None:
    pins = (ROOT / "constraints-lowest.txt").read_text(encoding="utf-8").split()
    assert dict(pin.split("==") for pin in pins) == lowest()
