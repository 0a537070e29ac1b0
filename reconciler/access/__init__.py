"""The algebra of access: what one side allows and the other doesn't, each with a request as witness. No I/O."""

from reconciler.access.comparison import compared, summed
from reconciler.model.access import Comparison, Verdict, Witness

__all__ = ["Comparison", "Verdict", "Witness", "compared", "summed"]
