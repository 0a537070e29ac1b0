"""What is changed in a module, one thing at a time: each mutant is a bug that a test should see."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_NEGATED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
}
_BOUNDARY: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
_DROPPED = (ast.Raise, ast.AugAssign, ast.Continue, ast.Break, ast.Delete, ast.Assert)
_BLOCKS = ("body", "orelse", "finalbody")
Edit = Callable[[], None]


@dataclass(frozen=True)
class Mutant:
    """One change. ``function``: the outermost function (or method) that it is in, as code objects call it."""

    module: str
    line: int
    what: str
    function: str
    tree: ast.Module


def mutants(module: str, source: str) -> Iterator[Mutant]:
    """All of a module, in the order of its lines."""
    for number in range(sum(1 for _ in _edits(ast.parse(source)))):
        tree = ast.parse(source)
        line, what, function, edit = list(_edits(tree))[number]
        edit()
        yield Mutant(module, line, what, function, ast.fix_missing_locations(tree))


def _edits(node: ast.AST, classes: str = "", function: str = "") -> Iterator[tuple[int, str, str, Edit]]:
    """Of a node and all below. ``classes``: those around it, each with a dot."""
    is_top = isinstance(node, ast.FunctionDef) and not function
    if isinstance(node, ast.FunctionDef) and is_top:
        function = f"{classes}{node.name}"
    elif isinstance(node, ast.ClassDef) and not function:
        classes += f"{node.name}."
    for line, what, edit in _of_node(node):
        # What is decided when a module is imported shows only in one that is imported anew.
        yield line, what, "" if is_top and what.startswith("decorator") else function, edit
    for name, value in ast.iter_fields(node):
        # Whether a value is frozen or slotted is decided by linters.
        if name not in {"annotation", "returns", "decorator_list"}:
            inside = "" if is_top and name == "args" else function
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _edits(child, classes, inside)


def _of_node(node: ast.AST) -> Iterator[tuple[int, str, Edit]]:
    line = getattr(node, "lineno", 0)
    match node:
        case ast.Compare(ops=[op]):
            for table in (_NEGATED, _BOUNDARY):
                if type(op) in table:
                    new = table[type(op)]()
                    yield line, f"{type(op).__name__} → {type(new).__name__}", _set(node, "ops", [new])
        case ast.BoolOp(op=op):
            other = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield line, f"{type(op).__name__} → {type(other).__name__}", _set(node, "op", other)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield line, "not dropped", _set(node, "operand", ast.UnaryOp(ast.Not(), operand))
        case ast.Constant(value=bool(value)):
            yield line, f"{value} → {not value}", _set(node, "value", not value)
        case ast.Constant(value=int(value) | float(value)):
            yield line, f"{value} → {value + 1}", _set(node, "value", value + 1)
            yield line, f"{value} → {value - 1}", _set(node, "value", value - 1)
        case ast.If() | ast.While() | ast.IfExp() if not isinstance(node.test, ast.Compare):
            yield line, "condition negated", _set(node, "test", ast.UnaryOp(ast.Not(), node.test))
        case ast.comprehension(ifs=[test]) if not isinstance(test, ast.Compare):
            yield test.lineno, "filter negated", _set(node, "ifs", [ast.UnaryOp(ast.Not(), test)])
        case ast.FunctionDef() if any(not isinstance(one, ast.Expr | ast.Pass) for one in node.body):
            yield line, "returns at once", _set(node, "body", [ast.Return(None), *node.body])
    yield from _dropped(node)


def _dropped(node: ast.AST) -> Iterator[tuple[int, str, Edit]]:
    decorators = getattr(node, "decorator_list", [])
    for number, one in enumerate(decorators):
        rest = [*decorators[:number], *decorators[number + 1 :]]
        yield one.lineno, f"decorator dropped: {ast.unparse(one)[:60]}", _set(node, "decorator_list", rest)
    for name in _BLOCKS:
        block = getattr(node, name, None)
        for number, one in enumerate(block if isinstance(block, list) else ()):
            if _may_go(one):
                passed = ast.copy_location(ast.Pass(), one)
                edit = _set(node, name, [*block[:number], passed, *block[number + 1 :]])
                yield one.lineno, f"dropped: {ast.unparse(one).splitlines()[0][:60]}", edit


def _may_go(one: ast.stmt) -> bool:
    """Whether a line without it still runs: more than a name that is missing."""
    if isinstance(one, ast.Expr):
        return isinstance(one.value, ast.Call)
    if isinstance(one, ast.Assign):
        return not any(isinstance(target, ast.Name | ast.Tuple) for target in one.targets)
    return isinstance(one, _DROPPED)


def _set(node: ast.AST, name: str, value: object) -> Edit:
    return lambda: setattr(node, name, value)
