"""Package URLs (`assay.formats.purl`): what is read is written, and read again as the same."""

from __future__ import annotations

from assay.errors import AssayError
from assay.formats import purl

SEEDS: list[bytes] = [
    b"pkg:npm/%40babel/core@7.24.0?repository_url=https:%2F%2Fnpm.example#lib/index.js",
    b"pkg:pypi/Django_Rest@1.0RC1?file_name=a.whl",
    b"pkg:swid/Acme/acme.example/Server@1?tag_id=75B8C285-FA7B-485B-B199-4745E3004D0D",
    b"pkg:git/codeberg.org/forgejo/forgejo@a72d2c0#options/a.md",
    b"pkg:julia/AWS@1.88.0?uuid=fbe9abb3-538b-5e4e-ba9e-bc94f4f92ebc",
    b"pkg:///maven/org.apache.commons/io@1.3.4?type=pom&classifier=x",
    b"pkg:cpan/drolsky/DateTime@1.55",
    b"pkg:mlflow/CreditFraud@3?repository_url=https://adb-1.azuredatabricks.net/api",
]


def run(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    purl.read(text)
    try:
        found = purl.parse(text)
    except AssayError:
        return
    written = str(found)
    assert written.isascii()
    assert purl.parse(written) == found
    assert str(purl.parse(written)) == written
