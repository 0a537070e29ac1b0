"""What stands in a server, in the words of the specs."""
