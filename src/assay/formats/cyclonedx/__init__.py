"""CycloneDX (ECMA-424): bills of materials in JSON and XML, versions 1.0 to 1.7.

Everything goes through one shape, the JSON form of the newest version, as plain dictionaries::

    Sbom  -> document_writer -> fit (to the wanted version) -> json_writer | xml_writer -> bytes
    bytes -> json_reader | xml_reader -> document_reader -> Sbom

What differs between versions is data: `fields.json` says since when each field and each value of an enumeration is
known (made by ``tools/cyclonedx_fields.py``), `elements.json` how XML writes each object (made by
``tools/cyclonedx_elements.py``); `fit` and `xml_shape` are the only code that reads them.

A document that was read keeps its own objects under ``extra["cyclonedx"]``; they are written back wherever the
nouns still say what they said when they were read. So nothing that assay has no noun for is lost within the family:
vulnerabilities, services, formulation, annotations, model cards, pedigrees. Two things are left out on purpose:
the signature of a whole document, which a rewritten one cannot keep, and the signature of a component that changed.
"""
