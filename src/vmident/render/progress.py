"""How a run of many stands, in one line."""

from __future__ import annotations

from vmident.core.progress import Progress


def progress_text(progress: Progress) -> str:
    """Give the line, such as `412 of 1000 done, 71 in flight, 517 waiting · 598 a minute · about 52 s left`."""
    total = progress.done + progress.in_flight + progress.waiting
    parts = [f"{progress.done} done" if progress.is_stopping else f"{progress.done} of {total} done"]
    if progress.failed:
        parts.append(f"{progress.failed} failed")
    parts.append(f"{progress.in_flight} in flight")
    if progress.is_stopping:
        return f"Stopping: {', '.join(parts)}; Ctrl-C again leaves at once"
    if progress.waiting:
        parts.append(f"{progress.waiting} waiting")
    text = [", ".join(parts)]
    if progress.per_minute:
        limit = f", {progress.limit_per_minute:.0f} allowed" if progress.limit_per_minute else ""
        text.append(f"{progress.per_minute:.0f} a minute{limit}")
    if progress.waiting and progress.seconds_left:
        text.append(f"about {_lasting(progress.seconds_left)} left")
    return " · ".join(text)


def _lasting(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
