"""How others come to a system with what Amazon holds for it: steps that several kinds of systems have alike.

None is certain: nothing of a system says that a secret of it is stored there, or that it is an instance on RDS.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model import Kind, Meeting, Spot, Step


def by_stored_secrets(system: str) -> Step:
    """With what is stored in AWS."""
    note = f"if a secret of an administrator of {system} is stored there"
    administrator = Spot(Kind.ADMINISTRATOR, system)
    return Step((Spot.meeting(Meeting.STORED),), administrator, f"log in at {system} with it", certain=False, note=note)


def on_rds(system: str, minter: str) -> Iterator[Step]:
    """As the master user, or as the login that makes others. ``minter``: its name; empty where nobody names it."""
    note = f"if {system} is an instance there"
    administrator = Spot(Kind.ADMINISTRATOR, system)
    yield Step((Spot.meeting(Meeting.MASTER),), administrator, f"log in at {system} as it", certain=False, note=note)
    if minter:
        by_iam = f"{note}, and lets that user log in by IAM"
        spot = Spot(Kind.MINTER, system)
        who = Spot.meeting(Meeting.DATABASE_USER, minter)
        yield Step((who,), spot, f"log in at {system} as {minter}", certain=False, note=by_iam)
