"""All that can log in to a server, whoever made it, as facts. Reads only."""
