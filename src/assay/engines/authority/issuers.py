"""Whose tokens are taken, in Fulcio's own YAML: ``oidc-issuers``, ``meta-issuers``, ``ci-issuer-metadata``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from assay.engines.authority import templates
from assay.engines.authority.identity import Identity
from assay.engines.authority.requests import BAD_TOKEN as BAD
from assay.errors import Malformed, Refused
from assay.formats import json, yaml
from assay.formats.json import Object
from assay.model.identity import CLAIMS

_SUBJECT = 24
EXTENSIONS = {name: number for number, name in CLAIMS.items() if number != _SUBJECT}
"""What a template may fill; the subject is always that of the token."""
_OPTIONAL = {"deployment-environment"}
TYPES = ("email", "uri", "spiffe", "username", "kubernetes", "ci-provider", "chainguard-identity")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\Z", re.ASCII)
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\Z", re.ASCII)
_WILD = "[-_a-zA-Z0-9]+"


@dataclass(frozen=True, slots=True)
class Provider:
    """How the claims of a CI provider become the extensions."""

    defaults: Mapping[str, str]
    extensions: Mapping[str, str]
    name: str


@dataclass(frozen=True, slots=True)
class Issuer:
    """One that is trusted; `url` has ``*`` where it is a pattern."""

    url: str
    audience: str
    type: str
    provider: Provider | None = None
    issuer_claim: str = ""
    subject_domain: str = ""
    trust_domain: str = ""
    challenge_claim: str = ""
    skip_email_verification: bool = False

    @property
    def challenge(self) -> str:
        """The claim that a proof of possession signs."""
        return self.challenge_claim or ("email" if self.type == "email" else "sub")

    def described(self) -> Object:
        """As ``/api/v2/configuration`` shows it."""
        return {
            "wildcardIssuerUrl" if "*" in self.url else "issuerUrl": self.url,
            "audience": self.audience,
            "challengeClaim": self.challenge,
            "spiffeTrustDomain": self.trust_domain,
            "issuerType": self.type,
            "subjectDomain": self.subject_domain,
            "skipEmailVerification": self.skip_email_verification,
        }


@dataclass(frozen=True, slots=True)
class Issuers:
    """All that are trusted: by URL, and by pattern."""

    exact: Mapping[str, Issuer] = field(default_factory=dict)
    patterns: tuple[Issuer, ...] = ()

    def of(self, url: str) -> Issuer:
        """The one with that URL; raises `Refused`, without a word on which there are."""
        if url in self.exact:
            return self.exact[url]
        for issuer in self.patterns:
            if re.fullmatch(re.escape(issuer.url).replace(r"\*", _WILD), url):
                return replace(issuer, url=url)
        raise Refused(BAD, "its issuer is not one of this instance")

    def described(self) -> list[Object]:
        """All of them, as ``/api/v2/configuration`` shows them."""
        return [issuer.described() for issuer in (*self.exact.values(), *self.patterns)]


def read(text: bytes | str) -> Issuers:
    """Fulcio's configuration; raises `Malformed`."""
    value = yaml.load_object(text)
    found = json.as_object(value.get("ci-issuer-metadata"))
    providers = {name: _provider(json.as_object(item)) for name, item in found.items()}
    exact, wild = (
        [_issuer(url, json.as_object(item), providers) for url, item in json.as_object(value.get(key)).items()]
        for key in ("oidc-issuers", "meta-issuers")
    )
    return Issuers({issuer.url: issuer for issuer in exact}, tuple(wild))


def _provider(item: Object) -> Provider:
    texts = {
        key: {name: json.as_text(text) for name, text in json.as_object(item.get(key)).items()}
        for key in ("default-template-values", "extension-templates")
    }
    unknown = set(texts["extension-templates"]) - set(EXTENSIONS)
    if unknown:
        raise Malformed(f"ci-issuer-metadata has templates for unknown extensions: {', '.join(sorted(unknown))}")
    name = json.as_text(item.get("subject-alternative-name-template"))
    return Provider(texts["default-template-values"], texts["extension-templates"], name)


def _issuer(url: str, item: Object, providers: Mapping[str, Provider]) -> Issuer:
    url = json.as_text(item.get("issuer-url")) or url
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")):
        raise Malformed(f"the issuer {url} has no https URL")
    kind = json.as_text(item.get("type"))
    if kind not in TYPES:
        raise Malformed(f"the issuer {url} has the type {kind!r}; there are {', '.join(TYPES)}")
    provider = providers.get(json.as_text(item.get("ci-provider")))
    if kind == "ci-provider" and provider is None:
        raise Malformed(f"the issuer {url} names a ci-provider that ci-issuer-metadata does not have")
    trust, domain = json.as_text(item.get("spiffe-trust-domain")), json.as_text(item.get("subject-domain"))
    if (kind == "spiffe" and not trust) or (kind in ("uri", "username") and not domain):
        raise Malformed(f"the issuer {url} needs a {'spiffe-trust-domain' if kind == 'spiffe' else 'subject-domain'}")
    audience = json.as_text(item.get("client-id"))
    if not audience:
        raise Malformed(f"the issuer {url} needs a client-id")
    return Issuer(
        url,
        audience,
        kind,
        provider,
        json.as_text(item.get("issuer-claim")),
        domain,
        trust,
        json.as_text(item.get("challenge-claim")),
        item.get("skip-email-verification") is True,
    )


def identify(issuer: Issuer, claims: Object) -> Identity:
    """Who the (verified) claims of a token are about; raises `Refused`."""
    subject = json.as_text(claims.get("sub"))
    if not subject:
        raise Refused(BAD, "it has no subject")
    made = {"email": _email, "uri": _uri, "spiffe": _spiffe, "username": _username, "kubernetes": _kubernetes}
    kind, name = made[issuer.type](issuer, claims, subject) if issuer.type in made else ("uri", "")
    found: dict[int, str] = {}
    if issuer.provider is not None:
        found, name = _ci(issuer.provider, claims)
    elif issuer.type == "chainguard-identity":
        name = f"{issuer.url}/{subject}"
    if not name.isascii() or not name.isprintable() or not 0 < len(name) <= 4096:
        raise Refused(BAD, "its identity cannot stand in a certificate")
    challenge = json.as_text(claims.get(issuer.challenge)) or subject
    return Identity(kind, name, _issuer_name(issuer, claims), subject, challenge, found)


def _issuer_name(issuer: Issuer, claims: Object) -> str:
    """The issuer, or the one behind it: ``$.federated_claims.connector_id``."""
    if not issuer.issuer_claim:
        return issuer.url
    value: object = claims
    for part in issuer.issuer_claim.removeprefix("$.").split("."):
        value = json.as_object(value).get(part)
    text = json.as_text(value)
    if not text:
        raise Refused(BAD, "it does not say where the identity comes from")
    return text


def _email(issuer: Issuer, claims: Object, subject: str) -> tuple[str, str]:
    email = json.as_text(claims.get("email"))
    if claims.get("email_verified") is not True and not issuer.skip_email_verification:
        raise Refused(BAD, "its email address is not verified")
    if not _EMAIL.match(email):
        raise Refused(BAD, "it has no email address")
    return "email", email


def _uri(issuer: Issuer, claims: Object, subject: str) -> tuple[str, str]:
    mine, wanted = urlsplit(subject), urlsplit(issuer.subject_domain)
    if (mine.scheme, mine.netloc) != (wanted.scheme, wanted.netloc) or not mine.scheme:
        raise Refused(BAD, "its subject is of another domain")
    return "uri", subject


def _spiffe(issuer: Issuer, claims: Object, subject: str) -> tuple[str, str]:
    parts = urlsplit(subject)
    bare = not (parts.query or parts.fragment or "%" in subject) and ".." not in parts.path.split("/")
    if parts.scheme != "spiffe" or parts.netloc != issuer.trust_domain or not parts.path.strip("/") or not bare:
        raise Refused(BAD, "its subject is no SPIFFE ID of the trust domain")
    return "uri", subject


def _username(issuer: Issuer, claims: Object, subject: str) -> tuple[str, str]:
    if "@" in subject or "!" in subject:
        raise Refused(BAD, "its subject is no user name")
    return "username", f"{subject}!{issuer.subject_domain}"


def _kubernetes(issuer: Issuer, claims: Object, subject: str) -> tuple[str, str]:
    there = json.as_object(claims.get("kubernetes.io"))
    space = json.as_text(there.get("namespace"))
    account = json.as_text(json.as_object(there.get("serviceaccount")).get("name"))
    if not _NAME.match(space) or not _NAME.match(account):
        raise Refused(BAD, "it names no service account")
    return "uri", f"https://kubernetes.io/namespaces/{space}/serviceaccounts/{account}"


def _ci(provider: Provider, claims: Object) -> tuple[dict[int, str], str]:
    texts = {key: json.as_text(value) for key, value in claims.items() if json.as_text(value)}
    found = {}
    for name, template in provider.extensions.items():
        if name in _OPTIONAL and "{{" not in template and template not in texts:
            continue
        found[EXTENSIONS[name]] = templates.apply(template, texts, provider.defaults, name)
    return found, templates.apply(provider.name, texts, provider.defaults, "subject-alternative-name")
