"""Strategies of one's own are checked before a line of C has anything of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from codegen import formats
from codegen.errors import UsageError
from codegen.lower import lower
from codegen.model import STRATEGIES
from codegen.resolve import resolve


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": "../../up"}, "a strategy cannot be called '../../up'"),
        ({"name": "a*/ int evil; /*"}, "a strategy cannot be called"),
        ({"name": "a%sb"}, "a strategy cannot be called 'a%sb'"),
        ({"name": ""}, "a strategy cannot be called ''"),
        ({"name": "x" * 5000}, r"\(5002 characters\): 1 to 63 letters"),
        ({"name": 7}, "name is 7"),
        ({"parent": "0; int evil"}, "parent='0; int evil' is not the C expression"),
        ({"parent": "a() /* x"}, "is not the C expression"),
        ({"summary": "two\nlines"}, "summary='two.nlines' has characters that cannot be printed"),
        ({"objects": 0}, "objects=0; use 1 to 1048576"),
        ({"objects": 10**9}, "objects=1000000000; use 1 to"),
        ({"objects": "many"}, "objects is 'many'"),
        ({"object_size": -1}, "object_size=-1; use 1 to 65536"),
        ({"buffers": "pool"}, "buffers is 'pool'"),
    ],
    ids=lambda each: str(each)[:30],
)
def test_a_strategy_is_checked_as_a_format_is(changed: dict[str, Any], said: str) -> None:
    own = replace(STRATEGIES[0], **changed)
    with pytest.raises(UsageError, match=said):
        lower(resolve(formats.load("usoc21")), own)
