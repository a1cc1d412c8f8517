"""The progress of a run of many VMs in words: parts that a display packs into lines of its width."""

from __future__ import annotations

from collections.abc import Iterator

from vmident.core.run_record import Progress

_PART_GAP = " · "
# A pace this far above the limit is a burst: Azure's token buckets were full, and the run will slow down.
_BURST = 1.1


def progress_text(progress: Progress) -> str:
    """Return the progress as one line, for a log."""
    return _PART_GAP.join([count_text(progress), *_parts(progress)])


def progress_lines(progress: Progress, width_columns: int) -> Iterator[str]:
    """Return all but the count of VMs, which stands beside the bar, in lines that fit the width where a part does."""
    line = ""
    for part in _parts(progress):
        longer = f"{line}{_PART_GAP}{part}" if line else part
        if len(longer) > width_columns and line:
            yield line
            longer = part
        line = longer
    yield line


def count_text(progress: Progress) -> str:
    """Return how many VMs are done, such as `412 of 1000 done`."""
    return f"{progress.done} of {total_of(progress)} done"


def total_of(progress: Progress) -> int:
    """Return the number of VMs of a run; once it is stopping, of those that were begun."""
    return progress.done + progress.in_flight + progress.waiting


def _parts(progress: Progress) -> list[str]:
    counts = [f"{progress.failed} failed"] if progress.failed else []
    counts.append(f"{progress.in_flight} in flight")
    if progress.is_stopping:
        return [f"Stopping: {', '.join(counts)}", "press Ctrl-C again to quit"]
    if progress.waiting:
        counts.append(f"{progress.waiting} waiting")
    times = [f"{clock_text(progress.elapsed_seconds)} elapsed"]
    if progress.waiting and progress.seconds_left:
        times.append(f"about {clock_text(progress.seconds_left)} left")
    return [", ".join(counts), ", ".join(times), *_pace(progress)]


def _pace(progress: Progress) -> Iterator[str]:
    """Return VMs per minute against the limit; the last minute's pace may be above what Azure allows from now on."""
    if not progress.per_minute:
        return
    pace, limit = f"{progress.per_minute:.0f} VMs/min", progress.limit_per_minute
    if limit is None:
        yield pace
    elif progress.per_minute > limit * _BURST:
        yield f"{pace}, slowing to a limit of {limit:.0f}"
    else:
        yield f"{pace}, Azure's limit {limit:.0f}"


def clock_text(seconds: float) -> str:
    """Return a duration as `0:52`, `4:10` or `1:02:03`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
