"""Retiring an IAM user: looked at, locked, unlocked, deleted with its keys."""
