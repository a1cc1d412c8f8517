from __future__ import annotations

import pytest
from msgspec.structs import replace

from vmident.core.run_record import Progress
from vmident.render.progress import clock_text, progress_lines, progress_text

GOING = Progress(60.0, 412, 3, 71, 517, 598.4, 600.0, 52.2)
COUNTED = "412 of 1000 done · 3 failed, 71 in flight, 517 waiting · 1:00 elapsed, about 0:52 left"


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (
            GOING,
            f"{COUNTED} · 598 VMs/min, Azure's limit 600",
        ),
        (
            replace(GOING, per_minute=1316.0, limit_per_minute=241.0),
            f"{COUNTED} · 1316 VMs/min, slowing to a limit of 241",
        ),
        (
            Progress(0.0, 0, 0, 2, 498, 0.0, 600.0, 250.0),
            "0 of 500 done · 2 in flight, 498 waiting · 0:00 elapsed, about 4:10 left",
        ),
        (
            Progress(9.0, 490, 0, 10, 0, 300.0, None, 0.0),
            "490 of 500 done · 10 in flight · 0:09 elapsed · 300 VMs/min",
        ),
        (
            Progress(9.0, 30, 1, 70, 0, 300.0, None, 0.0, is_stopping=True),
            "30 of 100 done · Stopping: 1 failed, 70 in flight · press Ctrl-C again to quit",
        ),
    ],
)
def test_the_progress_of_a_run_is_one_line_of_a_log(progress: Progress, text: str) -> None:
    assert progress_text(progress) == text


@pytest.mark.parametrize(("width", "lines"), [(100, 1), (80, 2), (40, 3)])
def test_a_narrow_terminal_gets_more_lines_and_loses_nothing(width: int, lines: int) -> None:
    drawn = [*progress_lines(GOING, width)]
    assert len(drawn) == lines
    assert max(map(len, drawn)) <= width
    assert f"412 of 1000 done · {' · '.join(drawn)}" == progress_text(GOING)


def test_hours_are_shown_where_there_are_any() -> None:
    assert [clock_text(seconds) for seconds in (0, 59.9, 60, 3_599, 3_723)] == [
        "0:00",
        "0:59",
        "1:00",
        "59:59",
        "1:02:03",
    ]
