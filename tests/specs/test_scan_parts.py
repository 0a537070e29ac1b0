"""The quick look for parts of secrets overlooks none that the patterns find."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specs import scan


@pytest.mark.parametrize("pattern", [pattern for _, pattern in scan._SECRETS])
@given(data=st.data())
def test_every_secret_holds_a_part(pattern, data):
    text = data.draw(st.from_regex(re.compile(pattern)))
    assert list(scan.secrets(text))


# ASCII only in the draw, but the pattern's own classes: what re.ASCII calls no space may be one.
@given(st.from_regex(scan._URL_LOGIN).filter(scan._URL_LOGIN.search))
def test_every_login_holds_its_part(text):
    assert list(scan.logins(text))
