import { expect, it } from "vitest";
import { signatureChecksOf } from "../../src/authorization-server/sign-in/saml/signature-checks.ts";
import { verifySignature } from "../../src/authorization-server/sign-in/saml/signature-thread.ts";
import { memoryCounters } from "../../src/store/counters.ts";
import { leadsTo } from "../support/sign-in/journey.ts";
import { CERTIFICATES, responseTo, type SamlRequest, samlForm } from "../support/sign-in/saml-idp.ts";
import { goToIdp, postForm, signInBySaml, startSamlServer } from "../support/sign-in/saml-journey.ts";

const REQUEST = { id: "_a", acsUrl: "https://mcp.example/acs", issuer: "https://mcp.example" };
const QUESTION = { text: responseTo(REQUEST), certificates: [CERTIFICATES.acme] };

/** One that anybody can make, and whose assertion is costly to canonicalize. */
function costly(request: Pick<SamlRequest, "id" | "acsUrl" | "issuer">, now: number, elements: number) {
  const prefixes = Array.from({ length: 5 }, (_, i) => ` xmlns:p${i}="urn:x${i}"`).join("");
  const junk = Array.from({ length: elements }, (_, i) => `<p${i % 5}:e p${(i + 1) % 5}:a="1"/>`).join("");
  return responseTo(request, { now, signer: "other" }).replace(
    "</saml:Assertion>",
    `<saml:Advice${prefixes}>${junk}</saml:Advice></saml:Assertion>`,
  );
}

it("one network that posts many forms at once takes few of the places: people elsewhere sign in", async () => {
  const server = await startSamlServer();
  const there = await goToIdp(server);
  const form = samlForm(costly(there.request, server.now(), 400), there.request.relayState);
  const flood = Array.from({ length: 24 }, (_, i) => postForm(server, form, "acme", `2001:db8::${i}`));
  const { response } = await signInBySaml(server);
  expect(leadsTo(response)).toBe("/oauth/consent");
  const statuses = (await Promise.all(flood)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 303).length).toBeLessThanOrEqual(3);
  expect(new Set(statuses)).toEqual(new Set([303, 503]));
});

it("a network has a tenth of what is left of a minute's checks, once half of them are taken", async () => {
  const [counters, clock] = [memoryCounters(), () => 0];
  for (let i = 0; i < 300; i++) {
    await counters.take([{ key: "saml signatures", limit: 300, seconds: 60 }], 0);
  }
  const [stranger, someone] = ["192.0.2.1", "198.51.100.1"].map((address) =>
    signatureChecksOf(address, { counters, clock }),
  );
  for (let i = 0; i < 30; i++) expect(await stranger?.(QUESTION)).toHaveProperty("signed");
  await expect(stranger?.(QUESTION)).rejects.toMatchObject({ code: "temporarily_unavailable" });
  expect((await someone?.(QUESTION))?.signed).toContain("ada-1815");
});

it("a check that takes too long ends alone: those that wait are checked", async () => {
  const text = costly(REQUEST, Date.now(), 100_000);
  const long = verifySignature({ ...QUESTION, text }, undefined);
  const others = [1, 2].map(() => verifySignature(QUESTION, undefined));
  await expect(long).rejects.toMatchObject({ code: "temporarily_unavailable" });
  for (const { signed } of await Promise.all(others)) expect(signed).toContain("ada-1815");
});
