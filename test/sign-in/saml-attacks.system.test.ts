import { deflateRawSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import { openBrowser } from "../support/person.ts";
import type { TestServer } from "../support/server.ts";
import { leadsTo, reasonIn } from "../support/sign-in/journey.ts";
import {
  CERTIFICATES,
  ENTITY_ID,
  metadataOf,
  type ResponseChanges,
  RSA_SHA1,
  responseTo,
  SHA1,
  samlForm,
  signElement,
} from "../support/sign-in/saml-idp.ts";
import {
  type AtIdp,
  answerWith,
  goToIdp,
  postForm,
  startSamlServer,
} from "../support/sign-in/saml-journey.ts";
import { ASSERTION_WRAPPINGS, RESPONSE_WRAPPINGS } from "../support/sign-in/saml-wrapping.ts";

let server: TestServer;
let there: AtIdp;

beforeEach(async () => {
  server = await startSamlServer();
  there = await goToIdp(server);
});

const right = (changes: ResponseChanges = {}) => responseTo(there.request, { now: server.now(), ...changes });

/** Nobody is known, and nothing of a sign-in is there. */
async function nothingWritten(): Promise<void> {
  expect(await server.store.listPeople({ now: server.now(), limit: 10 })).toEqual([]);
  expect(server.lines.filter(({ name }) => name === "sign_in.ok")).toEqual([]);
}

/** The document leads back to the sign-in page, nothing is written, and the log says why. */
async function refused(xml: string, problem = "wrong_answer"): Promise<string> {
  const response = await answerWith(server, there, xml);
  expect(leadsTo(response)).toBe(`/oauth/login acme ${problem}`);
  await nothingWritten();
  return reasonIn(server);
}

describe("signature wrapping", () => {
  it.each(Object.entries(ASSERTION_WRAPPINGS))("is refused: %s", async (_, wrap) => {
    const xml = wrap(right());
    expect(xml).not.toBe(right());
    await refused(xml);
  });

  const whole = Object.entries(RESPONSE_WRAPPINGS).flatMap(([name, wrap]) =>
    (["both", "response"] as const).map((signs) => ({ name, wrap, signs })),
  );
  it.each(whole)("is refused where $signs is signed: $name", async ({ wrap, signs }) => {
    await refused(wrap(right({ signs })));
  });
});

describe("a signature that does not count", () => {
  it.each<[string, ResponseChanges, RegExp]>([
    ["none", { signs: "none" }, /^the assertion is not signed/],
    ["one over the response alone", { signs: "response" }, /^the assertion is not signed/],
    ["another company's", { signer: "other" }, /^the assertion's signature is not one of the keys/],
    [
      "another key's, whose certificate comes along",
      { signer: "other", keyInfo: "other" },
      /is not one of the keys/,
    ],
    [
      "another key's, with this company's certificate",
      { signer: "other", keyInfo: "acme" },
      /is not one of the keys/,
    ],
    [
      "RSA with SHA-1",
      { signatureAlgorithm: RSA_SHA1 },
      /SignatureMethod ".*rsa-sha1"; it must be of SHA-256/,
    ],
    ["a digest with SHA-1", { digestAlgorithm: SHA1 }, /DigestMethod ".*#sha1"; it must be of SHA-256/],
    [
      "the assertion's with SHA-1 in a response with SHA-1",
      { signs: "both", signatureAlgorithm: RSA_SHA1, digestAlgorithm: SHA1 },
      /it must be of SHA-256/,
    ],
  ])("%s", async (_, changes, reason) => {
    expect(await refused(right(changes))).toMatch(reason);
  });

  it("one that a wrong key made over the response, and the right one over the assertion, signs the assertion", async () => {
    const xml = signElement(right(), "Response", { signer: "other" });
    expect(leadsTo(await answerWith(server, there, xml))).toBe("/oauth/consent");
  });
});

describe("an assertion that is not for here and now", () => {
  it.each<[string, ResponseChanges, RegExp]>([
    [
      "another audience",
      { audience: "https://other.example" },
      /^the assertion is for the audience "https:\/\/other/,
    ],
    ["no audience", { audience: null }, /^the assertion names no audience/],
    [
      "two restrictions, one of which is for others",
      { condition: "<saml:AudienceRestriction><saml:Audience>x</saml:Audience></saml:AudienceRestriction>" },
      /^the assertion is for the audience "x"/,
    ],
    ["another recipient", { recipient: "https://other.example/acs" }, /^the assertion is for the recipient/],
    ["no recipient", { recipient: null }, /^the assertion is for the recipient/],
    ["another destination", { destination: "https://other.example/acs" }, /^the response is for/],
    ["another issuer", { issuer: "https://evil.example" }, /^the response is from "https:\/\/evil/],
    [
      "another issuer in the assertion alone",
      { issuer: "https://evil.example", responseIssuer: ENTITY_ID },
      /^the assertion is from "https:\/\/evil/,
    ],
    ["expired", { notBefore: -900, notOnOrAfter: -300, confirmedUntil: 300 }, /^the assertion has expired/],
    [
      "expired a little more than clocks may be apart",
      { notOnOrAfter: -60, confirmedUntil: 300 },
      /has expired/,
    ],
    ["not valid yet", { notBefore: 120 }, /^the assertion is not valid yet/],
    ["confirmed for another time", { confirmedUntil: -300 }, /^the subject confirmation has expired/],
    ["unsolicited", { inResponseTo: null }, /^the assertion answers no request/],
    ["another request's", { inResponseTo: "_other" }, /^the assertion answers another request/],
    [
      "a condition that is not understood",
      { condition: "<saml:Condition/>" },
      /^the assertion has the condition "Condition"/,
    ],
  ])("%s", async (_, changes, reason) => {
    expect(await refused(right(changes))).toMatch(reason);
  });

  it.each<[string, RegExp, string, RegExp]>([
    ["no end", /(<saml:Conditions.*?) NotOnOrAfter="[^"]*"/, "$1", /^the assertion has no NotOnOrAfter/],
    [
      "no end of its confirmation",
      /(Data) NotOnOrAfter="[^"]*"/,
      "$1",
      /^the subject confirmation has no NotOnOrAfter/,
    ],
    [
      "an end that is no time",
      /(<saml:Conditions.*?NotOnOrAfter=")[^"]*/,
      "$1never",
      /^the assertion has a NotOnOrAfter that is not a time/,
    ],
    [
      "an end in a time zone, which another reader may take for UTC",
      /(<saml:Conditions.*?NotOnOrAfter="[^"]*)Z/,
      "$1+14:00",
      /^the assertion has a NotOnOrAfter that is not a time/,
    ],
    [
      "a begin that is no time",
      /(<saml:Conditions NotBefore=")[^"]*/,
      "$1soon",
      /^the assertion has a NotBefore that is not a time/,
    ],
    [
      "a confirmation that begins later",
      /(SubjectConfirmationData)/,
      '$1 NotBefore="2000-01-01T00:00:00Z"',
      /^the subject confirmation has a NotBefore/,
    ],
    [
      "a confirmation for one who holds a key",
      /cm:bearer/,
      "cm:holder-of-key",
      /^the subject confirmation is not of a bearer/,
    ],
    [
      "no confirmation",
      /<saml:SubjectConfirmation .*<\/saml:SubjectConfirmation>/,
      "",
      /^the assertion has no subject confirmation/,
    ],
    [
      "a session that has ended at the identity provider",
      /(SessionIndex)/,
      'SessionNotOnOrAfter="2000-01-01T00:00:00Z" $1',
      /^the session at the identity provider has ended/,
    ],
    [
      "no time of the sign-in",
      / AuthnInstant="[^"]*"/,
      "",
      /^the assertion does not say when the person signed in/,
    ],
    [
      "no time of one of two sign-ins",
      /(<saml:AuthnStatement)/,
      "<saml:AuthnStatement><saml:AuthnContext/></saml:AuthnStatement>$1",
      /^the assertion does not say when the person signed in/,
    ],
    ["another version", /(<saml:Assertion.*?Version=")2.0/, "$11.1", /^the assertion is not of SAML 2.0/],
    ["another version of the response", /(Version=")2.0/, "$11.1", /^the response is not of SAML 2.0/],
    [
      "an id too long to be remembered",
      /(<saml:Assertion.*? ID="_)/,
      `$1${"x".repeat(255)}`,
      /^the assertion has no usable ID/,
    ],
    [
      "two subjects",
      /(<saml:Subject>.*<\/saml:Subject>)/,
      "$1$1",
      /^the Assertion must have one Subject, and has 2/,
    ],
    [
      "two sets of conditions",
      /(<saml:Conditions.*<\/saml:Conditions>)/,
      "$1$1",
      /^the Assertion must have one Conditions, and has 2/,
    ],
  ])("%s", async (_, from, to, reason) => {
    const edit = (xml: string) => {
      const edited = xml.replace(from, to);
      expect(edited).not.toBe(xml);
      return edited;
    };
    expect(await refused(right({ edit }))).toMatch(reason);
  });

  it("one confirmation that fits is enough", async () => {
    const edit = (xml: string) =>
      xml.replace("<saml:SubjectConfirmation ", '<saml:SubjectConfirmation Method="urn:x"/>$&');
    expect(leadsTo(await answerWith(server, there, right({ edit })))).toBe("/oauth/consent");
  });

  it("clocks may be apart by a minute", async () => {
    const xml = right({ notBefore: 59, notOnOrAfter: -59, confirmedUntil: -59 });
    expect(leadsTo(await answerWith(server, there, xml))).toBe("/oauth/consent");
  });
});

describe("a document that two readers could read differently", () => {
  const noComment = /has a comment/;
  it.each<[string, (xml: string) => string, RegExp]>([
    ["a comment in the NameID", (xml) => xml.replace("ada-1815<", "ada<!-- -->-1815<"), noComment],
    [
      "a comment in an attribute",
      (xml) => xml.replace("ada@acme.com<", "ada@acme.com<!---->.evil.example<"),
      noComment,
    ],
    ["a comment elsewhere", (xml) => xml.replace("<samlp:Status>", "<!-- x --><samlp:Status>"), noComment],
    [
      "a processing instruction",
      (xml) => xml.replace("ada-1815<", "ada<?x y?>-1815<"),
      /a processing instruction/,
    ],
    ["CDATA", (xml) => xml.replace("ada-1815<", "<![CDATA[ada]]>-1815<"), /a CDATA section/],
    ["a document type", (xml) => `<!DOCTYPE x>${xml}`, /a document type/],
    [
      "an external entity",
      (xml) => `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>${xml.replace("ada-1815<", "&e;<")}`,
      /a document type/,
    ],
    [
      "entities that grow (a billion laughs)",
      (xml) =>
        `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>${xml.replace("ada-1815<", "&b;<")}`,
      /a document type/,
    ],
    [
      "an entity without a document type",
      (xml) => xml.replace("ada-1815<", "&e;<"),
      /an entity other than XML's own/,
    ],
    ["another encoding", (xml) => `<?xml version="1.0" encoding="utf-7"?>${xml}`, /a processing instruction/],
    [
      "nesting without end",
      (xml) => xml.replace("<samlp:Status>", `${"<x>".repeat(9000)}<samlp:Status>`),
      /as its depth; the limit is 10/,
    ],
    [
      "elements without end",
      (xml) => xml.replace("<samlp:Status>", `${"<x/>".repeat(9000)}<samlp:Status>`),
      /more than 500 elements/,
    ],
    ["text behind the end", (xml) => `${xml}<x/>`, /something follows the root element/],
    ["no XML", () => "hello", /something other than an element/],
    ["another document", () => "<x/>", /^it is not a SAML response/],
    ["two assertions of two people, both signed", twoAssertions, /2 assertions/],
    [
      "an encrypted assertion",
      (xml) => xml.replace(/<saml:Assertion[\s\S]*<\/saml:Assertion>/, "<saml:EncryptedAssertion/>"),
      /encrypted, and this server has no key for it/,
    ],
  ])("%s", async (_, change, reason) => {
    const xml = change(right());
    expect(await refused(xml)).toMatch(reason);
  });

  function twoAssertions(xml: string): string {
    const [assertion = ""] =
      /<saml:Assertion[\s\S]*<\/saml:Assertion>/.exec(right({ nameId: "grace" })) ?? [];
    return xml.replace("</samlp:Response>", `${assertion}</samlp:Response>`);
  }
});

describe("a form that is not one", () => {
  const post = (form: Record<string, string>) => postForm(server, new URLSearchParams(form));
  const encoded = (xml: string) => Buffer.from(xml).toString("base64");

  it.each<[string, string]>([
    ["not base64", "<xml/>"],
    ["not UTF-8", Buffer.from([0x3c, 0xff, 0xfe]).toString("base64")],
    [
      "compressed, as for a redirect: nothing is inflated",
      deflateRawSync("<x/>".repeat(5_000_000)).subarray(0, 20_000).toString("base64"),
    ],
  ])("%s", async (_, SAMLResponse) => {
    const posted = await post({ SAMLResponse, RelayState: there.request.relayState });
    expect(leadsTo(await there.browser.request(posted.headers.get("location") ?? ""))).toBe(
      "/oauth/login acme wrong_answer",
    );
    expect(reasonIn(server)).toMatch(/^the response is not (base64|UTF-8 text)/);
  });

  it("a document of more than 96 kilobytes is not read", async () => {
    const xml = right().replace("<samlp:Status>", `<x>${"a".repeat(100_000)}</x><samlp:Status>`);
    const posted = await post({ SAMLResponse: encoded(xml), RelayState: there.request.relayState });
    expect(leadsTo(posted)).toBe("page 400");
    await nothingWritten();
  });

  it.each(["", "https://evil.example/", "//evil.example", "x", "a".repeat(43), "a".repeat(72)])(
    "a RelayState that is none of ours leads nowhere: %j",
    async (RelayState) => {
      const posted = await post({ SAMLResponse: encoded(right()), RelayState });
      expect(leadsTo(posted)).toBe("page 400");
      expect(reasonIn(server)).toMatch(/^the RelayState is of no sign-in that began here/);
      await nothingWritten();
    },
  );

  it("a RelayState counts for ten minutes, for its own method, and as it was made", async () => {
    const SAMLResponse = encoded(right({ notOnOrAfter: 3600 }));
    const RelayState = there.request.relayState;
    const changed = RelayState.replace(/.$/, (last) => (last === "A" ? "E" : "A"));
    const longer = RelayState.replace(/^(.{22})./, "$11");
    for (const state of [changed, longer]) {
      expect(leadsTo(await post({ SAMLResponse, RelayState: state }))).toBe("page 400");
    }
    expect((await post({ SAMLResponse, RelayState })).status).toBe(303);
    server.advance(10 * 60);
    expect(leadsTo(await post({ SAMLResponse, RelayState }))).toBe("page 400");
    await nothingWritten();
  });

  it("an answer by GET, as for a redirect, is none", async () => {
    const query = new URLSearchParams({
      SAMLResponse: deflateRawSync(right()).toString("base64"),
      RelayState: there.request.relayState,
    });
    expect(leadsTo(await there.browser.request(`/oauth/callback/acme?${query}`))).toBe("page 400");
    await nothingWritten();
  });
});

describe("an answer that is not for this browser's sign-in", () => {
  async function answerUrl(xml = right(), at = there): Promise<string> {
    const posted = await postForm(server, samlForm(xml, at.request.relayState));
    return posted.headers.get("location") ?? "";
  }

  it("is nothing in another browser (login CSRF), and is still good in its own", async () => {
    const url = await answerUrl();
    expect(leadsTo(await openBrowser(server).request(url))).toBe("page 400");
    expect(reasonIn(server)).toMatch(/^no cookie for it/);
    expect(leadsTo(await (await goToIdp(server)).browser.request(url))).toBe("page 400");
    await nothingWritten();
    expect(leadsTo(await there.browser.request(url))).toBe("/oauth/consent");
  });

  it("is nothing in another browser into which the sign-in's cookie was planted", async () => {
    const planted = there.browser.cookie().match(/__Host-gatehouse-sign-in-[^;]+/)?.[0] ?? "";
    const victim = openBrowser(server);
    expect(leadsTo(await victim.request(await answerUrl(), { headers: { cookie: planted } }))).toBe(
      "page 400",
    );
    await nothingWritten();
  });

  it("is nothing with the RelayState of another sign-in of the same browser", async () => {
    const second = await goToIdp(server, "acme", { browser: there.browser });
    const response = await there.browser.request(await answerUrl(right(), second));
    expect(leadsTo(response)).toBe("/oauth/login acme wrong_answer");
    expect(reasonIn(server)).toBe("the assertion answers another request than this sign-in's");
    await nothingWritten();
  });

  it("counts for two minutes, and as it was sealed", async () => {
    const url = new URL(await answerUrl());
    const sealed = url.searchParams.get("answer") ?? "";
    for (const forgery of ["", "x", sealed.slice(0, -2), `${sealed}x`, "e30".repeat(3000)]) {
      expect(leadsTo(await there.browser.request(`/oauth/callback/acme?answer=${forgery}`))).toBe("page 400");
    }
    server.advance(120);
    expect(leadsTo(await there.browser.request(url.href))).toBe("page 400");
    await nothingWritten();
  });

  it("is nothing once ten minutes have passed since the sign-in began, also where it came in time", async () => {
    server.advance(9 * 60);
    const url = await answerUrl(right({ notOnOrAfter: 3600 }));
    server.advance(60);
    expect(leadsTo(await there.browser.request(url))).toBe("page 400");
    expect(reasonIn(server)).toBe("over time");
    await nothingWritten();
  });

  it("is not used up by a browser that loads it in advance", async () => {
    const posted = await postForm(server, samlForm(right(), there.request.relayState));
    const location = posted.headers.get("location") ?? "";
    const early = await there.browser.request(location, { headers: { "sec-purpose": "prefetch" } });
    expect(leadsTo(early)).toBe("page 503");
    await nothingWritten();
    expect(leadsTo(await there.browser.request(location))).toBe("/oauth/consent");
  });

  it("shows nothing of the person", async () => {
    const url = await answerUrl();
    expect(new URL(url).origin).toBe("https://mcp.example");
    expect(url).not.toContain("ada");
    expect(JSON.stringify(server.lines)).not.toContain("ada");
  });
});

describe("an assertion counts once", () => {
  it("not after the sign-in that it was for", async () => {
    const xml = right();
    const cookie = there.browser.cookie();
    expect(leadsTo(await answerWith(server, there, xml))).toBe("/oauth/consent");
    // The browser's cookies as they were: the assertion alone has to be remembered.
    const posted = await postForm(server, samlForm(xml, there.request.relayState));
    const again = await openBrowser(server).request(posted.headers.get("location") ?? "", {
      headers: { cookie },
    });
    expect(leadsTo(again)).toBe("/oauth/login acme wrong_answer");
    expect(reasonIn(server)).toBe("the assertion was used before");
    expect(server.lines.filter(({ name }) => name === "sign_in.ok")).toHaveLength(1);
  });

  it("not twice at once", async () => {
    const cookie = there.browser.cookie();
    const xml = right();
    const answers = await Promise.all(
      [1, 2, 3].map(() => postForm(server, samlForm(xml, there.request.relayState))),
    );
    const ends = await Promise.all(
      answers.map(({ headers }) =>
        openBrowser(server).request(headers.get("location") ?? "", { headers: { cookie } }),
      ),
    );
    expect(ends.map(leadsTo).sort()).toEqual([
      "/oauth/consent",
      "/oauth/login acme wrong_answer",
      "/oauth/login acme wrong_answer",
    ]);
    expect(server.lines.filter(({ name }) => name === "sign_in.ok")).toHaveLength(1);
  });
});

describe("one company and another", () => {
  const other = {
    name: "other",
    metadata: metadataOf({ entityId: "https://idp.other.com", certificates: [CERTIFICATES.other] }),
    domains: ["other.com"],
  };
  let two: TestServer;
  let at: AtIdp;

  beforeEach(async () => {
    two = await startSamlServer([{}, other]);
    at = await goToIdp(two);
  });

  async function formFor(changes: ResponseChanges): Promise<string> {
    const xml = responseTo(at.request, { now: two.now(), ...changes });
    const posted = await postForm(two, samlForm(xml, at.request.relayState));
    return posted.headers.get("location") ?? "";
  }

  it.each<ResponseChanges>([
    { signer: "other" },
    { signer: "other", issuer: "https://idp.other.com" },
    { issuer: "https://idp.other.com" },
  ])("does not speak for the people of the other: %j", async (changes) => {
    expect(leadsTo(await at.browser.request(await formFor(changes)))).toBe("/oauth/login acme wrong_answer");
    expect(await two.store.listPeople({ now: two.now(), limit: 10 })).toEqual([]);
  });

  it("does not answer at the address of the other", async () => {
    const form = samlForm(responseTo(at.request, { now: two.now() }), at.request.relayState);
    expect(leadsTo(await postForm(two, form, "other"))).toBe("page 400");
    expect(reasonIn(two)).toMatch(/^the RelayState is of no sign-in that began here/);
    const sealed = await formFor({});
    expect(leadsTo(await at.browser.request(sealed.replace("/callback/acme", "/callback/other")))).toBe(
      "page 400",
    );
    expect(await two.store.listPeople({ now: two.now(), limit: 10 })).toEqual([]);
    expect(leadsTo(await at.browser.request(sealed))).toBe("/oauth/consent");
  });
});
