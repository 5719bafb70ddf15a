"""The vocabulary of SPDX 3.0.1 where it meets the model: purposes, hash algorithms, kinds of reference, edges.

(SPDX 3.0.1, ``/Software/Vocabularies/SoftwarePurpose``, ``/Core/Vocabularies/HashAlgorithm``,
``/Core/Vocabularies/ExternalRefType``, ``/Core/Vocabularies/RelationshipType``.)
"""

from __future__ import annotations

from assay.model.component import ComponentType, Scope
from assay.model.digest import Algorithm
from assay.model.sbom import Completeness, Lifecycle

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
SPEC_VERSION = "3.0.1"
CREATION = "_:creation-of-this-document"

PURPOSES = {
    ComponentType.APPLICATION: "application",
    ComponentType.FRAMEWORK: "framework",
    ComponentType.LIBRARY: "library",
    ComponentType.CONTAINER: "container",
    ComponentType.PLATFORM: "platform",
    ComponentType.OPERATING_SYSTEM: "operatingSystem",
    ComponentType.DEVICE: "device",
    ComponentType.DEVICE_DRIVER: "deviceDriver",
    ComponentType.FIRMWARE: "firmware",
    ComponentType.FILE: "file",
    ComponentType.MACHINE_LEARNING_MODEL: "model",
    ComponentType.DATA: "data",
    ComponentType.CRYPTOGRAPHIC_ASSET: "other",
}
TYPES = {purpose: type_ for type_, purpose in PURPOSES.items() if purpose != "other"}

HASHES = {
    Algorithm.MD5: "md5",
    Algorithm.SHA1: "sha1",
    Algorithm.SHA224: "sha224",
    Algorithm.SHA256: "sha256",
    Algorithm.SHA384: "sha384",
    Algorithm.SHA512: "sha512",
    Algorithm.SHA3_256: "sha3_256",
    Algorithm.SHA3_384: "sha3_384",
    Algorithm.SHA3_512: "sha3_512",
    Algorithm.BLAKE2B_256: "blake2b256",
    Algorithm.BLAKE2B_384: "blake2b384",
    Algorithm.BLAKE2B_512: "blake2b512",
    Algorithm.BLAKE3: "blake3",
}
ALGORITHMS = {name: algorithm for algorithm, name in HASHES.items()}

REFERENCES = {
    "advisories": "securityAdvisory",
    "bom": "productMetadata",
    "build-meta": "buildMeta",
    "build-system": "buildSystem",
    "chat": "chat",
    "documentation": "documentation",
    "issue-tracker": "issueTracker",
    "license": "license",
    "mailing-list": "mailingList",
    "release-notes": "releaseNotes",
    "security-contact": "securityPolicy",
    "social": "socialMedia",
    "source-distribution": "sourceArtifact",
    "support": "support",
    "vcs": "vcs",
    "website": "altWebPage",
    "distribution": "altDownloadLocation",
}
"""CycloneDX types of references by their nearest SPDX one; the others are ``other``."""
REFERENCE_TYPES = {term: type_ for type_, term in REFERENCES.items()}

SBOM_TYPES = {
    Lifecycle.DESIGN: "design",
    Lifecycle.PRE_BUILD: "source",
    Lifecycle.BUILD: "build",
    Lifecycle.POST_BUILD: "analyzed",
    Lifecycle.OPERATIONS: "runtime",
    Lifecycle.DISCOVERY: "deployed",
}
LIFECYCLES = {term: lifecycle for lifecycle, term in SBOM_TYPES.items()}

EDGES = frozenset(
    [
        "dependsOn",
        "contains",
        "hasOptionalDependency",
        "hasOptionalComponent",
        "hasDynamicLink",
        "hasStaticLink",
        "hasPrerequisite",
        "hasProvidedDependency",
    ]
)
LICENSES = frozenset({"hasDeclaredLicense", "hasConcludedLicense"})
PACKAGES = frozenset({"software_Package", "ai_AIPackage", "dataset_DatasetPackage"})
SCOPES = {"development": Scope.EXCLUDED, "test": Scope.EXCLUDED}
COMPLETENESS = {
    Completeness.COMPLETE: "complete",
    Completeness.INCOMPLETE: "incomplete",
    Completeness.UNKNOWN: "noAssertion",
}
