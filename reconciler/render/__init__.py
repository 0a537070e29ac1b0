"""The model as text for people and JSON for machines. Decides nothing."""
