"""FriendsOfPHP: one YAML file an advisory, with the affected versions of each branch.

::

    title: "CVE-2023-…: …"
    link: https://…
    cve: CVE-2023-…
    reference: composer://symfony/http-kernel
    branches:
        5.4.x: {time: 2023-02-01 08:00:00, versions: ['>=5.4.0', '<5.4.20']}
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import AssayError, Malformed
from assay.formats import osv_records, yaml
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.advisory import Advisory, Affected, Record, Reference
from assay.model.feed import Document
from assay.model.sbom import Skipped


def read(document: Document, source: str) -> Iterator[Record | Skipped]:
    """The advisory of a YAML file, or the records of an OSV one."""
    if not document.name.endswith((".yaml", ".yml")):
        yield from osv_records.read(document, source)
        return
    if "/." in f"/{document.name}":
        return
    try:
        yield _read(yaml.load_object(document.content), document.name)
    except AssayError as error:
        yield Skipped(document.name, error.what)


def _read(item: Object, name: str) -> Advisory:
    package = as_text(item.get("reference")).removeprefix("composer://")
    if not package:
        raise Malformed("an advisory that names no package")
    branches = [as_object(branch) for branch in as_object(item.get("branches")).values()]
    times = sorted(as_text(branch.get("time")) for branch in branches if as_text(branch.get("time")))
    cve, link = as_text(item.get("cve")), as_text(item.get("link"))
    ranges = [",".join(map(as_text, as_list(branch.get("versions")))) for branch in branches]
    day = times[0][:10] if times else ""
    return Advisory(
        id=f"FOP:{_path(name, package)}",
        aliases=(cve,) if cve.startswith("CVE-") else (),
        published=day,
        modified=times[-1][:10] if times else "",
        summary=as_text(item.get("title")),
        references=(Reference(link),) if link else (),
        affected=(Affected("Packagist", package, requirements=tuple(filter(None, ranges))),),
    )


def _path(name: str, package: str) -> str:
    """The place in the repository, ``symfony/http-kernel/CVE-2023-1``; of a file that came alone, by its package."""
    *folders, file = name.rpartition(".")[0].split("/")
    return "/".join([*folders[-2:], file]) if len(folders) > 1 else f"{package}/{file}"
