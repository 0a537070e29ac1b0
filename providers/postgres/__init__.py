"""PostgreSQL: a group role for each (agent, intent), with exactly its grants, and logins that join it for a while."""
