"""Retiring an AppRole or a user with a password: looked at, locked, unlocked, deleted."""
