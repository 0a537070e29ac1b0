"""What stands in a Vault, in the words of the specs."""
