"""Tables for everybody to see."""
