"""The Resource Graph (to come)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmident.sandbox import refusals

if TYPE_CHECKING:
    from vmident.sandbox.call import Call
    from vmident.sandbox.http import Response


def answer_query(_call: Call) -> Response:
    """Refuse every query for now."""
    raise refusals.not_in_the_sandbox("the Resource Graph yet")
