"""Whether an account is in a group, and by which membership."""

from __future__ import annotations

from providers.ldap.dn import BadDn, folded, normal
from providers.ldap.effective.graph import Graph
from providers.ldap.keys import MembershipKey
from providers.ldap.names import PRIMARY
from providers.ldap.settings import LdapSettings
from reconciler.model import Answer, Deciding, Explanation
from reconciler.provider import Asking, RequestError

_HELP = "such as: be member of wiki-editors, be member of cn=wiki-editors,ou=groups,dc=example,dc=com"
_WORDS = ("be", "member", "of")


def explain(settings: LdapSettings, asking: Asking) -> Explanation:
    """By the account's own groups, and by those that they are in. Raises RequestError."""
    group = _group(asking, settings)
    key = MembershipKey.parse(asking.subject.key)
    if key is None:
        return Explanation(Answer.NO, notes=("no account is meant",))
    graph = Graph.of(asking.objects)
    edges = graph.edges.get(key.member, {})
    direct = [address for address, into in sorted(edges.items()) if into == group]
    if direct:
        by = []
        for address in direct:
            until = asking.objects[address].attributes.get("expires", "")
            how = "by the account's gidNumber" if address.type == PRIMARY else f"until {until or 'somebody ends it'}"
            by.append(Deciding(f"{key.member} is in {group} {how}", address))
        shared = "by another intent of the agent: its account is one for all of them"
        return Explanation(Answer.YES, tuple(by), () if asking.subject in direct else (shared,))
    through = [(address, into) for address, into in sorted(edges.items()) if group in graph.above(into)]
    if through:
        found = tuple(Deciding(f"{into} is in {group}, by itself or by others", address) for address, into in through)
        return Explanation(Answer.UNKNOWN, found, ("it hangs on whether whoever asks follows groups in groups",))
    looked = () if asking.live else ("groups in groups, and what others did, aren't looked at without --live",)
    dynamic = "groups that are worked out by a search (groupOfURLs, dynlist) aren't looked at"
    return Explanation(Answer.NO, notes=("no membership leads there", *looked, dynamic))


def _group(asking: Asking, settings: LdapSettings) -> str:
    *words, name = asking.request or ("",)
    if tuple(words) != _WORDS or not folded(name):
        raise RequestError("a request to a directory is to be member of a group", _HELP)
    try:
        return normal(name) if "=" in name else settings.group(folded(name))
    except BadDn as wrong:
        raise RequestError(f"{name!r} is no group: {wrong}", _HELP) from wrong
