"""Environment variables ``ASSAY_…`` that set nothing: a slip of the pen must not leave a gate open in silence.

Not all that are no keys are wrong: some parts of assay read variables of their own, the CI templates and the tests
have theirs, and Kubernetes gives each container the addresses of services, whatever those are called
(``ASSAY_SERVICE_HOST``, ``ASSAY_PORT_443_TCP_ADDR``: Kubernetes, "Service", environment variables).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from assay.adapters.configuration.keys import KEYS

PREFIX = "ASSAY_"
_OWN = frozenset(
    (
        "ASSAY_AZURE_KEYVAULT_URL",
        "ASSAY_AZURE_REGISTRY",
        "ASSAY_CONFIG",
        "ASSAY_OPA_TOKEN",
        "ASSAY_SIGSTORE_PASSWORD_FILE",
        "ASSAY_SIGSTORE_PASSWORD_KEY",
        "ASSAY_SIGSTORE_ROOT_PASSWORD_FILE",
    )
)
_OF_TESTS = frozenset(("ASSAY_RANDOM", "ASSAY_REQUIRE_ALL", "ASSAY_SUITES", "ASSAY_SUITES_REPORT"))
_OF_TEMPLATES = frozenset(
    (
        "ASSAY_DEFAULT_BRANCH",
        "ASSAY_DIGEST",
        "ASSAY_EVENT",
        "ASSAY_FAIL_ON",
        "ASSAY_HOME",
        "ASSAY_IMAGE",
        "ASSAY_IMAGE_REF",
        "ASSAY_OUTPUT",
        "ASSAY_PYTHON_IMAGE",
        "ASSAY_REF",
        "ASSAY_REPOSITORY",
        "ASSAY_SOURCE",
        "ASSAY_TRUST_CONFIG",
        "ASSAY_VEX",
    )
)
"""What the scripts of ``deploy/ci`` read. They come in company: ``ASSAY_FAIL_ON`` alone means something else."""
_OF_KUBERNETES = re.compile(r"ASSAY_(\w+_)?(SERVICE_(HOST|PORT)(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?)")


def unknown(environment: Mapping[str, str]) -> Iterator[str]:
    """The names of the variables that nothing reads, sorted; never their values. An empty one sets nothing."""
    given = {name for name in environment if name.startswith(PREFIX) and environment[name]}
    known = {key.variable for key in KEYS.values()} | _OWN | _OF_TESTS
    templates = {name for name in environment if name in _OF_TEMPLATES}
    if len(templates) > 1:
        known |= templates
    return (name for name in sorted(given - known) if not _OF_KUBERNETES.fullmatch(name))


def meant(name: str) -> str:
    """The variable whose name is nearest, or an empty string."""
    from difflib import get_close_matches

    names = [known.removeprefix(PREFIX) for known in (*(key.variable for key in KEYS.values()), *_OWN)]
    found = get_close_matches(name.removeprefix(PREFIX), names, 1, 0.6)
    return PREFIX + found[0] if found else ""
