from __future__ import annotations

import pytest

from vmident.core.run_record import Progress
from vmident.render.progress import progress_text

GOING = Progress(60.0, 412, 3, 71, 517, 598.4, 600.0, 52.2)


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (GOING, "412 of 1000 done, 3 failed · about 52 s left · 71 in flight, 517 waiting · 598 a minute, 600 allowed"),
        (
            Progress(0.0, 0, 0, 2, 498, 0.0, 600.0, 250.0),
            "0 of 500 done · about 4 min left · 2 in flight, 498 waiting",
        ),
        (Progress(9.0, 490, 0, 10, 0, 300.0, None, 0.0), "490 of 500 done · 10 in flight · 300 a minute"),
        (
            Progress(9.0, 30, 1, 70, 0, 300.0, None, 0.0, is_stopping=True),
            "Stopping: 30 done, 1 failed, 70 in flight; press Ctrl-C again to quit",
        ),
    ],
)
def test_a_run_stands_in_one_line(progress: Progress, text: str) -> None:
    assert progress_text(progress) == text
