"""All that can log in to a cluster, whoever made it, as facts. Reads only."""
