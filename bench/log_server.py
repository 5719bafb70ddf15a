"""``python -m bench.log_server FOLDER PORT``: a log with the APIs of Rekor, as an instance serves it, and no more."""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from assay.app.transparency import open_log
from assay.model.signature import Scheme
from assay.server import rekor_v1, rekor_v2, tiles
from assay.server.log_shards import Shards
from assay.trust.signing import generate


def main(arguments: list[str]) -> None:
    """Serve until it is stopped."""
    folder, port = Path(arguments[0]), int(arguments[1])
    shards = Shards([open_log(folder, f"127.0.0.1:{port}", (generate(), generate(Scheme.ED25519)))])
    routes = [*rekor_v2.routes(shards), *rekor_v1.routes(shards), *tiles.routes(lambda: shards.active.log, "/api/v2")]
    config = uvicorn.Config(Starlette(routes=routes), port=port, log_level="warning", access_log=False, lifespan="off")
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main(sys.argv[1:])
