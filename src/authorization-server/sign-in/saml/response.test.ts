import { expect, it } from "vitest";
import {
  CERTIFICATES,
  ENTITY_ID,
  type ResponseChanges,
  responseTo,
} from "../../../../test/support/sign-in/saml-idp.ts";
import { readResponse } from "./response.ts";

const NOW = Date.parse("2026-01-01T12:00:00Z");
const HERE = {
  entityId: "https://mcp.example/oauth/saml/acme",
  acsUrl: "https://mcp.example/oauth/callback/acme",
};
const document = (changes: ResponseChanges = {}) =>
  responseTo({ id: "_request", acsUrl: HERE.acsUrl, issuer: HERE.entityId }, { now: NOW, ...changes });
const assertionIn = (xml: string) => /<saml:Assertion.*<\/saml:Assertion>/s.exec(xml)?.[0] ?? "";

/** Reads a response, where what its signature covers turns out to be this. */
const read = (signed: string, xml = document({ nameId: "ada" }), onVerify = () => {}) =>
  readResponse(Buffer.from(xml).toString("base64"), {
    settings: { entityId: ENTITY_ID },
    here: HERE,
    identityProvider: {
      find: async () => ({
        entityId: ENTITY_ID,
        ssoUrl: "https://idp.acme.com/sso",
        certificates: [CERTIFICATES.acme],
        validUntil: undefined,
      }),
      findNewer: async () => undefined,
    },
    verifySignature: async () => {
      onVerify();
      return { signed };
    },
    now: NOW,
  });

it("what counts is what the signature covers, whatever stands in the document", async () => {
  const { nameId } = await read(assertionIn(document({ nameId: "grace" })));
  expect(nameId?.value).toBe("grace");
});

it.each<[string, string, RegExp]>([
  ["another audience", assertionIn(document({ audience: "https://other.example" })), /for the audience/],
  ["another issuer", assertionIn(document({ issuer: "https://evil.example" })), /the assertion is from/],
  ["an assertion that has expired", assertionIn(document({ notOnOrAfter: -300 })), /has expired/],
  ["the response", document(), /^what is signed is not an assertion/],
  ["nothing", "", /^the signed assertion is not usable XML/],
])("is refused where the signature covers %s", async (_what, signed, reason) => {
  await expect(read(signed)).rejects.toThrow(reason);
});

it.each<[string, ResponseChanges]>([
  ["another audience", { audience: "https://other.example" }],
  ["another recipient", { recipient: "https://other.example" }],
  ["another destination", { destination: "https://other.example" }],
  ["another issuer", { issuer: "https://evil.example" }],
  ["no request that it answers", { inResponseTo: null }],
  ["an end that is over", { notOnOrAfter: -300 }],
])("costs no check of its signature where it has %s", async (_what, changes) => {
  let checks = 0;
  const xml = document(changes);
  await expect(read(assertionIn(xml), xml, () => checks++)).rejects.toThrow();
  expect(checks).toBe(0);
});
