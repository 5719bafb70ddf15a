"""OTP applications: the resource files of compiled Erlang, Elixir and Gleam applications."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="otp",
    title="Erlang/OTP applications",
    purl_types=("otp",),
    parsers=(Parser("otp-application", "assay.ecosystems.otp.application:parse", ("**/*.app",), max_size=4 << 20),),
    proof=Proof.NATIVE,
    origin="Erlang/OTP 25",
)
