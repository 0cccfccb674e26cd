"""The grid: its places, who is responsible where, rounds and what is found on them."""
