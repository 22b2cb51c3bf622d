import { afterEach, describe, expect, it } from "vitest";
import { type ProviderOptions, parseProviders } from "../../src/config/provider-options.ts";
import { allowInsecureIssuer, generic, keycloak, type ProtectOptions, protect } from "../../src/index.ts";
import { type FetchJson, fetchJson } from "../../src/platform/fetch-json.ts";
import { silentLog } from "../../src/platform/logging.ts";
import { providerFromEnvironment } from "../../src/providers/environment.ts";
import { openProvider } from "../../src/resource-server/provider/provider-verifier.ts";
import { AUDIENCE, type Issuer, startIssuer } from "../support/issuer.ts";

// A URL that a document names is checked as one that the operator wrote: https, or http on this computer, unless a
// symbol that shows the danger says otherwise.

const NOW = Date.UTC(2026, 10, 1);
const open: Issuer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((issuer) => issuer.close()));
});

/** Names of a network lead to the provider on this computer, and what is asked there is kept. */
async function start(options: (issuer: Issuer) => Partial<ProviderOptions>) {
  const issuer = await startIssuer(() => NOW);
  open.push(issuer);
  const asked: string[] = [];
  const viaNetwork: FetchJson = (url, init) => {
    asked.push(url);
    return fetchJson(url.replace("http://keycloak:8080", issuer.url), init);
  };
  const [provider] = parseProviders({ issuer: issuer.url, audience: AUDIENCE, ...options(issuer) }, AUDIENCE);
  const { verify } = openProvider(provider, { fetchJson: viaNetwork, clock: () => NOW });
  return { issuer, asked, verify };
}

const introspection = { clientId: "rs", clientSecret: "s+cret" };

describe("a URL that the metadata names", () => {
  it.each([
    "http://keycloak:8080/jwks",
    "http://10.0.0.7/jwks",
    "ftp://127.0.0.1/jwks",
    "https://user:password@idp.example/jwks",
    "https://idp.example/jwks#fragment",
    "not a URL",
    "",
  ])("jwks_uri %j: nothing is asked there, which is an outage and names it", async (url) => {
    const { issuer, asked, verify } = await start(() => ({}));
    issuer.metadata.jwks_uri = url;
    await expect(verify(await issuer.mint())).rejects.toMatchObject({
      code: "temporarily_unavailable",
      detail: expect.stringMatching(/^its metadata names ".*" as jwks_uri, which is not an https:\/\/ URL/),
    });
    expect(asked.filter((one) => one.includes("/.well-known/"))).toEqual(asked);
  });

  it.each(["http://keycloak:8080/introspect", "http://[2001:db8::1]/introspect"])(
    "introspection_endpoint %j: no credentials and no token go there",
    async (url) => {
      const { issuer, asked, verify } = await start(() => ({ introspection }));
      issuer.metadata.introspection_endpoint = url;
      await expect(verify("opaque")).rejects.toMatchObject({
        code: "temporarily_unavailable",
        detail: expect.stringContaining("as introspection_endpoint, which is not an https:// URL"),
      });
      expect(asked.filter((one) => one.includes("/.well-known/"))).toEqual(asked);
    },
  );

  it("may be http:// on this computer, may be left out or null where it is not needed, and is needed else", async () => {
    const { issuer, verify } = await start(() => ({}));
    issuer.metadata.introspection_endpoint = null;
    expect(await verify(await issuer.mint())).toMatchObject({ kind: "verified" });
    const other = await start(() => ({}));
    other.issuer.metadata.jwks_uri = null;
    await expect(other.verify(await other.issuer.mint())).rejects.toMatchObject({
      detail: expect.stringContaining("has no jwks_uri"),
    });
  });
});

describe("inside a cluster, with the symbol", () => {
  const danger = { [allowInsecureIssuer]: true } as const;

  it("keys come from where the options say", async () => {
    const { asked, issuer, verify } = await start(() => ({
      jwksUri: "http://keycloak:8080/jwks",
      ...danger,
    }));
    expect(await verify(await issuer.mint())).toMatchObject({ kind: "verified" });
    expect(asked).toEqual(["http://keycloak:8080/jwks"]);
  });

  it("or from where the metadata says, introspection too", async () => {
    const { issuer, verify } = await start(() => ({ ...danger }));
    issuer.metadata.jwks_uri = "http://keycloak:8080/jwks";
    expect(await verify(await issuer.mint())).toMatchObject({ kind: "verified" });
    const opaque = await start(() => ({ introspection, ...danger }));
    opaque.issuer.metadata.introspection_endpoint = "http://keycloak:8080/introspect";
    opaque.issuer.opaque.set("opaque", { active: true, aud: AUDIENCE, sub: "ada", scope: "mcp" });
    expect(await opaque.verify("opaque")).toMatchObject({ kind: "verified" });
    const odd = await start(() => ({ ...danger }));
    odd.issuer.metadata.jwks_uri = "http://user:password@keycloak:8080/jwks";
    await expect(odd.verify(await odd.issuer.mint())).rejects.toMatchObject({
      detail: expect.stringMatching(/jwks_uri/),
    });
  });

  const insecure: Partial<ProviderOptions> = {
    issuer: "http://keycloak:8080/realms/acme",
    authorizationServer: "http://keycloak:8080/as",
    jwksUri: "http://keycloak:8080/jwks",
    metadataUrl: "http://keycloak:8080/metadata",
    tokeninfo: "http://keycloak:8080/tokeninfo",
    introspection: { ...introspection, endpoint: "http://keycloak:8080/introspect" },
  };
  const sound = { issuer: "https://idp.example", audience: AUDIENCE };

  it.each(Object.entries(insecure))("%s may be http:// with it, and may not without it", (name, value) => {
    const parse = (more: object) => () => parseProviders({ ...sound, [name]: value, ...more }, AUDIENCE);
    const label = name === "introspection" ? "introspection.endpoint" : name;
    const refusal = new RegExp(
      `^${label} is "http://keycloak:8080/.*"; it must be an https:// URL \\(http:// on this computer only, unless \\[allowInsecureIssuer\\] is true\\)\\.$`,
    );
    expect(parse(danger)).not.toThrow();
    expect(parse({})).toThrow(refusal);
    expect(parse({ [allowInsecureIssuer]: false })).toThrow(refusal);
    expect(parse({ [allowInsecureIssuer]: "yes" })).toThrow(
      /^allowInsecureIssuer is "yes"; it must be true or false\.$/,
    );
    // A name that is written like the symbol is not the symbol.
    expect(parse({ allowInsecureIssuer: true })).toThrow(/^allowInsecureIssuer is a symbol/);
  });

  it("other schemes, user names and fragments may not be, even so", () => {
    for (const jwksUri of [
      "ftp://keycloak/jwks",
      "http://a:b@keycloak/jwks",
      "http://keycloak/jwks#x",
      "keycloak",
    ]) {
      expect(() => parseProviders({ ...sound, jwksUri, ...danger }, AUDIENCE)).toThrow(/^jwksUri is/);
    }
  });

  it("protect takes it, in the one provider and in each of several, and not beside them", () => {
    const one = { ...sound, jwksUri: "http://keycloak:8080/jwks", ...danger };
    const common = { resource: AUDIENCE, log: silentLog };
    expect(() => protect({ ...one, ...common })).not.toThrow();
    expect(() => protect({ providers: [one], ...common })).not.toThrow();
    expect(() => protect({ providers: [sound], ...common, ...danger } as ProtectOptions)).toThrow(
      /^allowInsecureIssuer is given beside providers\. Put it into its provider/,
    );
  });

  it("the presets of servers that people run themselves take it, and hand it on", () => {
    const values = { url: "http://keycloak:8080", realm: "acme", audience: AUDIENCE };
    expect(() => keycloak(values)).toThrow(/^url is "http:\/\/keycloak:8080"; it must be an https/);
    const options = keycloak({ ...values, ...danger });
    expect(options).toMatchObject({ issuer: "http://keycloak:8080/realms/acme", ...danger });
    expect(() => protect({ ...options, resource: AUDIENCE, log: silentLog })).not.toThrow();
    const named = { issuer: "http://idp:8080", audience: AUDIENCE };
    expect(() => generic(named)).toThrow(/^issuer is "http:/);
    expect(generic({ ...named, ...danger })).toMatchObject({ ...named, ...danger });
    expect(() => generic({ ...named, jwksUri: "idp", ...danger })).toThrow(/^jwksUri is "idp"/);
  });

  it("the environment says it in a variable", () => {
    const named = { OAUTH_ISSUER: "http://idp:8080", OAUTH_AUDIENCE: AUDIENCE };
    expect(() => providerFromEnvironment(named)).toThrow(/^OAUTH_ISSUER is "http:/);
    const allowed = { ...named, OAUTH_ALLOW_INSECURE_ISSUER: "true" };
    expect(providerFromEnvironment(allowed)).toMatchObject({ issuer: "http://idp:8080", ...danger });
    expect(() => providerFromEnvironment({ ...named, OAUTH_ALLOW_INSECURE_ISSUER: "false" })).toThrow(
      /^OAUTH_ISSUER is/,
    );
    expect(() => providerFromEnvironment({ ...named, OAUTH_ALLOW_INSECURE_ISSUER: "maybe" })).toThrow(
      /^OAUTH_ALLOW_INSECURE_ISSUER is "maybe"; it must be true or false/,
    );
  });
});
