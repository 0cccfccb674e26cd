"""Writes a new golden file for what is stored otherwise than before; none that is there is written again."""

from tests.unit.store.shapes.shapes import main

print(main())
