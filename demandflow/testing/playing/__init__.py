"""Playing histories on a real DemandFlow, beside the model."""
