"""A resident orders from the service menu; the menu is revised, and the order still says what the resident saw.

Usage: python examples/order_from_the_menu.py
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from demandflow import Actor, Channel, DemandFlow, Role
from demandflow.county import as_markdown, menu, order
from demandflow.county.services import MENU_ITEM, ORDER, Drafted, Item, Published, Revised
from demandflow.errors import InvalidValue
from demandflow.testing import FrozenClock

EDITOR, ANNA = Actor("Ma", "menu_editor"), Actor("Anna", Role.RESIDENT)
FORM = {
    "type": "object",
    "properties": {"steps": {"type": "integer", "minimum": 1, "title": "Steps at your door"}},
    "required": ["steps"],
    "additionalProperties": False,
}


def main() -> None:
    """Write the menu, order, revise it, and look at the order."""
    clock = FrozenClock()
    with DemandFlow.open("memory:", workflows=(ORDER, MENU_ITEM), clock=clock) as flow:
        said: dict[str, Any] = {"department": "persons_with_disabilities", "name": "A ramp for your door", "days": 20}
        drafted = Drafted(item="ramp", **said, form=FORM, steps=("You order.", "We measure.", "We build."))
        item = flow.start(drafted, of=Item, by=EDITOR).id
        flow.act(item, "publish", Published(), of=Item, by=EDITOR)
        print(as_markdown(menu(flow)))
        where: dict[str, Any] = {
            "resident": "Anna",
            "place": "fufeng/chengguan/c3/g12",
            "channel": Channel.WECHAT_GROUP,
        }
        try:
            order(flow, "ramp", {"steps": "three"}, **where, by=ANNA)
        except InvalidValue as wrong:
            print(f"Not ordered: {wrong}")
        ordered = order(flow, "ramp", {"steps": 3}, **where, by=ANNA)
        clock.now += timedelta(days=1)
        revised = Revised(**{**said, "name": "A ramp, or a rail"}, form=FORM)
        flow.act(item, "revise", revised, of=Item, by=EDITOR)
        flow.act(item, "publish", Published(), of=Item, by=EDITOR)
        for line in flow.history(ordered.id):
            print(line)
        print(f"On the menu now: {menu(flow)[0].name}, version {menu(flow)[0].number}")
        print(f"What Anna saw: {menu(flow, ordered.received)[0].name}, version {ordered.attributes['item_version']}")
        print(f"On the board: {flow.board(category='persons_with_disabilities').rows[0].own}")


if __name__ == "__main__":
    main()
