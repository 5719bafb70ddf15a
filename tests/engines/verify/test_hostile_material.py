"""Material that is signed rightly in every part but one, by services that are trusted: what is bent is refused."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from functools import cache

import pytest

from assay.engines.authority import x509
from assay.engines.verify import Artifact, Options, verify
from assay.engines.verify.identities import How, Match, Policy, Wanted
from assay.errors import AssayError, Malformed, Refused
from assay.formats import der, pem, sigstore_bundle, strict_json, timestamp
from assay.model.bundle import Bundle
from assay.model.identity import Identity
from assay.model.trusted_root import Authority
from assay.trust import timestamps
from simulators.small_instance import (
    CA,
    LEAF,
    NOW,
    SAN,
    STAMPER,
    YEARS,
    Held,
    Instance,
    bundle,
    over_file,
    over_statement,
)

DATA = b"what is signed"
DIGEST = hashlib.sha256(DATA).digest()


@cache
def instance() -> Instance:
    return Instance()


def options(**changes: object) -> Options:
    chosen = Options(root=instance().trusted, policy=Policy(), ignore_sct=True)
    return chosen._replace(**changes)  # type: ignore[arg-type]


def refusal(made: Bundle, wanted: Options | None = None) -> str:
    with pytest.raises(Refused) as error:
        verify(made, Artifact(DATA), wanted or options())
    return error.value.what


def logged(signer: Held | None = None) -> Bundle:
    """A good one: signed, promised by the log, stamped."""
    signer = signer or instance().leaf()
    content = over_file(signer, DATA)
    entry = instance().entry(signer, content.signature, DIGEST)
    return bundle(content, signer, [entry], [instance().stamp(content.signature)])


def stamped(signer: Held, *above: Held) -> Bundle:
    """A good one without a log."""
    content = over_file(signer, DATA)
    return bundle(content, signer, (), [instance().stamp(content.signature)], above)


def test_good_material_is_accepted() -> None:
    assert verify(logged(), Artifact(DATA), options()).identity is not None
    assert verify(stamped(instance().leaf()), Artifact(DATA), options(ignore_log=True)).times


def test_a_promise_must_be_signed_even_where_a_timestamp_gives_the_time() -> None:
    good = logged()
    for promise, seconds in ((b"\0" * 70, 0), (b"\0" * 70, good.entries[0].integrated), (b"\0", 1 << 60), (b"\0", -1)):
        entry = good.entries[0]._replace(promise=promise, integrated=seconds)
        refusal(good._replace(entries=(entry,)))


def test_the_time_of_an_entry_about_something_else_does_not_count() -> None:
    """A key that was stolen after its certificate had ended, with an entry of the time when it had not."""
    signer = instance().leaf()
    elder = logged(signer).entries
    made = bundle(over_file(signer, DATA)._replace(signature=signer.key.sign(DATA)), signer, elder)
    assert "another signature" in refusal(made)
    assert "another signature" in refusal(made, options(ignore_log=True))


def test_a_timestamp_is_about_the_signature_that_is_checked() -> None:
    """Two signatures in an envelope: the elder one was stamped, the newer one is what verifies."""
    signer = instance().leaf()
    content = over_statement([instance().leaf(), signer], DATA)
    made = bundle(content, signer, (), [instance().stamp(content.signatures[0].signature)])
    assert "2 signatures" in refusal(made, options(ignore_log=True))


def test_an_entry_about_another_file_is_refused() -> None:
    signer = instance().leaf()
    content = over_file(signer, DATA)._replace(algorithm="", digest=b"")
    entry = instance().entry(signer, content.signature, hashlib.sha256(b"another").digest())
    assert "the log entry is about sha256:" in refusal(bundle(content, signer, [entry]))


def test_a_log_that_had_ended_is_refused_by_signed_times_alone() -> None:
    ended = instance().trusted._replace(logs=(instance().log_noun(until=NOW - timedelta(days=1)),))
    assert "was not trusted at" in refusal(logged(), options(root=ended))
    lying = logged()
    entry = lying.entries[0]._replace(integrated=lying.entries[0].integrated - 2 * 86400)
    assert "promise" in refusal(lying._replace(entries=(entry,)), options(root=ended))


def test_several_times_are_of_several_services() -> None:
    made = logged()
    again = instance().stamp(made.content.signature)  # type: ignore[union-attr]
    only = made._replace(timestamps=(*made.timestamps, again), entries=())
    assert verify(only, Artifact(DATA), options(ignore_log=True)).times
    assert "1 of the wanted 2" in refusal(only, options(ignore_log=True, min_times=2))
    assert len(verify(made, Artifact(DATA), options(min_times=2)).times) == 2


def _stamp_refusal(by: Held) -> str:
    token = timestamp.read(instance().stamp(b"signature", by=by))
    with pytest.raises(Refused) as error:
        timestamps.check(token, b"signature", instance().trusted.timestamp_authorities)
    return error.value.what


def test_only_the_timestamper_of_the_trusted_root_stamps() -> None:
    other = instance().stamper_ca.issue("stamper", STAMPER, NOW - timedelta(days=1), YEARS)
    assert "another certificate" in _stamp_refusal(other)
    only_root = Authority("tsa.example", (instance().stamper_ca.data,))
    token = timestamp.read(instance().stamp(b"signature", by=other))
    assert timestamps.check(token, b"signature", [only_root])[1] == "tsa.example"


@pytest.mark.parametrize(
    "uses",
    [
        x509.extended_usage(x509.TIME_STAMPING),
        x509.extended_usage(x509.CODE_SIGNING, critical=True),
        x509.extension("2.5.29.37", der.sequence(der.oid(x509.TIME_STAMPING), der.oid(x509.CODE_SIGNING)), True),
    ],
    ids=["not critical", "code signing", "both"],
)
def test_timestampers_are_made_for_time_stamping_alone(uses: bytes) -> None:
    signer = instance().stamper_ca.issue("stamper", (x509.key_usage(0), uses), NOW - timedelta(days=1), YEARS)
    token = timestamp.read(instance().stamp(b"signature", by=signer))
    with pytest.raises(Refused):
        timestamps.check(token, b"signature", [Authority("tsa.example", (instance().stamper_ca.data,))])


def _below(extensions: tuple[bytes, ...]) -> Bundle:
    """Signed below an authority of the signer's own, which the trusted one issued and the bundle brings along."""
    own = instance().ca.issue("own", extensions, NOW - timedelta(days=1), YEARS)
    return stamped(own.issue("", (*LEAF, SAN)), own)


def test_authorities_that_come_along_are_used_as_far_as_they_may() -> None:
    assert verify(_below(CA), Artifact(DATA), options(ignore_log=True)).identity is not None


UNKNOWN = x509.extension("1.2.3.4", b"\5\0", critical=True)
NAMES = x509.extension("2.5.29.30", der.sequence(), critical=True)


@pytest.mark.parametrize(
    "extensions",
    [
        (),
        (x509.key_usage(0),),
        (x509.extension("2.5.29.19", der.sequence()), x509.key_usage(5)),
        (x509.basic_constraints(None), x509.key_usage(0)),
        (*CA, UNKNOWN),
        (*CA, NAMES),
        (*CA, x509.extended_usage(x509.TIME_STAMPING)),
    ],
    ids=["a leaf", "a signer", "no authority", "no certificates", "not known", "names", "other purpose"],
)
def test_what_is_no_authority_for_signers_issues_none(extensions: tuple[bytes, ...]) -> None:
    refusal(_below(extensions), options(ignore_log=True))


def test_an_authority_that_may_have_none_below_it_has_none() -> None:
    last = instance().top.issue("last", (x509.basic_constraints(0), x509.key_usage(5)), NOW - timedelta(days=1), YEARS)
    own = last.issue("own", CA, NOW - timedelta(days=1), YEARS)
    trusted = instance().trusted._replace(authorities=(Authority("ca.example", (last.data, instance().top.data)),))
    wanted = options(ignore_log=True, root=trusted)
    assert verify(stamped(last.issue("", (*LEAF, SAN))), Artifact(DATA), wanted).identity is not None
    assert "may have 0 authorities below it" in refusal(stamped(own.issue("", (*LEAF, SAN)), own), wanted)


@pytest.mark.parametrize(
    "extensions",
    [
        (*LEAF, SAN, UNKNOWN),
        (x509.key_usage(0), SAN),
        (x509.key_usage(2), x509.extended_usage(x509.CODE_SIGNING), SAN),
    ],
    ids=["not known", "no purpose", "key for encryption"],
)
def test_signers_are_made_for_signing(extensions: tuple[bytes, ...]) -> None:
    refusal(stamped(instance().leaf(extensions)), options(ignore_log=True))


def test_a_certificate_counts_when_it_was_used() -> None:
    early = instance().leaf(start=NOW - timedelta(minutes=11))
    assert "was not valid at" in refusal(stamped(early), options(ignore_log=True))


def test_a_claim_that_is_not_there_meets_nothing() -> None:
    wanted = Wanted(Match("**", How.GLOB), Match("**", How.GLOB), ((22, Match("**", How.GLOB)),))
    assert "not there" in wanted.refusal(Identity(("a",), "b"))
    assert not wanted.refusal(Identity(("a",), "b", ((22, "public"),)))


def test_an_anchor_before_alternatives_anchors_only_the_first() -> None:
    anchored = {"^a$": False, "^(a|b)$": False, "^[|]$": False, r"^a\|b$": False, "^a|b$": True, "^(a)|(b)$": True}
    assert {text: Match(text, How.REGEXP, anywhere=True).unanchored for text in anchored} == anchored


@pytest.mark.parametrize("text", ['"--5"', '"٣"', '"1e3"', "1e30", str(1 << 63), str(-(1 << 63) - 1), "true", '""'])
def test_numbers_are_of_64_bits(text: str) -> None:
    with pytest.raises(Malformed):
        strict_json.Reader(strict_json.load(f'{{"n": {text}}}', "it"), "it").integer("n")


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"a": ["\xed\xa0\x80"]}',
        '{"a": "\ud800"}',
        '{"a": 1}'.encode("utf-16"),
    ],
)
def test_texts_are_unicode(data: bytes | str) -> None:
    with pytest.raises(Malformed):
        strict_json.load(data, "it")


def test_both_names_of_a_field_are_one_too_many() -> None:
    value = strict_json.Reader({"logIndex": "1", "log_index": "2", "other_name": "3", "otherName": None}, "it")
    with pytest.raises(Malformed):
        value.integer("logIndex")
    assert value.integer("otherName") == 3


def test_a_bundle_has_one_signature() -> None:
    signature = '{"sig": "AAAA"}'
    text = (
        '{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "verificationMaterial": {"publicKey": {}},'
        f' "dsseEnvelope": {{"payloadType": "x", "payload": "", "signatures": [{signature}, {signature}]}}}}'
    )
    with pytest.raises(Malformed, match="2 signatures"):
        sigstore_bundle.read(text.encode())
    assert sigstore_bundle.read(text.replace(f"{signature}, ", "").encode())


def test_pem_of_blanks_is_read_in_one_pass() -> None:
    """An expression that looked for a block took minutes for a few thousand blanks."""
    for inside in (b" " * 1_000_000 + b"!", b"A" * 1_000_000, b" \n" * 500_000):
        with pytest.raises(AssayError):
            pem.blocks(b"-----BEGIN A-----" + inside)
        with pytest.raises(AssayError):
            pem.blocks(b"-----BEGIN A-----" * 1000 + inside + b"-----END B-----" * 1000)
    block = pem.write("A", b"content").encode()
    assert pem.blocks(b"-----BEGIN B-----\n" + block + b"-----END B-----" + block) == [("A", b"content")] * 2
