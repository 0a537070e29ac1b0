"""What a token's whole set of ACL policies allows, and what a change of it gains and loses. No I/O."""

from providers.vault.effective.compare import compare, reaches
from providers.vault.effective.evaluate import allowed
from providers.vault.effective.parse import parse
from providers.vault.effective.values import Policy, PolicyError, Request, Rule, Server, Undecided

__all__ = ["Policy", "PolicyError", "Request", "Rule", "Server", "Undecided", "allowed", "compare", "parse", "reaches"]
