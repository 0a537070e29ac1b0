"""What somebody might do by hand in the AWS account."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.hands import ACCOUNT, ADMINISTRATOR, READER, SUBJECT, Hands
from tests.e2e.vandalism import Vandalism, changed, missing, undeclared

IAM_NAME = f"writ-{READER}"
IAM_ROLE = f'payments.aws_iam_role["{IAM_NAME}"]'
IAM_POLICY = f'payments.aws_iam_role_policy["{IAM_NAME}:orders.read"]'
PROVIDER_KEY = "oidc.example.com/cluster"
PROVIDER_ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{PROVIDER_KEY}"
PROVIDER = f'payments.aws_iam_openid_connect_provider["{PROVIDER_KEY}"]'
ANYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def widen_trust(hands: Hands) -> None:
    document: Any = hands.iam.get_role(RoleName=IAM_NAME)["Role"]["AssumeRolePolicyDocument"]
    condition = document["Statement"][0]["Condition"]["StringEquals"]
    condition[f"{PROVIDER_KEY}:sub"] = [SUBJECT, "system:serviceaccount:evil:bot"]
    hands.iam.update_assume_role_policy(RoleName=IAM_NAME, PolicyDocument=json.dumps(document))


def add_iam_role(hands: Hands) -> None:
    hands.iam.create_role(
        RoleName="rogue", Path="/writ/", AssumeRolePolicyDocument=ANYTHING.replace('"Resource"', '"Sid"')
    )
    hands.iam.attach_role_policy(RoleName="rogue", PolicyArn=ADMINISTRATOR)


def lengthen_sessions(hands: Hands) -> None:
    # moto empties a description that isn't given; AWS keeps it.
    description = hands.iam.get_role(RoleName=IAM_NAME)["Role"]["Description"]
    hands.iam.update_role(RoleName=IAM_NAME, MaxSessionDuration=43200, Description=description)


def add_to_profile(hands: Hands) -> None:
    hands.iam.create_instance_profile(InstanceProfileName="machines")
    hands.iam.add_role_to_instance_profile(InstanceProfileName="machines", RoleName=IAM_NAME)


def delete_iam_role(hands: Hands) -> None:
    hands.iam.delete_role_policy(RoleName=IAM_NAME, PolicyName="orders.read")
    hands.iam.delete_role(RoleName=IAM_NAME)


def untag_issuer(hands: Hands) -> None:
    keys = [tag["Key"] for tag in hands.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER_ARN)["Tags"]]
    hands.iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER_ARN, TagKeys=keys)


def make_issuer_anew(hands: Hands) -> None:
    hands.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER_ARN)
    hands.iam.create_open_id_connect_provider(Url=f"https://{PROVIDER_KEY}", ClientIDList=["evil"])


AWS = (
    Vandalism(
        "policy-attached",
        lambda h: h.iam.attach_role_policy(RoleName=IAM_NAME, PolicyArn=ADMINISTRATOR),
        (undeclared(f'payments.aws_iam_role_policy_attachment["{IAM_NAME}/{ADMINISTRATOR}"]'),),
    ),
    Vandalism(
        "inline-policy-added",
        lambda h: h.iam.put_role_policy(RoleName=IAM_NAME, PolicyName="rogue", PolicyDocument=ANYTHING),
        (undeclared(f'payments.aws_iam_role_policy["{IAM_NAME}:rogue"]'),),
    ),
    Vandalism(
        "inline-policy-widened",
        lambda h: h.iam.put_role_policy(RoleName=IAM_NAME, PolicyName="orders.read", PolicyDocument=ANYTHING),
        (changed(IAM_POLICY, "policy"),),
    ),
    Vandalism("trust-widened", widen_trust, (changed(IAM_ROLE, "assume_role_policy"),)),
    Vandalism(
        "role-added",
        add_iam_role,
        (
            undeclared('payments.aws_iam_role["rogue"]'),
            undeclared(f'payments.aws_iam_role_policy_attachment["rogue/{ADMINISTRATOR}"]'),
        ),
    ),
    Vandalism(
        "boundary-set",
        lambda h: h.iam.put_role_permissions_boundary(RoleName=IAM_NAME, PermissionsBoundary=ADMINISTRATOR),
        (changed(IAM_ROLE, "permissions_boundary"),),
    ),
    Vandalism(
        "owner-changed",
        lambda h: h.iam.tag_role(RoleName=IAM_NAME, Tags=[{"Key": "writ:owner", "Value": "evil@example.com"}]),
        (changed(IAM_ROLE, "tags"),),
    ),
    Vandalism(
        "marker-removed",
        lambda h: h.iam.untag_role(RoleName=IAM_NAME, TagKeys=["managed-by"]),
        (changed(IAM_ROLE, "tags"),),
    ),
    Vandalism(
        "sessions-for-longer",
        lengthen_sessions,
        (changed(IAM_ROLE, "max_session_duration"),),
    ),
    Vandalism(
        "role-in-an-instance-profile",
        add_to_profile,
        (undeclared(f'payments.aws_iam_instance_profile_role["machines/{IAM_NAME}"]'),),
        lambda h: h.iam.delete_instance_profile(InstanceProfileName="machines"),
    ),
    Vandalism(
        "inline-policy-deleted",
        lambda h: h.iam.delete_role_policy(RoleName=IAM_NAME, PolicyName="orders.read"),
        (missing(IAM_POLICY),),
    ),
    Vandalism("role-deleted", delete_iam_role, (missing(IAM_ROLE), missing(IAM_POLICY))),
    Vandalism(
        "issuer-deleted",
        lambda h: h.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER_ARN),
        (missing(PROVIDER),),
    ),
    Vandalism(
        "issuer-for-another-audience",
        lambda h: h.iam.add_client_id_to_open_id_connect_provider(
            OpenIDConnectProviderArn=PROVIDER_ARN, ClientID="evil"
        ),
        (changed(PROVIDER, "client_id_list"),),
    ),
    Vandalism("issuer-untagged", untag_issuer, (changed(PROVIDER, "tags"),)),
    Vandalism("issuer-made-anew", make_issuer_anew, (changed(PROVIDER, "client_id_list", "tags", "thumbprint_list"),)),
    Vandalism(
        "issuer-behind-another-ca",
        lambda h: h.iam.update_open_id_connect_provider_thumbprint(
            OpenIDConnectProviderArn=PROVIDER_ARN, ThumbprintList=["a" * 40]
        ),
        (changed(PROVIDER, "thumbprint_list"),),
    ),
)
