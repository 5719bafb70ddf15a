"""environment.yml (conda, "Creating an environment file manually").

::

    name: sample
    dependencies:
      - python =3.12
      - conda-forge::openssl=3.4.0=h7b32b05_1
      - pip:
          - requests==2.32.4
"""

from __future__ import annotations

from assay.ecosystems.conda import package
from assay.errors import Malformed
from assay.formats import yaml
from assay.formats.json import as_list, as_object, as_text
from assay.model.component import Component
from assay.model.ecosystem import File, Found
from assay.model.sbom import Skipped


def parse(file: File) -> Found:
    """What an environment is to hold, pip's packages too; without dependencies it is no environment."""
    document = yaml.load(file.data)
    if document is None:
        return Found()
    if not isinstance(document, dict):
        raise Malformed("not an environment file: no YAML mapping")
    components: list[Component] = []
    skipped: list[Skipped] = []
    for entry in as_list(document.get("dependencies")):
        if isinstance(entry, dict):
            texts = [as_text(one) for one in as_list(as_object(entry).get("pip"))]
            found = [package.from_pip(text) for text in texts]
        else:
            texts = [as_text(entry)]
            channel, name, version, wanted = package.match_spec(texts[0])
            found = [package.declared(name, version, wanted, channel) if name else None]
        components += [one for one in found if one]
        skipped += [
            Skipped(file.path, f"no package: {text[:80]}")
            for text, one in zip(texts, found, strict=True)
            if not one and not text.startswith("-")  # pip's own options; what -r names is read by itself
        ]
    return Found(tuple({one.id: one for one in components}.values()), skipped=tuple(skipped))
