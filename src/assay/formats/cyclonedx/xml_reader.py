"""CycloneDX XML, read: versions 1.0 to 1.7.

The version is that of the namespace: ``<bom xmlns="http://cyclonedx.org/schema/bom/1.4" version="1" ...>``.
"""

from __future__ import annotations

from assay.errors import Malformed
from assay.formats import xml
from assay.formats.cyclonedx import document_reader, xml_shape
from assay.formats.json import as_object
from assay.model.sbom import Sbom


def read(data: bytes) -> Sbom:
    """The noun; raises `Malformed` for what is no CycloneDX XML."""
    root = xml.load(data)
    if xml.local(root) != "bom" or not xml_shape.is_own(root):
        raise Malformed("not CycloneDX: the root element is no bom of its namespace")
    version = root.tag[1:].partition("}")[0].removeprefix(xml_shape.NAMESPACE)
    try:
        document = as_object(xml_shape.read(root, "bom"))
        return document_reader.sbom(document, f"cyclonedx-xml@{version}")
    except RecursionError:
        raise Malformed("elements nested too deep") from None
