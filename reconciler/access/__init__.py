"""The algebra of access: what one side allows and the other doesn't, each with a request as witness. No I/O."""

from reconciler.access.comparison import Comparison, Verdict, Witness, compared

__all__ = ["Comparison", "Verdict", "Witness", "compared"]
