"""The shortest word that some patterns match and others don't: a breadth-first search of their product.

All patterns run at once as bits of one number (Shift-And with wildcards; Baeza-Yates and Gonnet 1992): a bit is a
place in a pattern, the last place of each means that it has matched.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from string import ascii_lowercase, digits

from reconciler.access.globs import MANY, MANY_IN, ONE, ONE_IN, SOME, WILD, Globs, folded, is_unknown
from reconciler.access.search import OutOfBudgetError

MOST_STATES = 8_000
"""States that one search may visit before it gives up."""
MOST_PLACES = 500_000
"""Places in patterns that it may look at, over all states: some seconds."""
_FILLERS = f"xyz{ascii_lowercase}{digits}-_"


def shortest(wanted: Sequence[Globs], refused: Globs, most: int = MOST_STATES) -> str | None:
    """A shortest word that fits one pattern of each of ``wanted`` and none of ``refused``; None: there is none.

    Raises OutOfBudgetError after ``most`` states, or sooner where there are many patterns or long ones.
    """
    product = _Product(wanted, refused)
    start = product.closed(product.start)
    came: dict[int, tuple[int, str]] = {start: (start, "")}
    queue = deque([start] if product.alive(start) else [])
    places = MOST_PLACES
    while queue:
        state = queue.popleft()
        places -= state.bit_count()
        if places < 0:
            raise OutOfBudgetError
        if product.accepts(state):
            return _spell(came, state)
        for letter in product.letters(state):
            following = product.step(state, letter)
            if following not in came and product.alive(following):
                if len(came) >= most:
                    raise OutOfBudgetError
                came[following] = (state, letter)
                queue.append(following)
    return None


def _spell(came: dict[int, tuple[int, str]], state: int) -> str:
    letters: list[str] = []
    while (before := came[state])[1]:
        letters.append(before[1])
        state = before[0]
    return "".join(reversed(letters))


class _Product:
    """Masks over the places of all patterns."""

    def __init__(self, wanted: Sequence[Globs], refused: Globs) -> None:
        self._tokens: list[str] = []
        self._folds: list[bool] = []
        self._literals: dict[tuple[str, bool], int] = {}
        self._wild = dict.fromkeys(WILD, 0)
        self._sinks = 0
        self.start = 0
        self._wanted = [self._add_all(patterns) for patterns in wanted]
        self._refused = self._add_all(refused, sinks=True)[1]
        self._of_wanted = sum(mask for mask, _ in self._wanted)
        self._has_in = bool(self._wild[MANY_IN] | self._wild[ONE_IN] | self._wild[SOME])
        self._stars = self._wild[MANY] | self._wild[MANY_IN]
        self._filler = self._fresh()
        self._steps: dict[str, tuple[int, int]] = {}

    def _add_all(self, patterns: Globs, *, sinks: bool = False) -> tuple[int, int]:
        """(All places, last places) of the patterns."""
        first, last = len(self._tokens), 0
        for pattern in patterns:
            self.start |= 1 << len(self._tokens)
            for token in pattern.code:
                self._add(token, fold=pattern.fold)
            if sinks and pattern.code.endswith(MANY):
                self._sinks |= 1 << (len(self._tokens) - 1)
            last |= 1 << len(self._tokens)
            self._tokens.append("")
            self._folds.append(False)
        return (1 << len(self._tokens)) - (1 << first), last

    def _add(self, token: str, *, fold: bool) -> None:
        bit = 1 << len(self._tokens)
        if token in WILD:
            self._wild[token] |= bit
        else:
            self._literals[token, fold] = self._literals.get((token, fold), 0) | bit
        self._tokens.append(token)
        self._folds.append(fold)

    def _fresh(self) -> str:
        """A character in no pattern: it stands for all of those."""
        used = {letter.lower() for letter, _ in self._literals} | {letter for letter, _ in self._literals}
        others = (chr(code) for code in range(0x4E00, 0x9FFF))
        return next(letter for source in (_FILLERS, others) for letter in source if letter not in used)

    def closed(self, state: int) -> int:
        """With the places behind each ``*`` that is reached."""
        while (more := state | (state & self._stars) << 1) != state:
            state = more
        return state

    def step(self, state: int, letter: str) -> int:
        """The places after one more letter."""
        masks = self._steps.get(letter)
        if masks is None:
            masks = self._steps[letter] = self._masks(letter)
        return self.closed((state & masks[0]) << 1 | state & masks[1])

    def _masks(self, letter: str) -> tuple[int, int]:
        """(Places that a letter moves on from, places where it stays)."""
        moves = self._literals.get((letter, False), 0) | self._literals.get((folded(letter), True), 0)
        stays = self._wild[MANY]
        if letter != ":":
            moves |= self._wild[SOME]
            stays |= self._wild[MANY_IN]
        if not is_unknown(letter):
            moves |= self._wild[ONE] | (self._wild[ONE_IN] if letter != ":" else 0)
        return moves, stays

    def alive(self, state: int) -> bool:
        """Whether it may still come to a good end."""
        return not state & self._sinks and all(state & places for places, _ in self._wanted)

    def accepts(self, state: int) -> bool:
        """Whether the word so far is one."""
        return not state & self._refused and all(state & last for _, last in self._wanted)

    def letters(self, state: int) -> Iterator[str]:
        """Each letter that may lead somewhere else than the others do; those in no pattern are one."""
        seen = {self._filler}
        yield self._filler
        for token, fold in self._tokens_of(state):
            for letter in (token, token.upper()) if fold else (token,):
                if letter not in seen and len(letter) == 1:
                    seen.add(letter)
                    yield letter
        if self._has_in and ":" not in seen:
            yield ":"

    def _tokens_of(self, state: int) -> Iterator[tuple[str, bool]]:
        """The literals at a state's places, in the order of the first place of each."""
        if state.bit_count() > len(self._literals):
            # Long patterns: each look at one bit costs as much as a look at all of them.
            firsts = (
                (self._first_of(token, state & places), (token, fold))
                for (token, fold), places in self._literals.items()
            )
            yield from (literal for first, literal in sorted(firsts) if first)
            return
        rest = state
        while rest:
            bit = rest & -rest
            rest ^= bit
            at = bit.bit_length() - 1
            token = self._tokens[at]
            if token and token not in WILD and self._first_of(token, bit):
                yield token, self._folds[at]

    def _first_of(self, token: str, places: int) -> int:
        """The first place, from 1; 0 for none, also of what is unknown where nobody wants it."""
        places &= self._of_wanted if is_unknown(token) else -1
        return (places & -places).bit_length()
