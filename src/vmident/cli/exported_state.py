"""What `vmident export terraform` and `vmident export bicep` read from Azure."""

from __future__ import annotations

from pathlib import Path

from vmident.cli.composition.session import Session
from vmident.cli.export_job import ExportJob
from vmident.core.export.exported_state import ExportedState
from vmident.errors import ConflictingRules
from vmident.render.line import Line, Tone
from vmident.usecases.export_resources import read_state


def exported_state(job: ExportJob, session: Session) -> tuple[ExportedState, list[Line]]:
    """Read the VMs that the rules select and the resources for them; returns the warnings about VMs as lines, too.

    The exported files name the desired-state file without its folder, so that they are the same wherever it is.
    """
    try:
        state, notices = read_state(job.rules, session.where_asked, session.ports, file=Path(job.word).name)
    except ConflictingRules as conflict:
        raise conflict.with_message(f"{job.file}: {conflict.message}") from conflict
    return state, [Line(f"warning: {one.message}", Tone.WARNING) for one in notices]
