"""Retiring a user of MariaDB: looked at, locked, unlocked, dropped."""
