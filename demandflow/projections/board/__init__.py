"""The board: one row per demand, found by index, page by page."""
