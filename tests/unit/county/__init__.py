"""The whole county."""
