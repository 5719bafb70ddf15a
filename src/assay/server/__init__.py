"""The ASGI application: one file per job, put together by `assay.server.instance`."""
