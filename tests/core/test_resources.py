from __future__ import annotations

import pytest

from vmident.core.resources import is_same_location


@pytest.mark.parametrize("spelling", ["westus", "West US", "WESTUS", " west us "])
def test_a_region_is_the_same_by_its_name_and_by_what_it_is_called(spelling: str) -> None:
    assert is_same_location("westus", spelling)
    assert is_same_location(spelling, "West US")


@pytest.mark.parametrize("other", ["westus2", "eastus", "West US 3", ""])
def test_another_region_is_another(other: str) -> None:
    assert not is_same_location("westus", other)
