"""A strict reader of the part of HCL 1 and JSON that policies are written in: tokens to a tree, with positions.

The server's parser is hashicorp/hcl, version 1, which accepts more than it documents. What isn't read here is refused
with its position: python-hcl2 reads HCL 2, which has other escapes, numbers and templates.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TypeAlias

from providers.vault.effective.values import PolicyError

_DEPTH = 40
_SPACE = re.compile(r"(?:[ \t\r\n]+|#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")
_NUMBER = re.compile(r"-?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])")
_HEREDOC = re.compile(r"<<(-?)([A-Za-z0-9_]+)\r?\n")
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"'}
_CODES = re.compile(r"u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written."""

    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """``key = value``, ``key { … }`` or ``key "label" { … }``."""

    key: str
    labels: tuple[str, ...]
    value: Tree
    at: int


@dataclass(frozen=True, slots=True)
class Object:
    """A block's content, or an object."""

    items: tuple[Item, ...]


Tree: TypeAlias = "str | bool | Number | Object | list[Tree] | None"


def error(text: str, at: int, message: str) -> PolicyError:
    """The error at an offset of a text."""
    line = text.count("\n", 0, at) + 1
    return PolicyError(message, line, at - (text.rfind("\n", 0, at) + 1) + 1)


def read(text: str) -> Object:
    """The tree of a policy: JSON if it starts with a brace, as the server tells them apart. Raises PolicyError."""
    bad = next((i for i, c in enumerate(text) if c in "\0\ufeff" or "\ud800" <= c <= "\udfff"), None)
    if bad is not None:
        raise error(text, bad, f"character U+{ord(text[bad]):04X} has no place here")
    return _Json(text).document() if text.lstrip().startswith("{") else _Hcl(text).document()


class _Reader:
    """A text and how far it is read."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def fail(self, message: str, at: int | None = None) -> PolicyError:
        return error(self.text, self.at if at is None else at, message)

    def space(self) -> None:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def peek(self) -> str:
        self.space()
        return self.text[self.at : self.at + 1]

    def take(self, wanted: str) -> bool:
        if self.peek() != wanted:
            return False
        self.at += 1
        return True

    def need(self, wanted: str) -> None:
        if not self.take(wanted):
            raise self.fail(f"{wanted} expected")

    def number(self) -> Number | None:
        found = _NUMBER.match(self.text, self.at)
        if found is None:
            return None
        self.at = found.end()
        return Number(found[0])

    def deeper(self, depth: int) -> int:
        if depth >= _DEPTH:
            raise self.fail("nested too deeply")
        return depth + 1


class _Hcl(_Reader):
    def document(self) -> Object:
        items = []
        while self.peek():
            items.append(self.item(0))
        return Object(tuple(items))

    def item(self, depth: int) -> Item:
        self.space()
        start = self.at
        key = self.key()
        labels = []
        while self.peek() == '"':
            labels.append(self.string())
        if self.peek() == "{":
            return Item(key, tuple(labels), self.object(depth), start)
        if labels:
            raise self.fail("{ expected")
        self.need("=")
        return Item(key, (), self.value(depth), start)

    def key(self) -> str:
        if self.peek() == '"':
            return self.string()
        found = _IDENTIFIER.match(self.text, self.at)
        if found is None:
            raise self.fail("a name expected")
        self.at = found.end()
        return found[0]

    def object(self, depth: int) -> Object:
        depth = self.deeper(depth)
        self.need("{")
        items = []
        while not self.take("}"):
            if not self.peek():
                raise self.fail("} expected")
            items.append(self.item(depth))
            self.take(",")
        return Object(tuple(items))

    def value(self, depth: int) -> Tree:
        match self.peek():
            case '"':
                return self.string()
            case "[":
                return self.list(depth)
            case "{":
                return self.object(depth)
            case "<":
                return self.heredoc()
        number = self.number()
        if number is not None:
            return number
        word = _IDENTIFIER.match(self.text, self.at)
        if word is None or word[0] not in {"true", "false"}:
            raise self.fail("a value expected")
        self.at = word.end()
        return word[0] == "true"

    def list(self, depth: int) -> list[Tree]:
        depth = self.deeper(depth)
        self.need("[")
        found: list[Tree] = []
        while not self.take("]"):
            found.append(self.value(depth))
            if not self.take(","):
                self.need("]")
                break
        return found

    def heredoc(self) -> str:
        opened = _HEREDOC.match(self.text, self.at)
        if opened is None:
            raise self.fail("a heredoc starts with << and a word, alone to the end of the line")
        close = re.compile(rf"^[ \t]*{opened[2]}(?=[\r\n]|\Z)", re.MULTILINE).search(self.text, opened.end())
        if close is None:
            raise self.fail(f"the heredoc isn't closed: {opened[2]} expected")
        body = self.text[opened.end() : close.start()]
        self.at = close.end()
        return re.sub(r"(?m)^[ \t]+", "", body) if opened[1] else body

    def string(self) -> str:
        start = self.at
        self.at += 1
        found: list[str] = []
        while (char := self.text[self.at : self.at + 1]) != '"':
            if char in {"", "\n", "\r"}:
                raise self.fail("the string isn't closed", start)
            if self.text.startswith("${", self.at):
                raise self.fail("${ has a meaning of its own in HCL and none in policies")
            self.at += 1
            found.append(self.escape() if char == "\\" else char)
        self.at += 1
        return "".join(found)

    def escape(self) -> str:
        char = self.text[self.at : self.at + 1]
        if char in _ESCAPES:
            self.at += 1
            return _ESCAPES[char]
        code = _CODES.match(self.text, self.at)
        if code is None:
            raise self.fail("unknown escape", self.at - 1)
        number = int(code[4], 8) if code[4] else int(code[1] or code[2] or code[3], 16)
        # \xHH and octal are bytes to the server: above 7F they are parts of a character.
        if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF or (number > 0x7F and (code[3] or code[4])):
            raise self.fail("the escape is no character", self.at - 1)
        self.at = code.end()
        return chr(number)


class _Json(_Reader):
    def space(self) -> None:
        while self.text[self.at : self.at + 1] in {" ", "\t", "\r", "\n"}:
            self.at += 1

    def document(self) -> Object:
        found = self.value(0)
        if self.peek():
            raise self.fail("nothing may follow the object")
        if not isinstance(found, Object):
            raise self.fail("an object expected", 0)
        return found

    def value(self, depth: int) -> Tree:
        match self.peek():
            case '"':
                return self.string()
            case "{":
                return self.object(self.deeper(depth))
            case "[":
                return self.list(self.deeper(depth))
        number = self.number()
        if number is not None:
            return number
        for word, value in {"true": True, "false": False, "null": None}.items():
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return value
        raise self.fail("a value expected")

    def object(self, depth: int) -> Object:
        self.need("{")
        items: list[Item] = []
        while not self.take("}"):
            if items:
                self.need(",")
            if self.peek() != '"':
                raise self.fail("a quoted name expected")
            start = self.at
            key = self.string()
            self.need(":")
            items.append(Item(key, (), self.value(depth), start))
        return Object(tuple(items))

    def list(self, depth: int) -> list[Tree]:
        self.need("[")
        found: list[Tree] = []
        while not self.take("]"):
            if found:
                self.need(",")
            found.append(self.value(depth))
        return found

    def string(self) -> str:
        try:
            decoded: object = json.JSONDecoder().raw_decode(self.text, self.at)
        except json.JSONDecodeError as failed:
            raise self.fail(f"invalid string: {failed.msg}") from None
        assert isinstance(decoded, tuple)  # noqa: S101 - raw_decode is untyped
        value, self.at = decoded
        if any("\ud800" <= c <= "\udfff" for c in value):
            raise self.fail("half a surrogate pair is no character")
        return str(value)
