"""The catalogue: which actions together give more than they say.

After the constants of cloudsplaining (Salesforce), which follow Rhino Security Labs' list, and the edges of PMapper
(NCC Group); pathfinding.cloud describes each with commands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from reconciler.model import Rule

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


def _entry(
    id: str, ways: tuple[tuple[tuple[str, ...], ...], ...], gives: str, source: str, note: str, *, own: bool = False
) -> Actions:
    needs = ", or ".join(" + ".join(" or ".join(part) for part in way) for way in ways)
    return Actions(Rule(id, needs, gives, source), ways, note, own)


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
CATALOGUE: Mapping[str, Actions] = MappingProxyType({one.rule.id: one for one in _CATALOGUE})
RULES: Mapping[str, Rule] = MappingProxyType({one.rule.id: one.rule for one in _CATALOGUE})
