"""What stands in a directory, in the words of the specs."""
