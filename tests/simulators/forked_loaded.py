"""What the server of `simulators.forked` loads before it forks: what takes time, and no connection."""

from __future__ import annotations

import psycopg
import securesystemslib.signer
import tuf.api.metadata

from assay.adapters import object_store
from assay.app import sigstore_rotation
from simulators import log_load, log_writer, rotation_crash

LOADED = (psycopg, securesystemslib.signer, tuf.api.metadata, sigstore_rotation, log_load, log_writer, rotation_crash)
CLIENT = object_store._client("http://127.0.0.1:9", None)
