"""What stands in an account, in the words of the specs."""
