"""AWS IAM: OIDC providers, roles and inline policies of one account, under one path."""
