"""The advisory store: read-only SQLite shards, one per source, and the manifest of the live set.

::

    advisories/
      manifest.json              the live set, replaced by rename
      shards/89a20a41….sqlite    one source, named by its SHA-256

Plain files: the folder may lie on a static host, in an OCI registry or on a USB stick. Readers open the shards that a
manifest names and are not disturbed by an update; `collect` drops shards that no manifest names any more.
"""

from assay.adapters.advisories.store import AdvisoryStore

__all__ = ["AdvisoryStore"]
