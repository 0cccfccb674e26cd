"""What a county asks beside its demands: who can serve a need, what may be shown to everybody, what is on when."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from demandflow.county.matching import LeftOut, Match, explained, left_out, match, plan
    from demandflow.county.needs import Need, Person, Synonyms
else:
    from demandflow.inputs.lazy_names import lazy_names

    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            **dict.fromkeys(("LeftOut", "Match", "explained", "left_out", "match", "plan"), "matching"),
            **dict.fromkeys(("Need", "Person", "Synonyms"), "needs"),
        },
    )

__all__ = ["LeftOut", "Match", "Need", "Person", "Synonyms", "explained", "left_out", "match", "plan"]
