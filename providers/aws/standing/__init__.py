"""All that stands in an account, whoever made it: users, their keys and roles, as facts. Reads only."""
