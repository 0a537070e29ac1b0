"""Retiring a login role: looked at, locked, unlocked, dropped with what it owns given away."""
