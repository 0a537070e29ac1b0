"""What is there, what is recorded and who gets in, by servers, SQLite and real logins: none of the product's code.

A room for each kind of system.
"""

from __future__ import annotations

from tests.e2e.hands import Hands
from tests.faults.oracle import aws, ldap, mysql, postgres, vault
from tests.faults.oracle.facts import Facts
from tests.faults.oracle.probes import SESSION, Probes
from tests.faults.oracle.state import record

__all__ = ["SESSION", "Facts", "Probes", "reality", "record"]
_ROOMS = {"vault": vault.facts, "aws": aws.facts, "postgres": postgres.facts, "ldap": ldap.facts, "mysql": mysql.facts}


def reality(hands: Hands) -> Facts:
    """All objects of an example's servers that access hangs on, whoever made them."""
    return dict(sorted(one for kind in hands.ground.kinds for one in _ROOMS[kind](hands)))
