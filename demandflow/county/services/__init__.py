"""The service menu and what is ordered from it: seen, ordered from, published."""

from demandflow.domain.county.services.items import MENU_ITEM, Drafted, Item, Published, Retired, Revised
from demandflow.domain.county.services.orders import ORDER, Ordered, order_loop

__all__ = [
    "Drafted",
    "Item",
    "MENU_ITEM",
    "ORDER",
    "Ordered",
    "Published",
    "Retired",
    "Revised",
    "order_loop",
]
