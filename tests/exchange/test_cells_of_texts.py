"""What people wrote stands in an exported file masked, and whole for who may export numbers."""

from __future__ import annotations

import pytest

from core.columns import Kind
from core.texts import masked_text
from exchange.rules.cells import cell_value

TEXT = masked_text("call 138 1234 5678")


@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.WORDS])
def test_a_text_is_whole_only_for_who_may_export_numbers(kind: Kind) -> None:
    assert cell_value(TEXT, kind, whole_numbers=False) == "call 138****5678"
    assert cell_value(TEXT, kind, whole_numbers=True) == "call 138 1234 5678"
