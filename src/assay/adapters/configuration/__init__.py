"""Configuration: what was set, and where. Later wins: default, user file, project file, environment, flag.

- user file: ``$XDG_CONFIG_HOME/assay/assay.toml``;
- project file: the first ``assay.toml``, or ``pyproject.toml`` with a table ``[tool.assay]``, from the
  working directory upward, or the file that ``--config`` (or ``ASSAY_CONFIG``) names;
- environment: ``ASSAY_SBOM_SCOPE`` is the key ``sbom.scope``; lists are separated by commas.

A project file that lies inside what is scanned or verified came with it and is not to be trusted: only its
ignore
rules (keys with `Key.ignores`) are taken, unless ``--config`` names it. ::

    offline = true

    [sbom]
    scope = "all-layers"
    exclude = ["**/testdata/**"]
"""

from assay.adapters.configuration.keys import KEYS, Key, Kind
from assay.adapters.configuration.settings import Request, Setting, Settings, load

__all__ = ["KEYS", "Key", "Kind", "Request", "Setting", "Settings", "load"]
