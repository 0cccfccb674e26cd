"""The property-testing kit, for us and for whoever writes a workflow. Needs the extra `demandflow[testing]`."""

try:
    import hypothesis as _hypothesis
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        "demandflow.testing needs hypothesis: pip install 'demandflow[testing]'", name=missing.name
    ) from None

from demandflow.testing.builders import a, a_demand, an_actor
from demandflow.testing.casting import Attempt, step
from demandflow.testing.checking import Checked, LawBroken, as_test_case, check
from demandflow.testing.clock import FrozenClock, counted_ids
from demandflow.testing.differs import Differs
from demandflow.testing.drawing.drawing import histories
from demandflow.testing.environments import Environment
from demandflow.testing.judging import all_judged
from demandflow.testing.laws.laws import LAWS, law_named, laws, no_way_round
from demandflow.testing.machine import as_state_machine
from demandflow.testing.model.step import Step, demand_id
from demandflow.testing.operations import Ask, Batch, History, RunPolicies, Upset
from demandflow.testing.playing.comparing import Done
from demandflow.testing.playing.law import Law, Played, law
from demandflow.testing.playing.playing import play
from demandflow.testing.scenario import Outcome, Situation, given
from demandflow.testing.strategies import (
    actors,
    calendars,
    categories,
    channels,
    clocks,
    demands,
    events,
    facts,
    facts_for,
    limits,
    moments,
    places,
    spans,
    texts,
)
from demandflow.testing.tally import Tally

__all__ = [
    "Ask",
    "Attempt",
    "Batch",
    "Checked",
    "Differs",
    "Done",
    "Environment",
    "FrozenClock",
    "History",
    "LAWS",
    "Law",
    "LawBroken",
    "Outcome",
    "Played",
    "RunPolicies",
    "Situation",
    "Step",
    "Tally",
    "Upset",
    "a",
    "a_demand",
    "actors",
    "all_judged",
    "an_actor",
    "as_state_machine",
    "as_test_case",
    "calendars",
    "categories",
    "channels",
    "check",
    "clocks",
    "counted_ids",
    "demand_id",
    "demands",
    "events",
    "facts",
    "facts_for",
    "given",
    "histories",
    "law",
    "law_named",
    "laws",
    "limits",
    "moments",
    "no_way_round",
    "places",
    "play",
    "spans",
    "step",
    "texts",
]

del _hypothesis
