"""Specs to desired objects: (agent, intent, system) lowered through the providers' contract."""

from reconciler.compile.compiler import Compiled, compile_environment
from reconciler.compile.systems import SystemBinding

__all__ = ["Compiled", "SystemBinding", "compile_environment"]
