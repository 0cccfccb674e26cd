"""The laws, and what they need to look ahead in a workflow."""
