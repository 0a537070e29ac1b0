"""What stands in a database, in the words of the specs."""
