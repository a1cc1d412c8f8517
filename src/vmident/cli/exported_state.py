"""What `vmident export terraform` and `vmident export bicep` read from Azure."""

from __future__ import annotations

from pathlib import Path

from vmident.cli.composition.session import Session
from vmident.cli.export_job import ExportJob
from vmident.cli.inputs.desired_state_file import called
from vmident.core.export.exported_state import ExportedState
from vmident.errors import ConflictingRules
from vmident.render.line import Line, Tone
from vmident.usecases.export_resources import read_state


def exported_state(job: ExportJob, session: Session) -> tuple[ExportedState, list[Line]]:
    """Read the VMs that the rules select and the resources for them; returns the warnings about VMs as lines, too."""
    try:
        state, notices = read_state(job.rules, session.where_asked, session.ports, file=_name_in_files(job.file))
    except ConflictingRules as conflict:
        raise conflict.with_message(f"{job.file}: {conflict.message}") from conflict
    return state, [Line(f"warning: {one.message}", Tone.WARNING) for one in notices]


def _name_in_files(file: str) -> str:
    """Return what the exported files call the desired-state file: the same wherever its folder is."""
    return "identities.yaml" if file == called("-") else Path(file).name
