"""The LDAP provider."""
