"""What a provider implements. The engine calls it; a provider never decides a change."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import ClassVar, Generic, TypeVar

from reconciler.model import (
    AccessChange,
    Address,
    Answer,
    Aspect,
    Comparison,
    Detour,
    Explanation,
    Importable,
    Limit,
    Reach,
    Resource,
    Retirable,
    Rule,
    Snapshot,
    Standing,
    Step,
    Unseen,
    Verdict,
    Worlds,
)
from reconciler.provider.asking import Asking
from reconciler.provider.demand import Claim, Demand, LoginTarget, Lowering, Pair, Scope, Wide
from reconciler.provider.errors import Rejected
from reconciler.provider.local import LocalServer
from reconciler.provider.policies import PolicyFiles
from reconciler.provider.resource_type import ResourceType
from reconciler.provider.retiring import AgentSession, Minted, Retiring, Unfit
from reconciler.provider.rights import NOTHING_BEYOND, Beyond, Rights
from specs.base import SpecModel

S = TypeVar("S", bound=SpecModel)
A = TypeVar("A", bound=SpecModel)
N = TypeVar("N", bound=SpecModel)
K = TypeVar("K", bound=SpecModel)
C = TypeVar("C")


class Provider(ABC, Generic[S, A, N, K, C]):
    """One kind of system.

    Importing a provider's module imports no SDK: the client does that, when it connects.
    """

    name: ClassVar[str]
    settings_model: ClassVar[type[SpecModel]]
    """S: ``Environment.spec.systems.<name>`` without ``provider``: the declared scope."""
    access_model: ClassVar[type[SpecModel]]
    """A: an item of ``Intent.spec.access`` without ``system``."""
    never_model: ClassVar[type[SpecModel]]
    """N: an item of ``Guardrail.spec.never`` without ``system``."""
    connection_model: ClassVar[type[SpecModel]]
    """K: a system's block in the connections file. All fields optional: the tools' own environment fills in."""
    login_options_model: ClassVar[type[SpecModel] | None] = None
    """What another system's ``credentials`` may say besides ``system``; None if this one can't mint logins."""
    widths: ClassVar[Mapping[str, str]] = {}
    """Forms of access that a guardrail can forbid altogether: name → what it is, for people."""
    rules: ClassVar[Mapping[str, Rule]] = {}
    """The catalogue of escalations that ``steps`` looks for, by id: docs/escalation.md tells of each."""
    names_model: ClassVar[type[SpecModel] | None] = None
    """What an agent's intent may say under ``names`` of a system of this kind: how its objects are called there,
    instead of the names that are derived. None: they can't have others."""
    needs_audience: ClassVar[bool] = True
    """Whether agents prove themselves here with their own tokens, so that their issuer needs an audience."""
    principals: ClassVar[frozenset[str]] = frozenset()
    """Types of the objects that stand for a principal: whoever uses a pair's access does it as one of these."""
    named: ClassVar[frozenset[str]] = frozenset()
    """Types in Snapshot.observed that are looked at only while an object of ours names them: that one comes in or
    leaves says nothing, for then it is ours that changed."""
    retires: ClassVar[str] = ""
    """The resource type of a standing principal that is to go, by its name; empty where none can be retired here.

    Its ``update`` makes ``Retirable.locked`` of what was found, and what was recorded of that again; its ``delete``
    gives away what the principal owns and removes it. Both refuse (Conflict) where somebody works with it, or another
    principal has its name now.
    """
    by_password: ClassVar[bool] = False
    """Whether agents log in here with the password of an account of their own: ``present`` is given that."""
    unique_places: ClassVar[bool] = False
    """Whether ``place`` names one system in the world, as an account's number does and a database's name doesn't."""
    write_concurrency: ClassVar[int] = 4
    """How many writes at once; 1 where writes to one catalogue collide."""

    @property
    @abstractmethod
    def types(self) -> Mapping[str, ResourceType[C]]:
        """Resource types by name."""

    def login_target(self, settings: S) -> LoginTarget | None:  # noqa: ARG002
        """The system that mints logins for this one, if the settings name one."""
        return None

    def place(self, settings: S) -> str:  # noqa: ARG002
        """Which system the settings mean, where they say so (an account, a database); empty where they don't.

        What was recorded in one place isn't in another; and what a guardrail says of one system holds for every other
        of the environment in the same place. An empty text may be any place.
        """
        return ""

    def claims(self, settings: S) -> Iterable[Claim]:  # noqa: ARG002
        """What the settings make Writ's alone. Two systems that may be one place can't claim the same."""
        return ()

    @abstractmethod
    def lower(self, scope: Scope[S], demand: Demand[A]) -> Lowering:
        """Compile what the specs ask of this system into native objects. No I/O."""

    @abstractmethod
    def overlap(self, access: A, never: N) -> str | None:
        """A concrete request that both describe, as text for people; None only if there can't be one.

        Sound: what can't be decided counts as an overlap.
        """

    def load(self) -> None:
        """Import the SDK. Called before any ``connect``, one provider after the other: imports at once collide."""

    @abstractmethod
    def connect(self, scope: Scope[S], connection: K, environ: Mapping[str, str]) -> C:
        """Log in, and verify that this is the system that the specs mean, before anything else."""

    @abstractmethod
    def identity(self, client: C) -> str:
        """Who we are there."""

    @abstractmethod
    def read(self, client: C, scope: Scope[S], wanted: Collection[Address]) -> Snapshot:
        """The whole scope in bulk, and the wanted addresses wherever they are.

        ``wanted`` holds the desired and the recorded addresses of this system. An error means 'unknown',
        so anything that couldn't be read raises; what isn't in the snapshot is not there. What is ``observed`` hangs on
        the scope and ``wanted`` alone, and is the same as long as nothing changes: sorted, without times.
        """

    def access_changes(self, scope: Scope[S], worlds: Worlds) -> Iterable[AccessChange]:  # noqa: ARG002
        """What the change from one world to the other does to each principal that it touches. No I/O.

        Sound: never EQUAL or NARROWS where something new is allowed. A principal that isn't told of isn't touched.
        Composed: every object that bears on the principal counts, not only those that differ. What is observed is among
        the objects: where it is touched, so is every principal that it bears on.
        """
        # A provider that can't tell must not be taken for one that saw nothing.
        cannot = Comparison(Verdict.UNKNOWN, notes=(f"the provider {self.name} doesn't compare access",))
        return [AccessChange(address, Aspect.REACH, cannot) for address in sorted(worlds.touched)]

    def reaches(
        self,
        scope: Scope[S],  # noqa: ARG002
        objects: Mapping[Address, Resource],  # noqa: ARG002
        never: N,  # noqa: ARG002
        surroundings: object = None,  # noqa: ARG002
    ) -> Iterable[Reach] | None:
        """Each principal among the objects that may make a request that ``never`` describes, with such a request.

        No I/O. Composed: every object that bears on the principal counts. Sound: what can't be decided is reached, by
        a witness that isn't certain. ``surroundings`` is Snapshot.surroundings, None for objects that are only wanted.
        None: the provider can't tell from objects, and ``overlap`` decides on what is declared.
        """
        return None

    def steps(
        self,
        scope: Scope[S],  # noqa: ARG002
        objects: Mapping[Address, Resource],  # noqa: ARG002
        surroundings: object = None,  # noqa: ARG002
    ) -> Iterable[Step]:
        """How whoever is a principal here, or holds what another system gives, comes to more. No I/O.

        Composed, as ``reaches``. Sound: a step that is certain can be taken, and with every other it is said on what it
        hangs. Work and steps grow with the objects, not with their pairs. What a principal may do that leads nowhere
        further is no step.
        """
        return ()

    def detours(
        self,
        scope: Scope[S],  # noqa: ARG002
        objects: Mapping[Address, Resource],  # noqa: ARG002
        never: N,  # noqa: ARG002
        surroundings: object = None,  # noqa: ARG002
    ) -> Iterable[Detour]:
        """Principals that one rule of ``rules`` brings to just what ``never`` describes, and not to a whole principal.

        No I/O. As sound as ``steps``.
        """
        return ()

    def wide(self, access: A) -> Iterable[Wide]:  # noqa: ARG002
        """What of an access is as wide as one of ``widths`` names."""
        return ()

    def ttl(
        self,
        scope: Scope[S],  # noqa: ARG002
        pair: Pair,  # noqa: ARG002
        objects: Mapping[Address, Resource],  # noqa: ARG002
    ) -> Limit | None:
        """What this system can enforce of a pair's TTL, by the pair's wanted objects; None: no credential is had here.

        Honest: where somebody could use a credential for longer than declared, it says for how long and why.
        """
        return None

    def explain(self, scope: Scope[S], asking: Asking) -> Explanation:  # noqa: ARG002
        """Whether a principal may do something, and which statement says so. No I/O. Raises RequestError.

        Sound: NO only where nothing allows it, or something denies it, for certain.
        """
        return Explanation(Answer.UNKNOWN, notes=(f"the provider {self.name} doesn't explain access",))

    def rights(
        self,
        scope: Scope[S],  # noqa: ARG002
        *,
        writing: bool,  # noqa: ARG002
        beyond: Beyond = NOTHING_BEYOND,  # noqa: ARG002
    ) -> Rights | None:
        """The least privilege with which `plan` and `drift` (or, ``writing``, `apply` and `destroy`) work on the scope.

        And on what the specs name beyond it.

        None where the provider doesn't declare it. No I/O.
        """
        return None

    def inventory(self, client: C, scope: Scope[S]) -> Iterable[Standing | Unseen] | None:  # noqa: ARG002
        """Everybody and everything that stands in the system, in the scope and outside of it. Reads only.

        One after the other, page by page: no more of the replies is kept than a page. Facts, no judgement; no secret,
        and of what is stored never the content. What may not be read is an Unseen, and the rest goes on; raises where
        the system can't be read. None: the provider doesn't tell.
        """
        return None

    def covering(
        self,
        scope: Scope[S],  # noqa: ARG002
        objects: Mapping[Address, Resource],  # noqa: ARG002
    ) -> Callable[[object], Iterable[Address]]:
        """Asked of an access (Standing.access): the principals among wanted objects that may do all that it allows.

        No I/O. Sound: none where it can't be decided, and none for an access that allows nothing.
        """
        return lambda _access: ()

    def inventory_rights(self, scope: Scope[S]) -> Rights | None:  # noqa: ARG002
        """The least privilege with which ``inventory`` sees everything. None where it isn't declared. No I/O."""
        return None

    def unfit(self, scope: Scope[S], retiring: Retiring) -> Iterable[Unfit]:  # noqa: ARG002
        """Why the specs alone forbid that it is retired (it is Writ's own, or a login that they name). No I/O."""
        return ()

    def retirables(
        self,
        client: C,  # noqa: ARG002
        scope: Scope[S],  # noqa: ARG002
        wanted: Collection[Retiring],  # noqa: ARG002
    ) -> Mapping[str, Retirable]:
        """These principals as they are now, by name; without those that aren't there. Reads only."""
        return {}

    def present(
        self,
        scope: Scope[S],  # noqa: ARG002
        connection: K,  # noqa: ARG002
        environ: Mapping[str, str],  # noqa: ARG002
        pair: Pair,
        token: str,  # noqa: ARG002
    ) -> AgentSession:
        """Log in as the pair's agent does, with its workload token (or password) alone. Raises ProviderError."""
        message = f"the provider {self.name} can't log in as {pair.agent.name}"
        raise Rejected(message, help="name a pair whose login is made elsewhere")

    def enter(
        self,
        scope: Scope[S],  # noqa: ARG002
        connection: K,  # noqa: ARG002
        environ: Mapping[str, str],  # noqa: ARG002
        pair: Pair,
        minted: Minted,  # noqa: ARG002
    ) -> str:
        """Log in with what another system minted for the pair, make sure that it is that, and log out.

        What was seen, for people; no secret. Raises ProviderError.
        """
        raise Rejected(f"the provider {self.name} takes no minted login of {pair.agent.name}")

    def importable(self, client: C, scope: Scope[S]) -> Iterable[Importable | Unseen] | None:  # noqa: ARG002
        """Every principal of the system, in the scope and outside of it, in the words of the specs. Reads only.

        Nothing is dropped: what the specs can't say of one is among its ``lacking``. No secret. What may not be read is
        an Unseen, and the rest goes on; raises where the system can't be read. None: the provider can't tell.
        """
        return None

    def accepting(self, settings: Mapping[str, object], issuer: str, place: str) -> Mapping[str, object] | None:  # noqa: ARG002
        """A system's settings, as written, with an issuer that somebody else keeps there (Vouched.place): unchanged
        where they say so already, None where they say that it stands elsewhere.
        """
        return settings

    def close(self, client: C) -> None:
        """Log out and free connections."""

    def policy_files(self) -> PolicyFiles | None:
        """How policy files of this kind are compared by themselves, where they can be."""
        return None

    def local_server(self) -> LocalServer | None:
        """A server on loopback for the sandbox and the tests, where one can be installed as a package."""
        return None
