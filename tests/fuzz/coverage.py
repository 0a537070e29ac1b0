"""One target under atheris (libFuzzer): ``python -m tests.fuzz.coverage TARGET FOLDER… [-option=value…]``."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["specs", "reconciler", "providers"]):
    from specs import redaction
    from tests.fuzz.targets import TARGETS, said


def main() -> None:
    """Ends the process."""
    target = TARGETS[sys.argv.pop(1)]

    def once(data: bytes) -> None:
        redaction._known = redaction._Known()
        try:
            target.run(data)
        except target.errors as wrong:
            said(wrong)

    atheris.Setup(sys.argv, once)
    atheris.Fuzz()


main()
