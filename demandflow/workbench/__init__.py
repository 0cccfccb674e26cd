"""The bench at which a workflow is drawn, compared with another, explored, and tried on what was recorded."""
