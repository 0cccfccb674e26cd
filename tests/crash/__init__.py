"""What is left after processes were killed: everything that was acknowledged, once."""
