"""In the engine, the state, and what the quickstart's three systems do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from providers.aws import role as aws_role
from providers.postgres import grant as postgres_grant
from providers.postgres.names import Ident
from providers.vault import acl_policy, entity, jwt_role
from reconciler.engine import apply as engine_apply
from reconciler.engine import graph, refresh, step
from reconciler.engine.graph import Phase
from reconciler.engine.step import StepRunner
from reconciler.model import Outcomes, Snapshot
from reconciler.state import local
from reconciler.workflow import applying, planning, recorder
from tests.faults.bugs.registry import bug, first
from tests.faults.gate import Deed


def _skipping(phase: Phase) -> None:
    done = step._call

    def call(system: Any, change: Any, which: Phase) -> None:
        if which is not phase:
            done(system, change, which)

    step._call = call
    step._read_back = lambda *_: (None, ())


@bug(by="lost")
def a_create_is_not_made() -> None:
    _skipping(Phase.CREATE)


@bug(by="lost")
def an_update_is_not_made() -> None:
    _skipping(Phase.UPDATE)


@bug(by="orphans")
def a_removal_is_not_made() -> None:
    _skipping(Phase.DELETE)


@bug(by="orphans")
def what_is_done_is_not_recorded() -> None:
    recorder.RunRecorder.ended = lambda *_: None  # type: ignore[method-assign]


@bug(by="orphans")
def what_is_removed_stays_recorded() -> None:
    whole = local.LocalStore.record

    def forgetful(self: Any, environment: str, outcomes: Outcomes, *arguments: Any, **more: Any) -> None:
        kept = replace(outcomes, gone=(), undone=(*outcomes.undone, *outcomes.gone))
        whole(self, environment, kept, *arguments, **more)

    local.LocalStore.record = forgetful  # type: ignore[method-assign]


@bug(by="lost")
def something_else_is_recorded() -> None:
    applied = recorder.applied_of

    def other(change: Any, native_id: str) -> Any:
        found = applied(change, native_id)
        if found is None:
            return None
        changed = dict.fromkeys(list(found.resource.attributes)[:1], "x")
        return replace(found, resource=replace(found.resource, attributes={**found.resource.attributes, **changed}))

    applying.applied_of = recorder.applied_of = other  # type: ignore[attr-defined]


@bug("POST|PUT|Create|Put|GRANT|CREATE", by="orphans")
def what_was_begun_is_never_settled() -> None:
    applying.is_settled = lambda *_: False


@bug(by="orphans")
def the_lock_is_kept() -> None:
    local.LocalStore.release = lambda *_, **__: None  # type: ignore[method-assign]


@bug("PUT|POST /v1/sys/policies", by="let_in")
def steps_go_in_no_order_between_who_and_what() -> None:
    graph.stages = lambda *_: {}


@bug("(POST|PUT) /v1/(auth/jwt-agents/role|sys/policies)", by="lied", deed=Deed.REFUSED)
def a_failure_counts_as_done() -> None:
    run = StepRunner.run

    def bold(self: Any, *arguments: Any) -> Any:
        try:
            return run(self, *arguments)
        except Exception:  # noqa: BLE001 - that is the bug
            return None

    StepRunner.run = bold  # type: ignore[method-assign]


@bug("GET /v1/sys/auth", by="lied", deed=Deed.REFUSED)
def a_system_that_can_not_be_read_is_empty() -> None:
    read = refresh._read

    def empty(system: Any, wanted: Any) -> Any:
        found = read(system, wanted)
        return found if isinstance(found, Snapshot) else Snapshot({})

    refresh._read = empty


@bug("sys/policies/acl/writ", by="let_in")
def a_policy_is_wide_for_a_moment() -> None:
    write = acl_policy.AclPolicy.write

    def wide(self: Any, client: Any, desired: Any, before: Any) -> None:
        write(self, client, desired, before)
        for text in ('path "kv/*" {\n capabilities = ["read"]\n}', desired.attributes["policy"]):
            client.post(f"sys/policies/acl/{desired.address.key}", {"policy": text})

    acl_policy.AclPolicy.write = wide  # type: ignore[method-assign]


@bug("POST /v1/auth/jwt-agents/role", by="let_in")
def a_login_is_open_to_all_for_a_moment() -> None:
    def unbound(client: Any, desired: Any, before: Any) -> None:
        mount, role = desired.address.key.rsplit("/", 1)
        body = {name: desired.attributes[name] for name in jwt_role.FIELDS if name != "bound_subject"}
        client.post(f"auth/{mount}/role/{role}", {**body, "bound_subject": ""})

    first(jwt_role.JwtRole, "write", unbound)


@bug("GRANT ALL", by="let_in")
def more_is_granted_first_and_taken_back() -> None:
    def generous(client: Any, desired: Any) -> None:
        key = postgres_grant._key(desired.address.key)
        if key.kind == "table":
            client.run("GRANT ALL ON TABLE public.refunds TO {role}", role=Ident.of(key.role))
            client.run("REVOKE ALL ON TABLE public.refunds FROM {role}", role=Ident.of(key.role))

    first(postgres_grant.GrantType, "create", generous)


@bug("UpdateAssumeRolePolicy", by="let_in")
def a_role_trusts_everybody_for_a_moment() -> None:
    make = aws_role.Role.make
    anybody = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}'
    )

    def open_first(self: Any, client: Any, desired: Any) -> None:
        make(self, client, desired)
        client.write("update_assume_role_policy", RoleName=desired.address.key, PolicyDocument=anybody)
        client.write(
            "update_assume_role_policy",
            RoleName=desired.address.key,
            PolicyDocument=desired.attributes["assume_role_policy"],
        )

    aws_role.Role.make = open_first  # type: ignore[method-assign]


@bug(by="orphans")
def destroy_leaves_entities_behind() -> None:
    entity.Entity.delete = lambda *_: None  # type: ignore[method-assign]
    entity.Entity.read = lambda *_: None  # type: ignore[method-assign]


@bug(by="lied")
def a_copy_is_left_somewhere() -> None:
    def copied(client: Any, desired: Any, before: Any) -> None:
        client.post("sys/policies/acl/writ-copy", {"policy": 'path "kv/*" {\n capabilities = ["read"]\n}'})

    first(entity.Entity, "write", copied)


@bug(by="lost")
def the_plan_says_nothing_is_to_be_done() -> None:
    planned = planning._changes
    planning._changes = lambda *found: ((), planned(*found)[1])


@bug(by="not_empty")
def only_the_first_steps_are_done() -> None:
    start = engine_apply._Walk._start

    def few(self: Any, pool: Any) -> None:
        if len(self._results) > 3:
            self._stopping = True
        start(self, pool)

    engine_apply._Walk._start = few  # type: ignore[method-assign]
