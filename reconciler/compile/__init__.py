"""Specs to desired objects: (agent, intent, system) lowered through the providers' contract."""

from reconciler.compile.compiler import Compiled, compile_environment
from reconciler.compile.scopes import check_environments
from reconciler.compile.systems import SystemBinding
from reconciler.compile.ttls import ttls_of

__all__ = ["Compiled", "SystemBinding", "check_environments", "compile_environment", "ttls_of"]
