"""Every kind of error has a code that never changes."""

from __future__ import annotations

from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

import demandflow
from demandflow import DemandFlowError, InvalidValue, Refusal

PACKAGE = Path(demandflow.__file__).parent

# fmt: off
CODES = {
    "demandflow_error", "invalid_value", "invalid_file", "year_not_covered", "invalid_workflow", "refusal",
    "move_not_allowed", "role_not_allowed", "rule_broken", "backdating_not_allowed", "stale_demand", "clock_behind",
    "demand_not_found", "unknown_workflow", "command_conflict", "storage_error", "storage_busy", "version_taken",
    "storage_unreachable",
    "not_a_log", "unknown_format", "wrong_tenant", "wrong_zone", "workflow_changed", "unreadable_event",
    "history_incomplete", "other_kind", "damaged_file",
}
# fmt: on
"""What logs, web answers and translations of others know errors by: add to it, change none."""


def kinds(kind: type[DemandFlowError] = DemandFlowError) -> list[type[DemandFlowError]]:
    """This kind of error and all below it that demandflow has."""
    ours = [kind] if kind.__module__.startswith("demandflow.") else []
    return [*ours, *(below for sub in kind.__subclasses__() for below in kinds(sub))]


def test_every_kind_of_error_has_a_code_of_its_own_that_never_changes() -> None:
    for file in PACKAGE.rglob("*.py"):
        if file.name != "__main__.py":
            import_module(".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts))
    codes = Counter(kind.code for kind in set(kinds()) if "code" in vars(kind))
    assert codes == dict.fromkeys(CODES, 1)
    assert not [kind for kind in kinds() if "code" not in vars(kind)], "each kind says its own code"


def test_an_error_of_your_own_says_its_code_or_has_that_of_the_kind_above_it() -> None:
    class Unheard(Refusal):
        pass

    class TooLoud(InvalidValue, code="too_loud"):
        pass

    assert (Unheard.code, TooLoud("bell", "is too loud").code) == ("refusal", "too_loud")


def test_an_error_says_its_code_where_it_is_caught() -> None:
    with pytest.raises(DemandFlowError) as caught:
        demandflow.Place("a//b")
    assert caught.value.code == "invalid_value"
