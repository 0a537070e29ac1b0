"""Retiring an account's standing memberships: looked at, taken away and recorded, given back, given up."""
