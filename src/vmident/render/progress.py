"""How a run of many stands, in one line."""

from __future__ import annotations

from vmident.core.run_record import Progress


def progress_text(progress: Progress) -> str:
    """Return the line, such as `412 of 1000 done · about 52 s left · 71 in flight, 517 waiting · 598 a minute`.

    What matters most stands first: a narrow terminal shows no more.
    """
    total = progress.done + progress.in_flight + progress.waiting
    done = f"{progress.done} done" if progress.is_stopping else f"{progress.done} of {total} done"
    if progress.failed:
        done += f", {progress.failed} failed"
    if progress.is_stopping:
        return f"Stopping: {done}, {progress.in_flight} in flight; press Ctrl-C again to quit"
    text = [done]
    if progress.waiting and progress.seconds_left:
        text.append(f"about {_lasting(progress.seconds_left)} left")
    text.append(f"{progress.in_flight} in flight" + (f", {progress.waiting} waiting" if progress.waiting else ""))
    if progress.per_minute:
        limit = f", {progress.limit_per_minute:.0f} allowed" if progress.limit_per_minute else ""
        text.append(f"{progress.per_minute:.0f} a minute{limit}")
    return " · ".join(text)


def _lasting(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
