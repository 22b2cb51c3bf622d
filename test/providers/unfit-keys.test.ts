import { expect, it, onTestFinished } from "vitest";
import { parseProviders } from "../../src/config/provider-options.ts";
import { fetchJson } from "../../src/platform/fetch-json.ts";
import { openProvider } from "../../src/resource-server/provider/provider-verifier.ts";
import { withHeader } from "../support/forge.ts";
import { AUDIENCE, startIssuer } from "../support/issuer.ts";

async function start() {
  const issuer = await startIssuer();
  onTestFinished(() => issuer.close());
  const [provider] = parseProviders({ issuer: issuer.url, audience: AUDIENCE }, AUDIENCE);
  return { issuer, ...openProvider(provider, { fetchJson, clock: Date.now }) };
}

// RFC 7517 §4.2 and §4.4: a key says what it is for, and verifies nothing else.

it.each([
  ["for encryption", { use: "enc" }],
  ["of another algorithm of the same type", { alg: "RS512" }],
  ["of another algorithm that RSA keys have", { alg: "PS256" }],
])("a provider's key %s verifies nothing, by its kid or without one", async (_, unfit) => {
  const { issuer, verify } = await start();
  const header = { alg: "RS256" };
  const tokens = [await issuer.mint({}, header), await issuer.mint({}, { ...header, kid: undefined })];
  Object.assign(issuer.publicKey(), unfit);
  for (const token of tokens) expect(await verify(token)).toMatchObject({ kind: "refused" });
});

it("a provider's key that does not say what it is for verifies", async () => {
  const { issuer, verify } = await start();
  const token = await issuer.mint();
  Object.assign(issuer.publicKey(), { use: undefined, alg: undefined });
  expect(await verify(token)).toMatchObject({ kind: "verified" });
});

it.each(["none", "None", "HS256", "RS1", "ES256K", "dir", "", undefined])(
  "a token by %j is refused for just that, and no key is looked for (RFC 8725 §3.1)",
  async (alg) => {
    const { issuer, verify } = await start();
    const token = withHeader(await issuer.mint(), { alg, typ: "at+jwt", kid: "key-1" }, () => "signature");
    expect(await verify(token)).toMatchObject({ kind: "refused", why: `alg "${alg ?? ""}" is not accepted` });
    expect(issuer.asked.get("/jwks")).toBeUndefined();
  },
);
