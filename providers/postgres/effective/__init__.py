"""What a role can do in a database by the catalogue, and what a change of the catalogue gains and loses."""

from providers.postgres.effective.catalogue import (
    AclItem,
    Catalogue,
    Column,
    DefaultAcl,
    Membership,
    ObjectAcl,
    Privilege,
    RoleFacts,
)
from providers.postgres.effective.compare import compare
from providers.postgres.effective.privileges import effective
from providers.postgres.effective.read import read_catalogue

__all__ = [
    "AclItem",
    "Catalogue",
    "Column",
    "DefaultAcl",
    "Membership",
    "ObjectAcl",
    "Privilege",
    "RoleFacts",
    "compare",
    "effective",
    "read_catalogue",
]
