"""Verifications: targets are opened, their signatures found, and judged by `assay.engines.verify`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from assay.app.claims import compiled, held_to
from assay.engines.verify import Artifact, NotVerified, Options, verify
from assay.errors import AssayError, InputError, Refused, UsageError
from assay.formats import intoto, pem, sigstore_bundle, strict_json
from assay.model.bundle import Bundle, Envelope, MessageSignature
from assay.model.trusted_root import Authority, Validity
from assay.model.verification import Judgement, Outcome

if TYPE_CHECKING:
    from assay.adapters.access import Access
    from assay.adapters.trust_roots import Root
    from assay.engines.policy.cel.conditions import Condition
    from assay.engines.provenance import Expected
    from assay.engines.provenance.summary import ExpectedSummary
    from assay.engines.verify.identities import Policy
    from assay.model.digest import Digest

BESIDE = (".sigstore.json", ".sigstore", ".bundle")
"""Endings of the file beside an artifact that may hold its bundle, in the order in which they are tried."""
MAX_BUNDLE = 64 << 20
MAX_ATTESTATIONS = 64
"""Of one file, beside it."""
_DIGEST = re.compile(r"(sha256|sha384|sha512):([0-9a-f]{64,128})")


_NO_ANNOTATIONS: Mapping[str, str] = {}


class VerifyRequest(NamedTuple):
    """What ``assay verify`` is asked for; the fields are its flags (docs/reference/commands.md).

    `attestation` asks for attestations instead of signatures, of one of `types` where any is given. Of `key`,
    `certificate` and `authorities` the files are meant.
    """

    access: Access
    root: Root
    policy: Policy | None = None
    key: str = ""
    bundle: Path | None = None
    signature: Path | None = None
    certificate: Path | None = None
    authorities: Path | None = None
    types: Sequence[str] = ()
    attestation: bool = False
    annotations: Mapping[str, str] = _NO_ANNOTATIONS
    ignore_log: bool = False
    ignore_sct: bool = False
    signed_timestamps: bool = False
    min_times: int = 1
    recursive: bool = False
    platform: str = ""
    provenance: Expected | None = None
    summary: ExpectedSummary | None = None
    registry_keys: Path | None = None
    conditions: Sequence[str] = ()
    note: Callable[[str], None] = lambda text: None


def options(request: VerifyRequest) -> Options:
    """What is demanded of each signature; raises `InputError` for key and certificate files that are none."""
    root = request.root.root
    if request.authorities is not None:
        chain = pem.certificates(_small(request.authorities))
        root = root._replace(authorities=(Authority(str(request.authorities), chain, Validity()),))
    if request.signed_timestamps and not root.timestamp_authorities:
        raise UsageError("the trusted root has no timestamp authority", "give one that has: --trusted-root FILE")
    own = request.authorities is not None and request.ignore_log
    return Options(
        root=root,
        policy=request.policy,
        key=public_key(request.key) if request.key else None,
        min_times=0 if own and not request.signed_timestamps else request.min_times,
        need_timestamp=request.signed_timestamps,
        ignore_log=request.ignore_log,
        ignore_sct=request.ignore_sct,
        predicate_types=tuple(kind for name in request.types for kind in intoto.wanted(name)),
    )


def public_key(name: str) -> bytes:
    """A public key (DER) out of a PEM file, of the environment (``env://NAME``), a token or a key service."""
    if ":" in name:
        from assay.adapters import signers

        held = signers.public_key(name)
        if held is not None:
            return held
    if name.startswith("env://"):
        import os

        text = os.environ.get(name.removeprefix("env://"))
        if text is None:
            raise UsageError(f"{name}: there is no such variable", "set it to the public key in PEM")
        data = text.encode()
    else:
        data = _small(Path(name))
    for label, content in pem.blocks(data):
        if label in ("PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE"):
            return content
    raise InputError(f"{name} holds no public key", "name the .pub file; a private key stays at home")


def verify_all(targets: Sequence[str], request: VerifyRequest) -> Iterator[Judgement]:
    """Each target with its verdict; many files share the work of all cores."""
    wanted = options(request)
    conditions = compiled(request.conditions)
    other = _of_its_own_form(request, wanted)
    if other is not None:
        for target in targets:
            yield held_to(other(target), None, conditions)
        return
    if len(targets) >= _MANY and all(map(_is_file, targets)):
        yield from _in_parallel(targets, request, wanted)
        return
    for target in targets:
        yield held_to(judge(target, request, wanted), request.provenance, conditions)


def _of_its_own_form(request: VerifyRequest, wanted: Options) -> Callable[[str], Judgement] | None:
    if not request.attestation:
        return None
    from assay.app import provenances

    return provenances.of(request, wanted)


_MANY = 64


def _is_file(target: str) -> bool:
    return Path(target).is_file()


def _in_parallel(targets: Sequence[str], request: VerifyRequest, wanted: Options) -> Iterator[Judgement]:
    import multiprocessing
    import os
    from functools import partial

    one = partial(_quietly, request=request._replace(note=_silent), wanted=wanted)
    workers = min(os.cpu_count() or 1, 8)
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        yield from pool.imap(one, targets, chunksize=16)


def _silent(text: str) -> None:
    """Workers have nothing to say but their verdicts."""


def _quietly(target: str, request: VerifyRequest, wanted: Options) -> Judgement:
    return held_to(judge(target, request, wanted), request.provenance, _conditions(tuple(request.conditions)))


@lru_cache(1)
def _conditions(texts: tuple[str, ...]) -> list[Condition]:
    """In a worker: what was compiled does not travel between processes."""
    return compiled(texts)


def judge(target: str, request: VerifyRequest, wanted: Options) -> Judgement:
    """One target: a file, a folder, a digest, or an image where it lies.

    Raises `UsageError` where something must be said first, `InputError` where the target is not there.
    """
    if match := _DIGEST.fullmatch(target):
        return _blob(target, Artifact(digests=[(match[1], match[2])]), None, request, wanted)
    path = local_path(target)
    if path is not None and path.is_dir():
        from assay.adapters import tree

        document = tree.document(path, request.bundle)
        return _blob(target, Artifact(document), path, request, wanted)
    if path is not None:
        return _blob(target, _artifact(path, wanted), path, request, wanted)
    return _image(target, request, wanted)


def local_path(target: str) -> Path | None:
    """The file or folder that a target names; None for images."""
    scheme, parted, rest = target.partition(":")
    if parted and scheme in ("file", "dir", "sbom"):
        path = Path(rest)
        if not path.exists():
            raise InputError(f"there is no {path}", "check the path")
        return path
    path = Path(target)
    if path.is_file():
        return None if _is_archive(path) else path
    if path.is_dir() and not (path / "index.json").is_file():
        return path
    if not path.exists() and (target.startswith((".", "/", "~")) or not set(target) & set("/:@")):
        raise InputError(f"there is no file {target}", "check the path; an image is written HOST/NAME:TAG")
    return None


def _is_archive(path: Path) -> bool:
    """Whether a file is an OCI layout in a tar and has no signature of its own beside it."""
    if any(path.with_name(path.name + ending).is_file() for ending in BESIDE):
        return False
    try:
        with path.open("rb") as file:
            if file.read(512)[257:262] != b"ustar":
                return False
    except OSError:
        return False
    import tarfile
    from itertools import islice

    try:
        with tarfile.open(path, "r:") as archive:
            return any(member.name.removeprefix("./") == "oci-layout" for member in islice(archive, 64))
    except (tarfile.TarError, OSError, EOFError, ValueError):
        return False


def _artifact(path: Path, wanted: Options) -> Artifact:
    """A file; of a large one only the digests, where these are enough for the key."""
    import hashlib

    try:
        if path.stat().st_size < _LARGE or (wanted.key is not None and len(wanted.key) == _ED25519):
            return Artifact(path.read_bytes())
        states = {name: hashlib.new(name) for name in ("sha256", "sha384", "sha512")}
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                for state in states.values():
                    state.update(piece)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", "check the path") from error
    return Artifact(digests=[(name, state.hexdigest()) for name, state in states.items()])


_LARGE = 64 << 20
_ED25519 = 44
"""Bytes of the SubjectPublicKeyInfo of an Ed25519 key, whose signatures are over the whole file."""


def _small(path: Path) -> bytes:
    from assay.adapters.trust_roots import read_file

    return read_file(path)


def _blob(target: str, artifact: Artifact, path: Path | None, request: VerifyRequest, wanted: Options) -> Judgement:
    found = _bundles(path, request)
    for place, bundle in found:
        if request.attestation and not isinstance(bundle.content, Envelope):
            raise InputError(f"{place} holds a signature, no attestation", "`assay verify` checks signatures")
    digest = f"sha256:{artifact.digests['sha256']}" if "sha256" in artifact.digests else ""
    outcomes = tuple(_outcome(place, bundle, artifact, wanted) for place, bundle in found)
    return Judgement(target, outcomes, digest, need=_need(request))


def _need(request: VerifyRequest) -> int:
    return request.policy.need if request.policy is not None and not request.key else 1


def subject(judged: Judgement) -> Digest:
    """The digest under which a verdict is kept."""
    import hashlib

    from assay.model.digest import Algorithm, Digest

    algorithm, _, value = judged.digest.partition(":")
    if value:
        return Digest(Algorithm(algorithm), value)
    return Digest(Algorithm.SHA256, hashlib.sha256(judged.target.encode()).hexdigest())


def _outcome(place: str, bundle: Bundle, artifact: Artifact, wanted: Options) -> Outcome:
    form = f"bundle {bundle.form}" if bundle.form[:1].isdigit() else bundle.form
    try:
        return Outcome(place, form, verify(bundle, artifact, wanted))
    except NotVerified as error:
        return Outcome(place, form, error.verification, Refused(error.what, error.remedy), error.step)
    except Refused as error:
        return Outcome(place, form, None, error)


def _bundles(path: Path | None, request: VerifyRequest) -> list[tuple[str, Bundle]]:
    """The signature of a file: what the flags name, else the bundle beside it; of attestations all that are there."""
    if request.signature is not None:
        return [(str(request.signature), _detached(request))]
    places = [request.bundle] if request.bundle is not None else _beside(path, attestation=request.attestation)
    if not places:
        tried = f"; {path.name}{BESIDE[0]} is not beside it" if path is not None else ""
        raise InputError(f"no signature is named{tried}", "name it: --bundle FILE, or --signature FILE with its key")
    return [(str(place), _with_certificate(_read(place), request)) for place in places]


def _beside(path: Path | None, *, attestation: bool) -> list[Path]:
    if path is None:
        return []
    attested = [item for item in attestation_files(path) if item.is_file()] if attestation else []
    others = (path.with_name(path.name + ending) for ending in BESIDE)
    return attested or [item for item in others if item.is_file()][:1]


def attestation_files(path: Path) -> list[Path]:
    """Where the attestations of a file may be: ``app.att.sigstore.json``, ``app.att1.sigstore.json`` …"""
    return [path.with_name(f"{path.name}.att{number or ''}{BESIDE[0]}") for number in range(MAX_ATTESTATIONS)]


def _read(place: Path) -> Bundle:
    data = _small(place)
    return sigstore_bundle.read(data) if sigstore_bundle.is_bundle(data) else _other(data, place)


def _other(data: bytes, place: Path) -> Bundle:
    """A bare DSSE envelope, or a bare signature in base64."""
    from assay.formats import dsse

    if data.lstrip()[:1] == b"{":
        return Bundle("envelope", dsse.read(data), key_hint="-")
    text = data.decode("ascii", "replace").strip()
    return Bundle("signature", MessageSignature(strict_json.decode(text, str(place))), key_hint="-")


def _detached(request: VerifyRequest) -> Bundle:
    assert request.signature is not None
    data = _small(request.signature)
    try:
        found = _other(data, request.signature)
    except InputError:
        found = Bundle("signature", MessageSignature(data), key_hint="-")
    return _with_certificate(found, request)


def _with_certificate(bundle: Bundle, request: VerifyRequest) -> Bundle:
    if request.certificate is None or bundle.certificates:
        return bundle
    data = _small(request.certificate)
    if b"-----BEGIN" not in data:
        data = strict_json.decode(data.decode("ascii", "replace").strip(), str(request.certificate))
    return bundle._replace(certificates=pem.certificates(data), key_hint="")


def _image(target: str, request: VerifyRequest, wanted: Options) -> Judgement:
    from assay.app.images import ImageRequest, tree
    from assay.model.image_tree import AttachedKind
    from assay.workflows import image_signatures

    asked = ImageRequest(target, request.access, request.platform, request.note)
    place, node = tree(asked)
    kind = AttachedKind.ATTESTATION if request.attestation else AttachedKind.SIGNATURE
    demand = image_signatures.Wanted(wanted, kind, request.annotations)
    outcomes = [_attached(item) for item in image_signatures.judge(place.pull, node, demand)]
    below = tuple(
        Judgement(
            str(child.item.digest),
            tuple(map(_attached, image_signatures.judge(place.pull, child, demand))),
            need=_need(request),
        )
        for child in (node.children if request.recursive else ())
        if child.hangs is None
    )
    return Judgement(place.name, tuple(outcomes), str(node.item.digest), below, _need(request))


def _attached(item: object) -> Outcome:
    from assay.workflows.image_signatures import Judged

    assert isinstance(item, Judged)
    form = item.signature.form if item.signature is not None else ""
    if isinstance(item.reason, NotVerified):
        return Outcome(item.place, form, item.reason.verification, item.reason, item.reason.step)
    reason: AssayError | None = item.reason
    return Outcome(item.place, form, item.verification, reason)
