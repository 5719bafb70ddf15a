"""Python: installed distributions, wheels and sdists, requirements, manifests and the lock files of five tools."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

_HERE = "assay.ecosystems.pypi"
_INCLUDED = tuple(
    f"**/{name}.txt"
    for name in ("base", "common", "main", "core", "dev", "test", "tests", "prod", "production", "local", "docs", "ci")
)

ECOSYSTEM = Ecosystem(
    name="pypi",
    title="Python (PyPI)",
    purl_types=("pypi",),
    parsers=(
        Parser("pypi-dist-info", f"{_HERE}.installed:dist_info", ("**/*.dist-info/METADATA",)),
        Parser("pypi-record", f"{_HERE}.installed:record", ("**/*.dist-info/RECORD",)),
        Parser("pypi-direct-url", f"{_HERE}.installed:direct_url", ("**/*.dist-info/direct_url.json",)),
        Parser(
            "pypi-egg-info",
            f"{_HERE}.installed:egg_info",
            ("**/*.egg-info/PKG-INFO", "**/EGG-INFO/PKG-INFO", "**/*.egg-info"),
        ),
        Parser(
            "pypi-egg-requires",
            f"{_HERE}.installed:egg_requires",
            ("**/*.egg-info/requires.txt", "**/EGG-INFO/requires.txt"),
        ),
        Parser(
            "pypi-embedded-sbom",
            f"{_HERE}.embedded:parse",
            tuple(f"**/*.dist-info/sboms/*.{kind}" for kind in ("json", "xml", "cdx", "spdx")),
        ),
        Parser("pypi-wheel", f"{_HERE}.archives:wheel", ("**/*.whl", "**/*.egg"), max_size=512 << 20),
        Parser("pypi-sdist", f"{_HERE}.archives:sdist", ("**/*-*.tar.gz", "**/*-*.tgz")),
        Parser(
            "pypi-requirements",
            f"{_HERE}.requirements:parse",
            ("**/*requirements*.txt", "**/requirements/*.txt", "**/*requirements*.in"),
        ),
        Parser("pypi-included", f"{_HERE}.requirements:included", _INCLUDED, max_size=1 << 20),
        Parser("pypi-constraints", f"{_HERE}.requirements:constraints", ("**/*constraints*.txt",)),
        Parser("pypi-poetry-lock", f"{_HERE}.poetry:parse", ("**/poetry.lock",)),
        Parser("pypi-pdm-lock", f"{_HERE}.pdm:parse", ("**/pdm.lock",)),
        Parser("pypi-uv-lock", f"{_HERE}.uv:parse", ("**/uv.lock",)),
        Parser("pypi-pylock", f"{_HERE}.pylock:parse", ("**/pylock.toml", "**/pylock.*.toml")),
        Parser("pypi-pipfile-lock", f"{_HERE}.pipfile:parse", ("**/Pipfile.lock",)),
        Parser("pypi-pyproject", f"{_HERE}.pyproject:parse", ("**/pyproject.toml",)),
        Parser("pypi-setup-cfg", f"{_HERE}.setup_files:parse_cfg", ("**/setup.cfg",)),
        Parser("pypi-setup-py", f"{_HERE}.setup_files:parse_py", ("**/setup.py",)),
    ),
    assemble=f"{_HERE}.assembly:assemble",
    proof=Proof.NATIVE,
    origin="pip, poetry, pdm, uv and pipenv",
    osv=("PyPI",),
    osv_fold="pep503",
)
