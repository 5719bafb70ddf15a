"""Verifies a signature with its material: time, chain, certificate log, identity, log entry, signature, subject.

Each step either finds what it looks for, and writes that down in the `Verification`, or raises `Refused`, whose text
begins with the number and name of the step, says what was found and what was wanted, and whose remedy names the flag
or file that would mend it. A key instead of a certificate leaves out the steps that are about certificates.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from assay.engines.verify import entries
from assay.engines.verify.identities import Policy
from assay.errors import AssayError, InputError, Refused, UsageError
from assay.formats import certificate, dsse, intoto, timestamp
from assay.model.bundle import Bundle, Envelope, LogEntry, MessageSignature
from assay.model.certificate import Certificate
from assay.model.trusted_root import Authority, TrustedRoot
from assay.model.verification import STEPS, Verification
from assay.trust import certificates, keys, sct, timestamps

MAX_OFFERED = 8
"""Certificates of a bundle that are looked at: the leaf, and authorities between it and a trusted one."""


_ROOT = "name the trusted root of the instance that was used: --trusted-root FILE, or --instance URL"
_REMEDIES = {
    "time": _ROOT,
    "chain": f"{_ROOT}; --ca-roots FILE names certificate authorities of your own",
    "certificate log": f"{_ROOT}; --insecure-ignore-sct leaves this step out",
    "log entry": "name the bundle and the key that belong together (--bundle FILE, --key FILE), or have it signed anew",
    "signature": "name the artifact that was signed, and the key that signed it: --key FILE",
    "subject": "name the attestation that is wanted: --bundle FILE, --type TYPE",
}
"""What mends a failure that says nothing closer, by step."""


class NotVerified(Refused):
    """A step failed: `verification` has what the steps before it found, `step` is the number and name of it."""

    def __init__(self, step: str, error: AssayError, verification: Verification) -> None:
        name = step.partition("(")[2].rstrip(")")
        super().__init__(f"step {step}: {error.what}", error.remedy or _REMEDIES.get(name, ""))
        self.step = step
        self.found = error.what
        self.verification = verification


class Artifact:
    """What is to be verified: a file's bytes, or only its digests by algorithm (hexadecimal)."""

    def __init__(self, data: bytes | None = None, digests: Sequence[tuple[str, str]] = ()) -> None:
        self._data = data
        self.digests = dict(digests)
        if data is not None:
            self.digests |= {name: hashlib.new(name, data).hexdigest() for name in ("sha256", "sha384", "sha512")}

    @property
    def signed(self) -> keys.Signed:
        """As a signature is over it."""
        known = {name: value for name, value in self.digests.items() if name in ("sha256", "sha384", "sha512")}
        return keys.Signed(self._data, {name: bytes.fromhex(value) for name, value in known.items()})


class Options(NamedTuple):
    """What is demanded.

    `root` is the trusted root; None leaves out everything that needs one (then `authorities` are the certificate
    authorities, and certificates count at `now`, by default this moment). `key` (DER) takes the place of a certificate.
    `need_timestamp` wants the word of a timestamp authority. `predicate_types` are wanted of attestations, if any.
    """

    root: TrustedRoot | None = None
    policy: Policy | None = None
    key: bytes | None = None
    authorities: Sequence[Authority] = ()
    min_times: int = 1
    need_timestamp: bool = False
    ignore_log: bool = False
    ignore_sct: bool = False
    predicate_types: Sequence[str] = ()
    now: datetime | None = None


def verify(bundle: Bundle, artifact: Artifact, options: Options) -> Verification:
    """The verification; raises `Refused` with the step that failed, `UsageError` where something must be said first."""
    return _Verifying(bundle, artifact, options).run()


class _Verifying:
    def __init__(self, bundle: Bundle, artifact: Artifact, options: Options) -> None:
        self._bundle = bundle
        self._artifact = artifact
        self._options = options
        self._result = Verification()
        self._at = ""

    def run(self) -> Verification:
        if self._options.key is None and not self._bundle.certificates:
            raise Refused("the signature was made with a key", "name the public key: --key FILE")
        if self._options.key is None and self._options.policy is None:
            self._tell_identity()
        try:
            self._steps()
        except (Refused, InputError) as error:
            raise NotVerified(self._at, error, self._result) from error
        return self._result

    def _tell_identity(self) -> None:
        found = certificates.identity(certificates.load(self._bundle.certificates[0]))
        raise UsageError(
            f"signed by {found}; say whom you expect",
            "--certificate-identity NAME --certificate-oidc-issuer URL, or --unsafe-any-identity",
        )

    def _step(self, name: str) -> None:
        self._at = f"{STEPS.index(name) + 1} ({name})"

    def _steps(self) -> None:
        by_key = self._options.key is not None
        self._step("time")
        times = self._times()
        key = keys.load(self._options.key) if self._options.key is not None else self._signer(times)
        verifier = self._options.key if self._options.key is not None else self._bundle.certificates[0]
        assert verifier is not None
        self._step("log entry")
        self._log(verifier, times, by_key=by_key)
        self._step("signature")
        self._signature(key)
        self._step("subject")
        self._subject()

    def _times(self) -> list[datetime]:
        """The moments at which others saw the signature."""
        root, found = self._options.root, list[datetime]()
        if root is None:
            return found
        told, failed, voices = list[str](), list[Refused](), set[str]()
        stamped = False
        if len(set(self._bundle.timestamps)) != len(self._bundle.timestamps):
            raise Refused("the bundle has the same timestamp twice")
        if len(set(self._bundle.entries)) != len(self._bundle.entries):
            raise Refused("the bundle has the same log entry twice")
        for data in self._bundle.timestamps:
            try:
                moment, who = timestamps.check(timestamp.read(data), self._stamped(), root.timestamp_authorities)
            except Refused as error:  # one that proves nothing does not take away what another proves
                failed.append(error)
                told.append(f"a timestamp does not count: {error.what}")
                continue
            found.append(moment)
            stamped = True
            voices.add(f"timestamp authority {who}")
            told.append(f"{moment} says {who or 'the timestamp authority'}")
        for entry in self._bundle.entries:
            if entry.promise:
                try:
                    log = entries.promised(entry, root)
                except Refused as error:
                    if not self._options.ignore_log:
                        raise
                    told.append(f"a log entry does not count: {error.what}")
                    continue
                found.append(entries.arrival(entry))
                voices.add(f"log {log.log_id.hex()}")
                told.append(f"{found[-1]} says the log {log.url}")
        if self._options.need_timestamp and not stamped:
            raise (
                failed[0] if failed else Refused("no timestamp authority stamped the signature", "sign again with one")
            )
        wanted = self._options.min_times if self._options.key is None else 0
        if len(voices) < wanted and failed:
            raise failed[0]
        if len(voices) < wanted:
            raise Refused(
                f"{len(voices)} of the wanted {wanted} independent services vouch for when this was signed",
                "sign again with a timestamp authority, or a log that promises inclusion",
            )
        self._result.times = tuple(moment.isoformat() for moment in found)
        self._result.took("time", "; ".join(told) or "no time is needed for a key")
        return found

    def _stamped(self) -> bytes:
        """What a timestamp is over: the signature, of which there may be only one."""
        content = self._bundle.content
        if isinstance(content, MessageSignature):
            return content.signature
        if len(content.signatures) != 1:
            raise Refused(f"the envelope has {len(content.signatures)} signatures: a timestamp is about one")
        return content.signatures[0].signature

    def _signer(self, times: Sequence[datetime]) -> keys.Key:
        """The key of a certificate that held when it was used, of whom it should be."""
        options, leaf = self._options, certificates.load(self._bundle.certificates[0])
        self._result.identity = certificates.identity(leaf)
        self._step("chain")
        authorities = options.root.authorities if options.root is not None else options.authorities
        chain: tuple[Certificate, ...] = ()
        offered = [certificates.load(item) for item in self._bundle.certificates[1:MAX_OFFERED]]
        for moment in times or [options.now or datetime.now(UTC)]:
            authority, chain = certificates.authority_of(leaf, authorities, moment, offered=offered)
        self._result.took("chain", f"issued by {authority.uri or certificate.name(chain[0].subject)}")
        if options.root is not None and not options.ignore_sct:
            self._step("certificate log")
            self._result.took("certificate log", f"listed by {sct.check(leaf, chain[0], options.root.ct_logs)}")
        self._step("identity")
        assert options.policy is not None
        self._result.took("identity", options.policy.check(self._result.identity))
        self._result.matched = options.policy.matches(self._result.identity)
        return keys.load(self._bundle.certificates[0])

    def _log(self, verifier: bytes, times: Sequence[datetime], *, by_key: bool) -> None:
        root = self._options.root
        if root is None:
            return
        if self._options.ignore_log:  # but a time that was taken from an entry must be one of this signature
            for entry in self._bundle.entries:
                if entry.promise:
                    self._agrees(entry, verifier)
            return
        if not self._bundle.entries:
            raise Refused("the signature is in no transparency log", "--insecure-ignore-tlog leaves this out")
        for entry in self._bundle.entries:
            log = entries.included(entry, root, times)
            self._agrees(entry, verifier)
            if not by_key and entry.integrated and not entry.promise and not times:
                raise Refused("the log entry has a time that nobody signed")
            self._result.log_index = entry.log_index
            self._result.took("log entry", f"number {entry.log_index} of {log.url}")

    def _agrees(self, entry: LogEntry, verifier: bytes) -> None:
        entries.agrees(entry, self._bundle.content, verifier, self._artifact.digests)

    def _signature(self, key: keys.Key) -> None:
        content = self._bundle.content
        if isinstance(content, Envelope):
            signed = keys.Signed(dsse.encoded(content.payload_type, content.payload))
            self._result.took("signature", _any_of(key, content, signed))
            return
        if content.digest and content.digest.hex() != self._artifact.digests.get(content.algorithm):
            have = self._artifact.digests.get(content.algorithm)
            raise Refused(
                f"the signature is over {content.algorithm}:{content.digest.hex()}, this is"
                f" {content.algorithm}:{have or 'not known'}",
                "name the artifact that was signed",
            )
        self._result.took("signature", keys.check(key, content.signature, self._artifact.signed, content.algorithm))

    def _subject(self) -> None:
        """An attestation must be about the artifact, and of the type that is wanted."""
        content = self._bundle.content
        if not isinstance(content, Envelope):
            return
        if content.payload_type != dsse.IN_TOTO:
            raise Refused(f"the envelope holds {content.payload_type!r}, no in-toto statement")
        statement = intoto.read(content.payload)
        if not any(statement.names(name, value) for name, value in self._artifact.digests.items()):
            digests = ", ".join(f"{name}:{value}" for _, pairs in statement.subjects[:3] for name, value in pairs)
            this = ", ".join(f"{name}:{value}" for name, value in list(self._artifact.digests.items())[:1])
            raise Refused(f"the statement is about {digests}, this is {this}", "name the artifact that it is about")
        wanted = self._options.predicate_types
        if wanted and statement.predicate_type not in wanted:
            what = f"the statement says {statement.predicate_type}, wanted was {' or '.join(wanted)}"
            raise Refused(what, f"if that is right: --type {statement.predicate_type}")
        self._result.predicate_type = statement.predicate_type
        self._result.payload = content.payload
        self._result.took("subject", f"{statement.predicate_type} about this artifact")


def _any_of(key: keys.Key, envelope: Envelope, signed: keys.Signed) -> str:
    """Of several signatures of an envelope one must be of this key."""
    reason: AssayError | None = None
    for item in envelope.signatures:
        try:
            return keys.check(key, item.signature, signed)
        except Refused as error:
            reason = error
    raise reason or Refused("the envelope has no signature")
