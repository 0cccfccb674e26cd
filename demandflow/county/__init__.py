"""What a county asks beside its demands: who can serve a need, what may be shown to everybody, what is on when."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from demandflow.county.activities_feed import as_icalendar
    from demandflow.county.matching import LeftOut, Match, explained, left_out, match, plan
    from demandflow.county.needs import Need, Person, Synonyms
    from demandflow.county.small_cells import HIDDEN, PublicTable, public_places, public_table
else:
    from demandflow.inputs.lazy_names import lazy_names

    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "as_icalendar": "activities_feed",
            **dict.fromkeys(("LeftOut", "Match", "explained", "left_out", "match", "plan"), "matching"),
            **dict.fromkeys(("Need", "Person", "Synonyms"), "needs"),
            **dict.fromkeys(("HIDDEN", "PublicTable", "public_places", "public_table"), "small_cells"),
        },
    )

__all__ = [
    "HIDDEN",
    "LeftOut",
    "Match",
    "Need",
    "Person",
    "PublicTable",
    "Synonyms",
    "as_icalendar",
    "explained",
    "left_out",
    "match",
    "plan",
    "public_places",
    "public_table",
]
