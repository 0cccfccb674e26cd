"""The engine once more, as plainly as a careful reader can check: what was accepted, and every answer read off it."""
