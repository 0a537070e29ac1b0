"""The catalogue: which actions together give more than they say.

After the constants of cloudsplaining (Salesforce), which follow Rhino Security Labs' list, and the edges of PMapper
(NCC Group); pathfinding.cloud describes each with commands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from reconciler.model import Meeting, Rule

_RHINO = "cloudsplaining; Rhino Security Labs, AWS IAM Privilege Escalation"
_MAPPER = "PMapper"
_BOTH = f"{_RHINO}; {_MAPPER}"
_PASS = "iam:PassRole"  # noqa: S105 - an action
_PASSED = "if a role that it can pass may do more, and trusts the service"


@dataclass(frozen=True, slots=True)
class Actions:
    """One entry: of an alternative every part is needed, of a part one action."""

    rule: Rule
    ways: tuple[tuple[tuple[str, ...], ...], ...]
    note: str
    """On what it hangs."""
    own: bool = False
    """Certain where it may be done to the role itself, and no boundary holds it."""
    on: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By a part's first action, of what it must be possible (places.py). Else anything will do."""
    meeting: Meeting | None = None
    """What it gives in other systems; None: administrator of the account, perhaps."""


def _entry(
    id: str,
    ways: tuple[tuple[tuple[str, ...], ...], ...],
    gives: str,
    source: str,
    note: str,
    *,
    own: bool = False,
    on: Mapping[str, tuple[str, ...]] | None = None,
    meeting: Meeting | None = None,
) -> Actions:
    def told(part: tuple[str, ...]) -> str:
        where = (on or {}).get(part[0])
        return " or ".join(part) + (f" on {' and '.join(where)}" if where else "")

    needs = ", or ".join(" + ".join(map(told, way)) for way in ways)
    return Actions(Rule(id, needs, gives, source), ways, note, own, on or {}, meeting)


def _iam(*names: str) -> tuple[str, ...]:
    return tuple(f"iam:{name}" for name in names)


_OTHER = "the access of the user, group or role that it is done to"
_PASSING = "the access of a role that is passed"
_STRONGER = "if a user, group or role that it can be done to may do more, and can be used"
_CATALOGUE = (
    _entry(
        "A1",
        ((_iam("CreatePolicyVersion", "SetDefaultPolicyVersion"),),),
        "whatever the policy then says, for all that have it",
        _RHINO,
        "if what has such a policy can be used",
        own=True,
    ),
    _entry(
        "A2",
        ((_iam("AttachRolePolicy", "AttachUserPolicy", "AttachGroupPolicy"),),),
        _OTHER,
        _BOTH,
        _STRONGER,
        own=True,
    ),
    _entry("A3", ((_iam("PutRolePolicy", "PutUserPolicy", "PutGroupPolicy"),),), _OTHER, _BOTH, _STRONGER, own=True),
    _entry("A4", ((_iam("CreateAccessKey"),),), _OTHER, _BOTH, _STRONGER),
    _entry("A5", ((_iam("CreateLoginProfile", "UpdateLoginProfile"),),), _OTHER, _BOTH, _STRONGER),
    _entry("A6", ((_iam("AddUserToGroup"),),), "the group's access", _RHINO, "if it can use a user"),
    _entry("A7", ((_iam("UpdateAssumeRolePolicy"),),), _OTHER, _BOTH, _STRONGER),
    _entry("A8", (((_PASS,), ("ec2:RunInstances",)),), _PASSING, _BOTH, _PASSED),
    _entry(
        "A9",
        (
            (
                (_PASS,),
                ("lambda:CreateFunction",),
                ("lambda:InvokeFunction", "lambda:CreateEventSourceMapping", "lambda:AddPermission"),
            ),
        ),
        _PASSING,
        _RHINO,
        _PASSED,
    ),
    _entry("A10", ((("lambda:UpdateFunctionCode",),),), "the function's role", _BOTH, "if that role may do more"),
    _entry(
        "A11",
        (
            ((_PASS,), ("cloudformation:CreateStack",)),
            ((_PASS,), ("cloudformation:CreateChangeSet",), ("cloudformation:ExecuteChangeSet",)),
        ),
        _PASSING,
        _BOTH,
        _PASSED,
    ),
    _entry(
        "A12",
        (
            (
                (_PASS,),
                (
                    *("glue:CreateDevEndpoint", "datapipeline:CreatePipeline", "sagemaker:CreateNotebookInstance"),
                    *("codebuild:CreateProject", "ecs:RunTask", "apprunner:CreateService"),
                ),
            ),
        ),
        _PASSING,
        _RHINO,
        _PASSED,
    ),
    _entry(
        "A13",
        ((("ssm:SendCommand", "ssm:StartSession"),),),
        "the role of an instance",
        _MAPPER,
        "if the instance has a role that may do more",
    ),
    _entry(
        "A14",
        (
            (
                (_PASS,),
                ("autoscaling:CreateLaunchConfiguration",),
                ("autoscaling:CreateAutoScalingGroup", "autoscaling:UpdateAutoScalingGroup"),
            ),
        ),
        _PASSING,
        _MAPPER,
        _PASSED,
    ),
)
_ELSEWHERE = (
    _entry(
        "X3",
        (
            (("secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue"),),
            (("ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:GetParameterHistory"),),
            (("s3:GetObject", "s3:GetObjectVersion"),),
        ),
        "what is stored there: tokens, passwords, Terraform's state",
        "Terraform's documentation: Sensitive Data in State; AWS's of Secrets Manager and Parameter Store",
        "",
        on={
            "secretsmanager:GetSecretValue": ("any secret",),
            "ssm:GetParameter": ("any parameter",),
            "s3:GetObject": ("any object",),
        },
        meeting=Meeting.STORED,
    ),
    _entry(
        "X4",
        ((("rds-db:connect",),), (("rds:ModifyDBInstance", "rds:ModifyDBCluster"),)),
        "a user of a database on RDS, or its master user",
        "AWS's documentation of RDS: IAM database authentication; ModifyDBInstance, MasterUserPassword",
        "",
        on={"rds-db:connect": ("any user",)},
        meeting=Meeting.MASTER,
    ),
    _entry(
        "X5",
        (
            (("kms:Decrypt",), ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan")),
            (("kms:Decrypt",), ("s3:GetObject",)),
        ),
        "the root key of a Vault that this key unseals",
        "Vault's documentation: AWS KMS seal; storage",
        "",
        on={"kms:Decrypt": ("any key",), "dynamodb:GetItem": ("any table",), "s3:GetObject": ("any object",)},
        meeting=Meeting.UNSEAL,
    ),
)
DATABASE_USER = "rds-db:connect"
"""X4 where it names users, each of whom may be one that another system knows."""
STORES = Rule(
    "K1",
    "write the policy of a store: s3:PutBucketPolicy, kms:PutKeyPolicy, secretsmanager:PutResourcePolicy and the like",
    "the data in it",
    "Datadog, def-000-0wh; IAM's documentation: Identity-based policies and resource-based policies",
)
TRUSTS = Rule(
    "O1",
    "a token that a role's trust takes, of another workload: its sub is none, a pattern, or not only its own's",
    "that role",
    "IAM's documentation: Create a role for OpenID Connect federation; reports of UNC6426",
)
_EVERY = (*_CATALOGUE, *_ELSEWHERE)
CATALOGUE: Mapping[str, Actions] = MappingProxyType({one.rule.id: one for one in _EVERY})
RULES: Mapping[str, Rule] = MappingProxyType(
    {**{one.rule.id: one.rule for one in _EVERY}, STORES.id: STORES, TRUSTS.id: TRUSTS}
)
