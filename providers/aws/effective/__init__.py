"""What IAM policies come to: compared before and after, with requests as witnesses. No I/O but the catalogue's file."""

from providers.aws.effective.compare import compare, compare_trust, reaches
from providers.aws.effective.document import DocumentError, Policy
from providers.aws.effective.evaluator import Principal, Request, allowed, trusted

__all__ = [
    "DocumentError",
    "Policy",
    "Principal",
    "Request",
    "allowed",
    "compare",
    "compare_trust",
    "reaches",
    "trusted",
]
