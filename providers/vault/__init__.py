"""HashiCorp Vault and OpenBao: JWT roles, ACL policies, identity, dynamic database credentials."""
