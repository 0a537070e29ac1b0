"""Writ's engine: specs compiled to resources, planned against the live systems, and converged."""
