"""What a change of a token's policies gains and loses, and whether policies reach what a guardrail forbids.

Every kind of path is decided by the server's algorithm on both sides; see atoms. What hangs on a template, an expiry
or a condition that isn't modelled gives witnesses that aren't certain. Every certain witness is put to recheck before
it is told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from providers.vault.effective import recheck
from providers.vault.effective.atoms import TooManyKinds, atoms
from providers.vault.effective.decide import Difference, Sides
from providers.vault.effective.evaluate import Acl, acl
from providers.vault.effective.paths import spec
from providers.vault.effective.strings import Exhausted
from providers.vault.effective.values import CAPABILITIES, LISTING, Policy, Server
from reconciler.access import Comparison, Verdict, Witness, compared

MOST_WITNESSES = 20
_BOTH = (Server.OPENBAO, Server.VAULT)
_EVERYTHING = "every request"


def compare(old: Sequence[Policy], new: Sequence[Policy], *, servers: Sequence[Server] = _BOTH) -> Comparison:
    """New access against old, of a token with all of these policies.

    ``servers``: whose LIST is meant; a gain on one of several isn't certain. Of each capability and pair of deciding
    rules, the shortest path is told.
    """
    before, after = acl(old), acl(new)
    if before == after:
        return compared((), ())
    if before.root or after.root:
        return _with_root(before, after)
    gains, losses = _Found(old, new, servers), _Found(new, old, servers)
    undecided = False
    forward, backward = Sides.of(before, after), Sides.of(after, before)
    try:
        for atom in atoms(forward.specs):
            gains.add(forward.differences(atom, servers))
            losses.add(backward.differences(atom, servers))
    except (TooManyKinds, Exhausted):
        gains.notes["too much to look at in full"] = None
        undecided = True
    undecided = undecided or gains.contradicted or losses.contradicted
    gained, lost = gains.witnesses(), losses.witnesses()
    notes = dict.fromkeys([*gains.notes, *losses.notes, *_ambiguous(before), *_ambiguous(after)])
    return compared(gained, lost, tuple(notes), undecided=undecided)


def _with_root(before: Acl, after: Acl) -> Comparison:
    everything = Witness(_EVERYTHING, note="policy root")
    if before.root and after.root:
        return Comparison(Verdict.UNKNOWN, notes=("root beside other policies: the server takes neither",))
    if after.root:
        return compared((everything,), ())
    return compared((), (everything,))


def _ambiguous(held: Acl) -> Iterator[str]:
    found = (*held.exact.items(), *((path.text, perms) for path, perms in held.patterns.items()))
    for path, perms in found:
        if perms.ambiguous:
            yield f"error: rules for {path} disagree on their control group, and servers on which of them holds"


@dataclass(slots=True)
class _Found:
    """The differences in one direction."""

    old: Sequence[Policy]
    new: Sequence[Policy]
    servers: Sequence[Server]
    told: dict[tuple[str, str, str, bool], Witness] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    contradicted: bool = False

    def add(self, differences: Iterator[Difference]) -> None:
        for one in differences:
            key = (one.capability, one.by, one.instead, one.certain)
            known = key in self.told or (one.odd and (*key[:3], True) in self.told)
            if not known and self._holds(one):
                self.told[key] = one.witness

    def _holds(self, one: Difference) -> bool:
        if not one.certain or self._confirmed(one):
            return True
        self.contradicted = True
        self.notes[f"internal error: two evaluators disagree on {one.capability} {one.path}"] = None
        return False

    def _confirmed(self, one: Difference) -> bool:
        request = one.context.request(one.capability, one.path)
        try:
            return all(
                recheck.permits(self.new, request, slash_first=server is Server.OPENBAO)
                and not recheck.permits(self.old, request, slash_first=server is Server.OPENBAO)
                for server in self.servers
            )
        except recheck.NotPlain:
            return False

    def witnesses(self) -> tuple[Witness, ...]:
        """Certain ones first, then by capability; the rest is counted."""
        order = sorted(
            self.told.items(), key=lambda item: (not item[0][3], CAPABILITIES.index(item[0][0]), len(item[1].request))
        )
        found = tuple(dict.fromkeys(witness for _, witness in order))
        if len(found) > MOST_WITNESSES:
            self.notes[f"{len(found) - MOST_WITNESSES} more differences aren't listed"] = None
        return found[:MOST_WITNESSES]


def reaches(
    policies: Sequence[Policy],
    path_pattern: str,
    capabilities: Collection[str],
    *,
    servers: Sequence[Server] = _BOTH,
) -> Witness | None:
    """A request with one of the capabilities (``*``: any) on one of the pattern's paths that may pass; None if none.

    For LIST, a path with a slash at its end is also the one without it.
    """
    held = acl(policies)
    wanted = [one for one in CAPABILITIES if one in capabilities or "*" in capabilities]
    if held.root:
        return Witness(f"{wanted[0]} {path_pattern}", note="policy root") if wanted else None
    target = spec(path_pattern.removeprefix("/"))
    sides = Sides.of(acl(()), held, (target,))
    found = _Found((), policies, servers)
    unsure: Witness | None = None
    try:
        for atom in atoms(sides.specs):
            for one in sides.differences(atom, servers):
                if one.capability not in wanted or not _within(sides, target, atom.matched, atom.short, one.capability):
                    continue
                if one.certain and found._holds(one):  # noqa: SLF001
                    return one.witness
                unsure = unsure or Witness(one.witness.request, certain=False, note=one.witness.note)
    except (TooManyKinds, Exhausted):
        return unsure or Witness(f"{wanted[0]} {path_pattern}", certain=False, note="too much to look at in full")
    return unsure


def _within(sides: Sides, target: object, matched: int, short: int, capability: str) -> bool:
    bit = sides.bit(target)
    return bool((matched | short if capability in LISTING else matched) & bit)
