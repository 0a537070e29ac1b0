"""Forms of access that are wide."""

from __future__ import annotations

import pytest

from providers.aws.access import AwsAccess
from providers.aws.widths import wide


@pytest.mark.parametrize(
    ("resource", "every"),
    [
        ("*", True),
        ("arn:aws:s3:::*", True),
        ("arn:aws:s3:::*/*", True),
        ("arn:aws:dynamodb:*:*:*", True),
        ("arn:aws:s3:::orders-*", False),
        ("arn:aws:s3:::orders/*", False),
        ("arn:aws:dynamodb:eu-central-1:111122223333:table/*", False),
        ("arn:aws:sqs:eu-central-1:111122223333:?", False),
        ("arn:aws:s3:::orders", False),
    ],
)
def test_every_resource(resource: str, every: bool) -> None:
    access = AwsAccess.model_validate({"statements": [{"actions": ["s3:GetObject"], "resources": [resource]}]})
    assert ("every-resource" in {one.width for one in wide(access)}) is every
