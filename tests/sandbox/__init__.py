"""Tests of reconciler.sandbox."""
