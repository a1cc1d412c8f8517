"""IDs in the output that a page shows: a run of the page draws others, and they are compared by what they stand for."""

from __future__ import annotations

import re

# A GUID, or the ID of a run.
_ID = re.compile(r"\b[0-9a-f]{8}(?:(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?\b")


class PageIds:
    """Which ID of a page stands for which one that its run printed, from the first block of the page to the last.

    It is a bijection: one ID has one replacement, and no two IDs share one. A page that shows two IDs of one identity,
    or one ID of two, is therefore not what was printed.
    """

    def __init__(self) -> None:
        self._of_page: dict[str, str] = {}

    def replaced(self, printed: str, shown: str) -> str:
        """Return what was printed with the IDs of the page.

        An ID that is printed for the first time takes the one at its place in `shown`, if the texts differ in IDs alone
        and that one is free; otherwise it keeps its own.
        """
        if _ID.sub("", printed) == _ID.sub("", shown):
            for own, of_page in zip(_ID.findall(printed), _ID.findall(shown), strict=True):
                if of_page not in self._of_page.values():
                    self._of_page.setdefault(own, of_page)
        return _ID.sub(lambda found: self._of_page.setdefault(found[0], found[0]), printed)
