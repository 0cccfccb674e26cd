"""Figures: what they mean, and how they are asked of the tables."""
