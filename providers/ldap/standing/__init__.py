"""Accounts that hold something in a directory, whoever put them there, as facts. Reads only."""
