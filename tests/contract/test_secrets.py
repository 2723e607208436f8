"""Any two shares of a key give it back; one says nothing of it."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.contract_outsourcing.rules.secrets import HOLDERS, PRIME, join, split

KEYS = st.binary(min_size=32, max_size=32)
SLOPES = st.integers(min_value=0, max_value=PRIME - 1)


@given(KEYS, SLOPES)
def test_any_two_shares_give_the_key(key, slope):
    shares = split(key, slope)
    for one, other in permutations(HOLDERS, 2):
        assert join({one: shares[one], other: shares[other]}) == key


@given(KEYS, SLOPES, KEYS, st.sampled_from(HOLDERS))
def test_one_share_fits_every_key_there_is(key, slope, guess, holder):
    share = split(key, slope)[holder]
    # For each guess there is exactly one line through the share, and all lines are as likely.
    line = (share - int.from_bytes(guess)) * pow(holder, -1, PRIME) % PRIME
    assert split(guess, line)[holder] == share


@given(KEYS, SLOPES, st.integers(min_value=1, max_value=PRIME - 1))
def test_a_changed_share_does_not_give_the_key(key, slope, change):
    shares = split(key, slope)
    assert join({1: (shares[1] + change) % PRIME, 2: shares[2]}) != key


def test_only_keys_of_32_bytes_are_split():
    with pytest.raises(ValueError, match="32"):
        split(b"short", 1)
