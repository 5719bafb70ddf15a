"""What a command is given besides its arguments: settings, places, and ways to say something."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from assay.report.console import Style

if TYPE_CHECKING:
    import argparse

    from assay.adapters.configuration import Settings
    from assay.adapters.evidence import EvidenceStore
    from assay.adapters.terminal import Bar
    from assay.cli._complaints import Complaints
    from assay.errors import AssayError


_kept: list[object] = []


class Context:
    """The surroundings of one run of a command."""

    def __init__(self, arguments: argparse.Namespace, complaints: Complaints) -> None:
        self.arguments = arguments
        self.verbose: bool = arguments.verbose
        self.quiet: bool = arguments.quiet
        self._complaints = complaints
        self._sources: tuple[Path, ...] = ()
        self._told: set[str] = set()
        complaints.quiet = self.quiet
        if arguments.no_color:
            complaints.style = Style()

    def keep(self, result: object) -> None:
        """Hold a large result until the process ends, which it does at once: to take it apart costs a scan 5 % more."""
        _kept[:] = [result]

    @property
    def style(self) -> Style:
        """The colours of standard output."""
        return Style.of(sys.stdout, wanted=not self.arguments.no_color)

    def note(self, what: str) -> None:
        """Say on standard error what a user should know; silent with ``-q``."""
        self._complaints.note(what)

    def warn(self, what: str, remedy: str = "") -> None:
        """Say on standard error what a user should mend; silent with ``-q``."""
        self._complaints.warning(what, remedy)

    def fail(self, error: AssayError) -> None:
        """Say an error that does not end the command here, but its exit code must tell; ``-q`` shows it, too."""
        self._complaints.error(error)

    def settings(self, source: Path | None = None) -> Settings:
        """The settings, flags included.

        `source` is a local path that is looked at: files in it are not trusted, now and in all later calls.
        """
        from assay.adapters.configuration import Request, load

        self._sources += (source,) if source is not None else ()
        flags = vars(self.arguments)
        settings = load(Request(os.environ, Path.cwd(), self._sources, self.arguments.config, flags))
        for note in settings.notes:
            if note not in self._told:
                self._told.add(note)
                self.note(note)
        self._tell_variables()
        return settings

    def _tell_variables(self) -> None:
        """Warn of each variable ``ASSAY_…`` that sets nothing, once."""
        from assay.adapters.configuration import variables

        for name in variables.unknown(os.environ):
            if name not in self._told:
                self._told.add(name)
                meant = variables.meant(name)
                hint = f"did you mean {meant}? " if meant else ""
                self.warn(f"the variable {name} sets nothing", f"{hint}`assay config show` lists the settings")

    def data_dir(self, settings: Settings) -> Path:
        """Where evidence is kept."""
        from assay.adapters import state

        return state.data_dir(settings.text("data-dir"), os.environ)

    def cache_dir(self, settings: Settings) -> Path:
        """Where what can be had again is kept."""
        from assay.adapters import state

        return state.cache_dir(settings.text("cache-dir"), os.environ)

    def evidence(self, settings: Settings) -> EvidenceStore:
        """The evidence store, opened; a context manager."""
        from assay.adapters.evidence import EvidenceStore

        return EvidenceStore.open(self.data_dir(settings) / "evidence")

    def progress(self, label: str, total: int = 0) -> Bar:
        """A progress bar on standard error if that is a terminal, silent with ``-q``; a context manager."""
        from assay.adapters.terminal import Bar

        shown = sys.stderr.isatty() and not self.quiet and not self._complaints.json
        style = self._complaints.style
        return Bar(sys.stderr if shown else None, label, total, (style.green, style.reset))
