"""Fixtures for all tests."""

from __future__ import annotations

from tests.servers import estate, world, worlds

__all__ = ["estate", "world", "worlds"]
