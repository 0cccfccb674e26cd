"""The property-testing kit, for us and for whoever writes a workflow. Needs the extra `demandflow[testing]`."""

from demandflow.testing.clock import FrozenClock
from demandflow.testing.machine import Tally, as_state_machine

__all__ = ["FrozenClock", "Tally", "as_state_machine"]
