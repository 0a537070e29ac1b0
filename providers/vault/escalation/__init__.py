"""Escalations in Vault and OpenBao: which login comes to more than its policies say."""
