"""The names that CycloneDX and assay give to the same things."""

from __future__ import annotations

from assay.model.digest import Algorithm

HASHES = {
    Algorithm.MD5: "MD5",
    Algorithm.SHA1: "SHA-1",
    Algorithm.SHA256: "SHA-256",
    Algorithm.SHA384: "SHA-384",
    Algorithm.SHA512: "SHA-512",
    Algorithm.SHA3_256: "SHA3-256",
    Algorithm.SHA3_384: "SHA3-384",
    Algorithm.SHA3_512: "SHA3-512",
    Algorithm.BLAKE2B_256: "BLAKE2b-256",
    Algorithm.BLAKE2B_384: "BLAKE2b-384",
    Algorithm.BLAKE2B_512: "BLAKE2b-512",
    Algorithm.BLAKE3: "BLAKE3",
    Algorithm.STREEBOG_256: "Streebog-256",
    Algorithm.STREEBOG_512: "Streebog-512",
}
"""Digest algorithms; what is missing has no name in any version and goes into a property."""

ALGORITHMS = {name: algorithm for algorithm, name in HASHES.items()}

# Properties of components.
PRESENCE = "assay:presence"
ECOSYSTEM = "assay:ecosystem"
OWNED_BY = "assay:owned-by"
FOUND_BY = "assay:found-by"
LAYER_INDEX = "assay:layer:index"
LAYER_DIGEST = "assay:layer:digest"
LAYER_CREATED_BY = "assay:layer:created-by"
VERSION = "assay:version"
VERSION_RANGE = "assay:versionRange"
CPE = "assay:cpe"
DIGEST = "assay:digest"
TYPE = "assay:type"
OCCURRENCE = "assay:occurrence"

# Properties of the metadata; their values are JSON objects with the fields of the noun.
SKIPPED = "assay:skipped"
LAYER = "assay:layer"
ATTACHED = "assay:attached"
DISTRIBUTION = "assay:distribution"
