"""build.sbt.lock of the plug-in sbt-dependency-lock.

::

    {"lockVersion": 1, "dependencies": [{"org": "org.example", "name": "text_2.13", "version": "2.1",
      "artifacts": [{"name": "text_2.13.jar", "hash": "sha1:..."}], "configurations": ["compile", "test"]}]}
"""

from __future__ import annotations

from dataclasses import replace

from assay.ecosystems.maven import coordinates
from assay.formats import digest, json
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.component import Component, Presence, Scope
from assay.model.ecosystem import File, Found


def parse(file: File) -> Found:
    """The locked modules; those of the configuration test alone are out of scope (`excluded`)."""
    modules = as_list(json.load_object(file.data).get("dependencies"))
    components = (_component(as_object(module)) for module in modules)
    return Found(tuple({item.id: item for item in components if item is not None}.values()))


def _component(module: Object) -> Component | None:
    group, name, version = (as_text(module.get(key)) for key in ("org", "name", "version"))
    component = coordinates.find(group, name, version, Presence.DECLARED) if group else None
    if component is None:
        return None
    configurations = {as_text(item) for item in as_list(module.get("configurations"))}
    artifacts = [as_object(item) for item in as_list(module.get("artifacts"))]
    digests = [digest.find(as_text(item.get("hash"))) for item in artifacts[:1]]
    return replace(
        component,
        scope=Scope.EXCLUDED if configurations and configurations <= {"test", "it"} else Scope.REQUIRED,
        digests=tuple(item for item in digests if item is not None),
    )
