"""The settings of one run: what its command line says, its environment and the files of its home folder."""

from __future__ import annotations

from vmident.cli.config.azure_cli_config import azure_cli_files
from vmident.cli.config.chosen_subscription import chosen_subscription
from vmident.cli.config.settings import Overrides, Settings, settings_from
from vmident.cli.runtime import Runtime


def settings_of(overrides: Overrides, runtime: Runtime) -> Settings:
    """Work out every setting of a run; raises what `settings_from` raises."""
    from platformdirs import user_state_dir

    return settings_from(
        overrides,
        runtime.environ,
        lambda: azure_cli_files(runtime.environ, runtime.home),
        lambda: user_state_dir("vmident", appauthor=False),
        chosen_subscription,
    )
