"""assay's own policies: ``AssayPolicy``, ``AssayException`` and ``BreakGlass`` of the group ``assay.dev/v1alpha1``.

`description` says once which fields there are; loading, JSON schemas and custom resource definitions come from it.
"""
