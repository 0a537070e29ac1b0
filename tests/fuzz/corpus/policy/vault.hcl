path "kv/data/orders/*" {
  capabilities = ["read"]
}
path "kv/+/x" { capabilities = ["create", "update"] allowed_parameters = { "a" = ["b", "c*"] "*" = [] } min_wrapping_ttl = "1m" }
----
# a comment
path "kv/data/*" {
  capabilities = ["read", "list"]
  denied_parameters = { "a" = [] }
}
