"""Escalations in PostgreSQL: which role comes to more than its grants say."""
