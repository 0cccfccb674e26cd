"""The property-testing kit, for us and for whoever writes a workflow. Needs the extra `demandflow[testing]`."""

try:
    import hypothesis as _hypothesis
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        "demandflow.testing needs hypothesis: pip install 'demandflow[testing]'", name=missing.name
    ) from None

from demandflow.testing.checking import Checked, LawBroken, as_test_case, check
from demandflow.testing.clock import FrozenClock, counted_ids
from demandflow.testing.histories import History, Step, histories
from demandflow.testing.law import Law, law
from demandflow.testing.laws import LAWS, law_named, laws, no_way_round
from demandflow.testing.machine import Tally, as_state_machine
from demandflow.testing.planting import DEFECTS, Defective, defective_workflows
from demandflow.testing.playing import Done, Played, play
from demandflow.testing.workflows import workflows

__all__ = [
    "Checked",
    "DEFECTS",
    "Defective",
    "Done",
    "FrozenClock",
    "History",
    "LAWS",
    "Law",
    "LawBroken",
    "Played",
    "Step",
    "Tally",
    "as_state_machine",
    "as_test_case",
    "check",
    "counted_ids",
    "defective_workflows",
    "histories",
    "law",
    "law_named",
    "laws",
    "no_way_round",
    "play",
    "workflows",
]

del _hypothesis
