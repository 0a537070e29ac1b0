"""LDAP directories: time-boxed membership of agents' accounts in groups."""
