"""What a county asks beside its demands: who can serve a need, what may be shown to everybody, what is on when."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from demandflow.county.activities_feed import as_icalendar
    from demandflow.county.directory import (
        administrators,
        close_place,
        directories,
        directory_of,
        known_places,
        responsible,
        restated,
        unknown_places,
    )
    from demandflow.county.grid_coverage import Coverage, coverage
    from demandflow.county.matching import LeftOut, Match, explained, left_out, match, plan
    from demandflow.county.needs import Need, Person, Synonyms
    from demandflow.county.ordering import handlers, menu, order
    from demandflow.county.published_menu import as_markdown, as_open311, definition_in_open311
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
            **dict.fromkeys(("Coverage", "coverage"), "grid_coverage"),
            **dict.fromkeys(
                (
                    "administrators",
                    "close_place",
                    "directories",
                    "directory_of",
                    "known_places",
                    "responsible",
                    "restated",
                    "unknown_places",
                ),
                "directory",
            ),
            **dict.fromkeys(("handlers", "menu", "order"), "ordering"),
            **dict.fromkeys(("as_markdown", "as_open311", "definition_in_open311"), "published_menu"),
        },
    )

__all__ = [
    "Coverage",
    "HIDDEN",
    "LeftOut",
    "Match",
    "Need",
    "Person",
    "PublicTable",
    "Synonyms",
    "administrators",
    "as_icalendar",
    "as_markdown",
    "as_open311",
    "close_place",
    "coverage",
    "definition_in_open311",
    "directories",
    "directory_of",
    "explained",
    "handlers",
    "known_places",
    "left_out",
    "match",
    "menu",
    "order",
    "plan",
    "public_places",
    "public_table",
    "responsible",
    "restated",
    "unknown_places",
]
