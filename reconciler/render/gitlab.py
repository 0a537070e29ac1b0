"""GitLab's terraform report: ``artifacts:reports:terraform``, the counts in a merge request."""

from __future__ import annotations

from reconciler.model import Action, Plan


def gitlab_json(plan: Plan) -> dict[str, int]:
    """A replacement counts in create and in delete, as in GitLab's own recipe."""
    counts = plan.counts()
    return {
        "create": counts[Action.CREATE] + counts[Action.REPLACE],
        "update": counts[Action.UPDATE],
        "delete": counts[Action.DELETE] + counts[Action.REPLACE],
    }
