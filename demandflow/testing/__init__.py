"""The property-testing kit, for us and for whoever writes a workflow. Needs the extra `demandflow[testing]`."""

try:
    import hypothesis as _hypothesis
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        "demandflow.testing needs hypothesis: pip install 'demandflow[testing]'", name=missing.name
    ) from None

from demandflow.testing.clock import FrozenClock
from demandflow.testing.machine import Tally, as_state_machine

__all__ = ["FrozenClock", "Tally", "as_state_machine"]

del _hypothesis
