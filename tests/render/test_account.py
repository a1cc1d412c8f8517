from __future__ import annotations

from vmident.core.auth.caller import Caller
from vmident.render.account import who_lines
from vmident.results.account import WhoAmI


def test_people_read_how_long_the_token_is_valid() -> None:
    who = WhoAmI(Caller("me"), 1_800_003_000.0, "AzureCloud", "https://arm", None, None, {"token": "vmident login"})
    texts = [line.text.split(maxsplit=1) for line in who_lines(who, 1_800_000_000.0)]
    assert ["expires", "in 50 minutes"] in texts
    assert ["name", "me"] in texts
