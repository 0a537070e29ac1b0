"""MariaDB: a role for each (agent, intent), with exactly its grants, and logins that get it for a while."""
