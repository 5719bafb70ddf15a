// node client.mjs OPTIONS.json: what npm's Sigstore clients make of one request.
//
// {"do": "sign" | "attest", "api": 1 | 2, "file", "bundle", "type", "token", "config", "options"}
// {"do": "verify", "file", "bundle", "options"}
//
// `sign` and `attest` write a bundle. On version 1 of the log through `sigstore`, which knows no other; on version 2
// through the builder of `@sigstore/sign` and a signing configuration. A refusal goes to standard error, with exit 1.

import { readFileSync, writeFileSync } from "node:fs";
import { SigningConfig } from "@sigstore/protobuf-specs";
import { bundleBuilderFromSigningConfig } from "@sigstore/sign";
import { bundleToJSON } from "@sigstore/bundle";
import * as sigstore from "sigstore";

const asked = JSON.parse(readFileSync(process.argv[2], "utf8"));
const data = readFileSync(asked.file);

async function made() {
  if (asked.api === 1) {
    const options = { ...asked.options, identityToken: asked.token };
    return asked.do === "sign" ? sigstore.sign(data, options) : sigstore.attest(data, asked.type, options);
  }
  const builder = bundleBuilderFromSigningConfig({
    signingConfig: SigningConfig.fromJSON(asked.config),
    identityProvider: { getToken: async () => asked.token },
    bundleType: asked.do === "sign" ? "messageSignature" : "dsseEnvelope",
  });
  return bundleToJSON(await builder.create({ data, type: asked.type }));
}

async function verified() {
  const bundle = JSON.parse(readFileSync(asked.bundle, "utf8"));
  const inside = "dsseEnvelope" in bundle;
  return inside ? sigstore.verify(bundle, asked.options) : sigstore.verify(bundle, data, asked.options);
}

try {
  if (asked.do === "verify") await verified();
  else writeFileSync(asked.bundle, JSON.stringify(await made()));
} catch (error) {
  console.error(`${error.name} ${error.code}: ${error.message}: ${error.cause?.message ?? ""}`);
  process.exitCode = 1;
}
