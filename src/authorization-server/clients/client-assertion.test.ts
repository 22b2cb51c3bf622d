import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { type ClientsRig, ISSUER, openClients } from "../../../test/support/known-clients.ts";
import { sampleClient } from "../../../test/support/store/samples.ts";
import { CLOCK_SKEW_SECONDS } from "../../core/clock-skew.ts";
import { checkAssertion } from "./client-assertion.ts";

const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
const KEY = await exportJWK(publicKey);

/** A client with these keys, and what it signs with the one that is its own. */
async function holding(keys: readonly JWK[]) {
  const rig = await openClients();
  // The ids of strangers' assertions are not kept.
  const client = sampleClient({ id: "app", origin: "preregistered", jwks: { keys }, jwksUri: null });
  const sign = (header: { readonly kid?: string } = {}, subject = "app") => {
    const now = Math.floor(rig.clock() / 1000);
    return new SignJWT({ jti: "once" })
      .setProtectedHeader({ alg: "ES256", ...header })
      .setIssuer("app")
      .setSubject(subject)
      .setAudience(ISSUER)
      .setExpirationTime(now + 60)
      .sign(privateKey);
  };
  const check = (assertion: string, by: Pick<ClientsRig, "clients"> = rig) =>
    checkAssertion(client, assertion, { ...rig, ...by });
  return { rig, sign, check };
}

describe("a key that is not for this (RFC 7517 §4.2 to §4.4) verifies nothing", () => {
  test.each<[string, Partial<JWK>]>([
    ["one for encryption", { use: "enc" }],
    ["one of another algorithm", { alg: "ES384" }],
    ["one for key agreement", { alg: "ECDH-ES" }],
    ["one that may only sign", { key_ops: ["sign"] }],
    ["one for nothing", { key_ops: [] }],
  ])("%s", async (_, unfit) => {
    for (const kid of ["k1", undefined]) {
      const header = kid === undefined ? {} : { kid };
      const bad = await holding([{ ...KEY, ...header, ...unfit }]);
      await expect(bad.check(await bad.sign(header))).rejects.toMatchObject({ code: "invalid_client" });
      // Nor does it get in the way of one that is.
      const good = await holding([
        { ...KEY, ...header, ...unfit },
        { ...KEY, ...header, use: "sig", alg: "ES256" },
      ]);
      await good.check(await good.sign(header));
    }
  });
});

test("an assertion about somebody else proves nothing, whoever was looked up by it (RFC 7523 §3)", async () => {
  const { sign, check } = await holding([KEY]);
  await expect(check(await sign({}, "other"))).rejects.toMatchObject({ code: "invalid_client" });
});

describe("the id of an assertion is kept", () => {
  test.each([
    ["by this clock", 0],
    ["by a clock that is ahead", CLOCK_SKEW_SECONDS],
  ])("until nothing takes the assertion any more, when what has expired goes %s", async (_, ahead) => {
    const { rig, sign, check } = await holding([KEY]);
    const assertion = await sign();
    await check(assertion);
    // Past `exp` by less than the leeway: by its times it is still good.
    rig.pass(80_000);
    await rig.store.deleteExpired(rig.clock() + ahead * 1000, 100);
    await expect(check(assertion)).rejects.toMatchObject({ detail: "client assertion: it was used before" });
    rig.pass(10_000);
    await expect(check(assertion)).rejects.toMatchObject({ detail: expect.stringContaining("exp") });
  });

  test("and then goes", async () => {
    const { rig, sign, check } = await holding([KEY]);
    await check(await sign());
    rig.pass((60 + 30 + CLOCK_SKEW_SECONDS) * 1000);
    expect(await rig.store.deleteExpired(rig.clock(), 100)).toMatchObject({ deleted: 1 });
  });
});
