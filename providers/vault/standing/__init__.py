"""All that stands in a Vault, whoever made it: who can log in, tokens, leases, static secrets. Reads only."""
