"""Tests of what a county asks beside its demands."""
