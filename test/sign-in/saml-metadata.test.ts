import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type SamlOptions,
  saml,
  signInFromEnvironment,
} from "../../src/authorization-server/sign-in/index.ts";
import { allowInsecureIssuer } from "../../src/config/allow-insecure-issuer.ts";
import { ConfigurationError } from "../../src/core/errors.ts";
import { allowInsecurePublicUrl, createOAuthServer } from "../../src/index.ts";
import type { TestServer } from "../support/server.ts";
import { leadsTo, reasonIn } from "../support/sign-in/journey.ts";
import {
  CERTIFICATES,
  ENTITY_ID,
  metadataOf,
  responseTo,
  type SamlIdp,
  startSamlIdp,
} from "../support/sign-in/saml-idp.ts";
import { ACME, answerWith, goToIdp, startSamlServer } from "../support/sign-in/saml-journey.ts";

const URL_AND_ID = { metadata: "https://idp.acme.com/metadata", entityId: ENTITY_ID };
const wrong = (options: object) => options as SamlOptions;

describe("metadata that are here", () => {
  it("may be XML or a file", () => {
    const path = join(mkdtempSync(join(tmpdir(), "gatehouse-saml-")), "idp.xml");
    writeFileSync(path, `\uFEFF${metadataOf()}`);
    for (const metadata of [metadataOf(), path]) {
      expect(saml({ metadata })).toMatchObject({
        name: "saml",
        people: "members",
        identityIssuer: ENTITY_ID,
      });
    }
  });

  it.each<[string, string, RegExp]>([
    ["no XML", "<x", /^saml: metadata can't be used: it is not usable XML: a tag does not end/],
    ["a document type", '<!DOCTYPE x [<!ENTITY a "b">]><x/>', /document type/],
    ["an entity", metadataOf({ entityId: "&x;" }), /an entity other than XML's own/],
    ["another document", "<x/>", /its root element is not an EntityDescriptor/],
    ["no entity ID", metadataOf({ entityId: " " }), /it has no usable entityID/],
    [
      "a service provider's",
      metadataOf().replaceAll("IDPSSODescriptor", "SPSSODescriptor"),
      /no IDPSSODescriptor/,
    ],
    [
      "no redirect binding",
      metadataOf().replace("HTTP-Redirect", "SOAP"),
      /no SingleSignOnService with the HTTP-Redirect/,
    ],
    ["no key", metadataOf({ certificates: [] }), /no signing certificate/],
    [
      "keys for encryption alone",
      metadataOf().replace('use="signing"', 'use="encryption"'),
      /no signing certificate/,
    ],
    [
      "a key that is too weak",
      metadataOf({ certificates: [CERTIFICATES.weak] }),
      /RSA key of at least 2048 bits/,
    ],
    [
      "a key of another kind",
      metadataOf({ certificates: [CERTIFICATES.ec] }),
      /RSA key of at least 2048 bits/,
    ],
    [
      "a certificate that is none",
      metadataOf({ certificates: ["AAAA"] }),
      /a certificate that can't be read/,
    ],
    [
      "a sign-in that is a script",
      metadataOf({ ssoUrl: "javascript:alert(1)" }),
      /names "javascript:alert\(1\)" for the sign-in/,
    ],
    [
      "a sign-in on http",
      metadataOf({ ssoUrl: "http://idp.acme.com/sso" }),
      /which is not an https:\/\/ URL/,
    ],
    [
      "a sign-in with a password",
      metadataOf({ ssoUrl: "https://a:b@idp.acme.com/sso" }),
      /^saml: metadata names "https:\/\/…@idp\.acme\.com\/sso" for the sign-in, which has a user name or password\.$/,
    ],
    ["no file", "/nowhere/idp.xml", /is "\/nowhere\/idp.xml", a file that can't be read \(ENOENT\)/],
  ])("are refused with %s", (_, metadata, sentence) => {
    expect(() => saml({ metadata })).toThrow(ConfigurationError);
    expect(() => saml({ metadata })).toThrow(sentence);
  });

  it("are refused with another entity ID", () => {
    expect(() => saml({ metadata: metadataOf(), entityId: "x" })).toThrow(/and entityId is "x"/);
  });

  it("end when they say it", async () => {
    const validUntil = new Date(Date.now() + 3_600_000).toISOString();
    const server = await startSamlServer([{ metadata: metadataOf({ more: `validUntil="${validUntil}"` }) }]);
    server.advance(24 * 3600);
    await expect(goToIdp(server)).rejects.toThrow();
    expect(reasonIn(server)).toMatch(/^the metadata has expired/);
  });

  it("stop the start where they have expired", async () => {
    const metadata = metadataOf({ more: 'validUntil="2001-01-01T00:00:00Z"' });
    await expect(startSamlServer([{ metadata }])).rejects.toThrow(
      /^acme: metadata has expired: it was valid until 2001-01-01T00:00:00\.000Z\. Get it/,
    );
  });
});

describe("options", () => {
  it.each<[string, object, RegExp]>([
    ["no metadata", {}, /^saml: metadata is missing; it must be the identity provider's metadata/],
    [
      "a URL on http",
      { ...URL_AND_ID, metadata: "http://idp.acme.com/x" },
      /^saml: metadata is "http:.*an https:\/\/ URL/,
    ],
    ["a URL of a file", { ...URL_AND_ID, metadata: "file:///etc/idp.xml" }, /^saml: metadata is "file:/],
    [
      "a URL alone",
      { metadata: URL_AND_ID.metadata },
      /^saml: entityId is missing; it must be the identity provider's entity ID/,
    ],
    [
      "a wrong domain",
      { ...URL_AND_ID, domains: ["@acme.com"] },
      /^saml: domains\[0\] is "@acme.com"; it must be a domain/,
    ],
    ["no domains", { ...URL_AND_ID, domains: [] }, /^saml: domains is an empty list/],
    ["a wrong format", { ...URL_AND_ID, nameIdFormat: "transient" }, /^saml: nameIdFormat is "transient"/],
    ["a label that can't be seen", { ...URL_AND_ID, label: "a\nb" }, /^saml: label is .*control characters/],
    ["a label that turns around", { ...URL_AND_ID, label: "\u202egnp" }, /^saml: label is .*control char/],
    ["an unknown option", { ...URL_AND_ID, cert: "x" }, /^saml: cert is not an option/],
  ])("are refused with %s", (_, options, sentence) => {
    expect(() => saml(wrong(options))).toThrow(sentence);
  });

  it("may be http on a network where the operator says so", () => {
    expect(
      saml({ ...URL_AND_ID, metadata: "http://idp/x", [allowInsecureIssuer]: true }).identityIssuer,
    ).toBe(ENTITY_ID);
  });

  it("come from the environment", () => {
    const { signIn } = signInFromEnvironment({
      SIGN_IN: "saml",
      SIGN_IN_SAML_METADATA: URL_AND_ID.metadata,
      SIGN_IN_SAML_ENTITY_ID: ENTITY_ID,
      SIGN_IN_SAML_DOMAINS: "acme.com, *.acme.com",
      SIGN_IN_SAML_GROUPS: "groups",
    });
    expect(signIn).toMatchObject([
      { name: "saml", label: "acme.com", identityIssuer: ENTITY_ID, saysGroups: true },
    ]);
    const given = { SIGN_IN: "saml", SIGN_IN_SAML_METADATA: URL_AND_ID.metadata };
    expect(() => signInFromEnvironment(given)).toThrow(/^SIGN_IN_SAML_ENTITY_ID is missing/);
  });

  it.each([
    [["acme.com"], ["ACME.com"], "acme.com"],
    [["a.example", "*.a.com"], ["X.a.com"], "*.a.com and x.a.com, which overlap"],
    [["x.a.com"], ["b.example", "*.A.com"], "x.a.com and *.a.com, which overlap"],
    [["*.a.com"], ["*.x.a.com"], "*.a.com and *.x.a.com, which overlap"],
  ])("are refused where two companies have %j and %j: the second would not be reached", (one, two, what) => {
    const metadata = ACME.metadata.replaceAll(ENTITY_ID, "https://other.example/saml");
    const methods = [saml({ ...ACME, domains: one }), saml({ metadata, name: "other", domains: two })];
    expect(() => createOAuthServer("x", { signIn: methods })).toThrow(
      `signIn has acme and other with the same people in domains: ${what}. `,
    );
  });

  it("may be those of a domain and of what is below it, of two companies", () => {
    const metadata = ACME.metadata.replaceAll(ENTITY_ID, "https://other.example/saml");
    const domains = [
      ["acme.com", "*.a.com"],
      ["a.com", "*.acme.com", "xa.com"],
    ] as const;
    const methods = [
      saml({ ...ACME, domains: [...domains[0]] }),
      saml({ metadata, name: "other", domains: [...domains[1]] }),
    ];
    expect(() => createOAuthServer("x", { signIn: methods })).not.toThrow();
  });

  it("are refused where two companies have one entity ID: the one could sign in as the people of the other", () => {
    const methods = [saml({ ...ACME }), saml({ ...ACME, name: "other" })];
    expect(() => createOAuthServer("x", { signIn: methods })).toThrow(
      /acme and other with the same entity ID/,
    );
  });

  it("stop the start on http on a network", async () => {
    const options = {
      publicUrl: "http://mcp.internal",
      [allowInsecurePublicUrl]: true,
      database: ":memory:",
      port: 0,
    };
    const server = createOAuthServer(
      "x",
      { signIn: [saml({ ...ACME })] },
      { ...options, handleSignals: false },
    );
    await expect(server.listen()).rejects.toThrow(/^acme: sign-in with SAML needs an https:\/\/ publicUrl/);
    await server.close();
  });
});

describe("the log at the start", () => {
  it("says when the metadata can't be fetched, and when no one of a company can come in", async () => {
    const idp = await startSamlIdp();
    idp.change({ status: 404 });
    const lines: string[] = [];
    const log = { event() {}, error() {}, debug() {}, info: (line: string) => void lines.push(line) };
    const company = saml({ metadata: idp.metadataUrl, entityId: idp.entityId });
    const server = createOAuthServer(
      "x",
      { signIn: [company], admit: { emails: ["*@acme.com"] } },
      { database: ":memory:", port: 0, log, handleSignals: false },
    );
    await server.listen();
    await expect.poll(() => lines.join("\n")).toContain("its metadata could not be fetched");
    expect(lines.join("\n")).toContain("saml: admit lets no one in who signs in with it");
    await server.close();
  });
});

describe("metadata at a URL", () => {
  let idp: SamlIdp;
  const started = async (): Promise<TestServer> => {
    idp = await startSamlIdp();
    return startSamlServer([{ metadata: idp.metadataUrl, entityId: idp.entityId }]);
  };
  const changed = (changes: Parameters<typeof metadataOf>[0]) =>
    metadataOf({ entityId: idp.entityId, ssoUrl: `${idp.url}/sso`, ...changes });

  it("are fetched at the first sign-in, and then every hour; what is kept serves while they can't be had", async () => {
    const server = await started();
    expect(idp.fetched()).toBe(0);
    await goToIdp(server);
    await goToIdp(server);
    expect(idp.fetched()).toBe(1);
    idp.change({ status: 500 });
    server.advance(60 * 60);
    await goToIdp(server);
    await goToIdp(server);
    expect(idp.fetched()).toBe(2);
  });

  it.each<[string, () => Parameters<SamlIdp["change"]>[0], string, RegExp]>([
    ["an outage", () => ({ status: 503 }), "no_answer", /answered 503/],
    ["no answer there", () => ({ status: 404 }), "wrong_answer", /answered 404/],
    ["another document", () => ({ metadata: "<html/>" }), "wrong_answer", /not an EntityDescriptor/],
    [
      "another company's",
      () => ({ metadata: changed({ entityId: "https://b" }) }),
      "wrong_answer",
      /that of "https:\/\/b"/,
    ],
    [
      "a script",
      () => ({ metadata: changed({ ssoUrl: "javascript:alert(1)" }) }),
      "wrong_answer",
      /name "javascript:/,
    ],
    [
      "a sign-in on http",
      () => ({ metadata: changed({ ssoUrl: "http://idp.com" }) }),
      "wrong_answer",
      /not an https/,
    ],
    ["too much", () => ({ metadata: `<x>${"a".repeat(600_000)}</x>` }), "no_answer", /larger than/],
  ])("lead back to the sign-in page with %s", async (_, change, problem, reason) => {
    const server = await started();
    idp.change(change());
    const at = await goToIdp(server).catch(() => undefined);
    expect(at?.providerUrl.pathname ?? "/oauth/login").toBe("/oauth/login");
    expect(at?.providerUrl.searchParams.get("problem") ?? problem).toBe(problem);
    expect(reasonIn(server)).toMatch(reason);
  });

  it("are fetched again where a key is unknown, and no more than once a minute", async () => {
    const server = await started();
    const rolled = changed({ certificates: [CERTIFICATES.other] });
    const withOther = async () => {
      const there = await goToIdp(server);
      const xml = responseTo(there.request, { now: server.now(), issuer: idp.entityId, signer: "other" });
      return leadsTo(await answerWith(server, there, xml));
    };
    expect(await withOther()).toBe("/oauth/login acme wrong_answer");
    expect(await withOther()).toBe("/oauth/login acme wrong_answer");
    expect(idp.fetched()).toBe(1);
    server.advance(61);
    expect(await withOther()).toBe("/oauth/login acme wrong_answer");
    expect(idp.fetched()).toBe(2);
    idp.change({ metadata: rolled });
    server.advance(61);
    expect(await withOther()).toBe("/oauth/consent");
  });
});
