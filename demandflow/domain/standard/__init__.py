"""The workflow that ships with demandflow, and its clocks."""
