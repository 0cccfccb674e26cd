"""The planted faults still stand where they were planted, and the page tells of each; `make mutants` judges them."""

from __future__ import annotations

import pytest

from tests.mutation.faults import Fault
from tests.mutation.mutants import PAGE, PLANTED
from tests.paths import ROOT

FAULTS = {name: faults for name, (_, faults) in PLANTED.items()}
ALL = [fault for faults in FAULTS.values() for fault in faults]


@pytest.mark.parametrize("fault", ALL, ids=lambda fault: fault.name)
def test_a_planted_fault_can_be_planted(fault: Fault) -> None:
    changed = fault.applied()
    assert changed != (ROOT / "demandflow" / fault.file).read_text(encoding="utf-8")
    compile(changed, fault.file, "exec")
    assert not fault.file.startswith("testing/"), "the laws are not to judge themselves"


def test_a_fault_that_cannot_be_planted_says_so() -> None:
    with pytest.raises(ValueError, match="the text stands 0 times in"):
        Fault("nowhere", "recording/ids.py", "no such text", "").applied()


def test_every_fault_has_a_name_of_its_own_and_is_on_the_page() -> None:
    for faults in FAULTS.values():
        assert len({fault.name for fault in faults}) == len(faults)
    names = [fault.name for fault in FAULTS["planted"]]
    told = PAGE.read_text(encoding="utf-8")
    assert [name for name in names if f"| {name} |" not in told] == []
