"""The configuration keys: the one table for files, environment, flags, reference and `config show`."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a value looks like."""

    TEXT = "text"
    PATH = "path"
    BOOLEAN = "boolean"
    LIST = "list"


class Key(NamedTuple):
    """A configuration key.

    `flag` is the name that its flag has in the parsed arguments, where it is not the last part of `name`.
    `ignores` says that it only ever leaves something out of a report: such keys are taken from untrusted
    files too.
    """

    name: str
    kind: Kind
    about: str
    default: str | bool | tuple[str, ...] | None = None
    choices: tuple[str, ...] = ()
    ignores: bool = False
    flag: str = ""

    @property
    def variable(self) -> str:
        """The environment variable of the key: ``ASSAY_SBOM_SCOPE`` for ``sbom.scope``."""
        return "ASSAY_" + self.name.replace(".", "_").replace("-", "_").upper()

    @property
    def argument(self) -> str:
        """The attribute of the parsed arguments that overrides the key."""
        return self.flag or self.name.rpartition(".")[2].replace("-", "_")


_GROUPS = ("component", "vulnerability", "severity", "path", "ecosystem")
_SORTS = ("risk", "severity", "id", "package", "epss", "fixed")

KEYS: dict[str, Key] = {
    key.name: key
    for key in (
        Key("admission.database", Kind.TEXT, "the database of several admission controllers: `postgresql://…`", ""),
        Key("cache-dir", Kind.PATH, "where what can be had again is kept; the platform's place when empty"),
        Key("coverage.max-age", Kind.TEXT, "days after which unconfirmed advisory data counts as unknown", "14"),
        Key("data-dir", Kind.PATH, "where evidence and advisories are kept; the platform's place when empty"),
        Key("db.feed", Kind.LIST, "sources of your own: `NAME=osv+ADDRESS` or `NAME=csaf[+complete]+ADDRESS`", ()),
        Key("db.identity", Kind.TEXT, "who must have signed the store at `db.url`: name or URI", flag="db_identity"),
        Key("db.issuer", Kind.TEXT, "who vouched for `db.identity`: the issuer's address", flag="db_issuer"),
        Key("db.key", Kind.PATH, "public key that must have signed the store at `db.url`", flag="db_key"),
        Key(
            "db.source",
            Kind.LIST,
            "advisory sources that `db update` fetches; the default set when empty",
            (),
            flag="db_source",
        ),
        Key("db.starter", Kind.BOOLEAN, "use the advisory data inside the package where the store has none", True),
        Key(
            "db.trusted-root",
            Kind.PATH,
            "trusted root for `db.identity`; the public-good one when empty",
            flag="db_root",
        ),
        Key("db.update", Kind.BOOLEAN, "let `scan` update a store that is older than a day", True),
        Key("db.url", Kind.TEXT, "where a built store is fetched from: a folder on a web server, or `oci://...`"),
        Key("offline", Kind.BOOLEAN, "make no outgoing connection", False),
        Key(
            "policy.opa",
            Kind.TEXT,
            "an OPA server that evaluates the Rego of policies; processes of our own when empty",
            "",
        ),
        Key("registry.authorities", Kind.LIST, "private CAs of registries, `HOST=FILE`", ()),
        Key(
            "registry.credentials", Kind.LIST, "clouds whose identity opens registries: `amazon`, `azure`, `google`", ()
        ),
        Key("registry.mirrors", Kind.LIST, "asked before the registry itself, `HOST=MIRROR[/PREFIX]`", ()),
        Key("registry.plain-http", Kind.LIST, "registry hosts that may be spoken to without TLS", ()),
        Key(
            "sbom.ecosystem",
            Kind.LIST,
            "ecosystems to look for: `NAME` or `+NAME` adds, `-NAME` leaves out",
            (),
        ),
        Key("sbom.exclude", Kind.LIST, "globs of paths that are left out", (), ignores=True),
        Key("sbom.maven-repository", Kind.PATH, "a local repository of Maven that parents and versions are read from"),
        Key("sbom.output", Kind.LIST, "formats to write, as `-o` takes them", ()),
        Key("sbom.platform", Kind.TEXT, "which image of an index, as `linux/arm64`"),
        Key("sbom.record", Kind.BOOLEAN, "keep each SBOM in the evidence store", False),
        Key("sbom.scope", Kind.TEXT, "which files of an image count", "squashed", ("squashed", "all-layers")),
        Key("sbom.source-name", Kind.TEXT, "the name of the root component"),
        Key("sbom.source-supplier", Kind.TEXT, "who supplies the root component"),
        Key("sbom.source-version", Kind.TEXT, "the version of the root component"),
        Key("sbom.strict", Kind.BOOLEAN, "exit 3 when something could not be read", False),
        Key("scan.by-cve", Kind.BOOLEAN, "show findings under their CVE id", False),
        Key("scan.exclude", Kind.LIST, "globs of paths that are left out", (), ignores=True),
        Key("scan.fail-on", Kind.LIST, "exit 1 for `SEVERITY`, `risk:N`, `kev`, `fixable` or `malicious`", ()),
        Key("scan.group-by", Kind.TEXT, "how the table is grouped", "component", _GROUPS),
        Key("scan.max-db-age", Kind.TEXT, "exit 4 when data that was asked is older than so many days"),
        Key("scan.only-fixed", Kind.BOOLEAN, "show only what has a fix", False),
        Key("scan.output", Kind.LIST, "formats to write, as `-o` takes them", ()),
        Key("scan.record", Kind.BOOLEAN, "keep each result in the evidence store", False),
        Key("scan.severity", Kind.LIST, "show only these severities", ()),
        Key("scan.sort", Kind.TEXT, "what comes first", "risk", _SORTS),
        Key("scan.vex", Kind.LIST, "VEX documents to apply", ()),
        Key(
            "sigstore.identity-rate-limit",
            Kind.TEXT,
            "certificates and log entries a second of one identity or key at an instance; 0 without end",
            "0",
        ),
        Key("sigstore.objects", Kind.TEXT, "the object store of an instance with several replicas: `s3://…`", ""),
        Key("sigstore.shard-days", Kind.TEXT, "days after which an instance begins a new log; 0 for never", "0"),
        Key("sigstore.shard-entries", Kind.TEXT, "entries after which an instance begins a new log; 0 for never", "0"),
        Key("sigstore.single-use-tokens", Kind.BOOLEAN, "an identity token is good for one key only", False),
        Key("sigstore.storage", Kind.TEXT, "the database of an instance with several replicas: `postgresql://…`", ""),
        Key("sigstore.witness", Kind.LIST, "witnesses of an instance's log: `URL=NAME+HASH+KEY`", ()),
        Key("sigstore.witness-quorum", Kind.TEXT, "how many witnesses must have signed what is published", "0"),
        Key("verify.record", Kind.BOOLEAN, "keep each verdict in the evidence store", False),
        Key("verify.trusted-root", Kind.PATH, "the trusted root; the public-good instance's when empty"),
    )
}
"""All keys by name."""
