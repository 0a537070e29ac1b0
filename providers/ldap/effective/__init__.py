"""What an account comes to by its groups, and by the groups that these are in."""
