"""What somebody might do by hand to the quickstart's systems, by name."""

from __future__ import annotations

from tests.e2e.vandalisms_aws import AWS
from tests.e2e.vandalisms_postgres import POSTGRES
from tests.e2e.vandalisms_vault import VAULT

ALL = {
    **{f"vault-{one.name}": one for one in VAULT},
    **{f"aws-{one.name}": one for one in AWS},
    **{f"postgres-{one.name}": one for one in POSTGRES},
}
