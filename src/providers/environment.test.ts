import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../core/errors.ts";
import { providerFromEnvironment } from "./environment.ts";

const OAUTH = { OAUTH_ISSUER: "https://idp.example.com", OAUTH_AUDIENCE: "https://mcp.example.com/mcp" };
const SCALEKIT = { SCALEKIT_ENVIRONMENT_URL: "https://acme.scalekit.com", SCALEKIT_RESOURCE_ID: "res_1" };

describe("the environment", () => {
  it.each([
    {},
    { OAUTH_ISSUER: "", SCALEKIT_RESOURCE_ID: " " },
    { OAUTH_CLIENT_ID: "somebody else's" },
    { RESOURCE_ID: "another program's", MCP_SERVER_URL: "https://elsewhere.example" },
  ])("names no provider: %j", (environment) => {
    expect(providerFromEnvironment(environment)).toBeUndefined();
  });

  it("names any provider, by its issuer and audience", () => {
    expect(providerFromEnvironment(OAUTH)).toEqual({
      issuer: "https://idp.example.com",
      audience: ["https://mcp.example.com/mcp"],
    });
  });

  it("says where keys and metadata are, and several audiences", () => {
    const more = {
      OAUTH_AUDIENCE: "one, two",
      OAUTH_JWKS_URI: "https://idp.example.com/keys",
      OAUTH_WELL_KNOWN_URL: "https://idp.example.com/metadata",
    };
    expect(providerFromEnvironment({ ...OAUTH, ...more })).toEqual({
      issuer: "https://idp.example.com",
      audience: ["one", "two"],
      jwksUri: "https://idp.example.com/keys",
      metadataUrl: "https://idp.example.com/metadata",
    });
  });

  it("names Scalekit", () => {
    const named = { ...SCALEKIT, SCALEKIT_AUDIENCE_NAME: "https://mcp.example.com/mcp" };
    expect(providerFromEnvironment(named)).toMatchObject({
      issuer: "https://acme.scalekit.com/resources/res_1",
      issuerAliases: ["https://acme.scalekit.com"],
      audience: ["res_1", "https://mcp.example.com/mcp"],
    });
  });

  it("names Scalekit by the name of an audience alone: the environment is the authorization server", () => {
    const { SCALEKIT_ENVIRONMENT_URL } = SCALEKIT;
    expect(
      providerFromEnvironment({ SCALEKIT_ENVIRONMENT_URL, SCALEKIT_AUDIENCE_NAME: "my-audience" }),
    ).toEqual({
      issuer: "https://acme.scalekit.com",
      audience: ["my-audience"],
      jwksUri: "https://acme.scalekit.com/keys",
      claims: { scopes: ["scope", "scopes"] },
    });
  });

  it("names Scalekit as its own examples do, with RESOURCE_ID, and with credentials that nothing needs", () => {
    const { SCALEKIT_ENVIRONMENT_URL, SCALEKIT_RESOURCE_ID } = SCALEKIT;
    const theirs = { SCALEKIT_ENVIRONMENT_URL, SCALEKIT_CLIENT_ID: "skc_1", SCALEKIT_CLIENT_SECRET: "x" };
    expect(providerFromEnvironment({ ...theirs, RESOURCE_ID: SCALEKIT_RESOURCE_ID })).toEqual(
      providerFromEnvironment(SCALEKIT),
    );
    expect(providerFromEnvironment({ ...theirs, RESOURCE_ID: "res_2", SCALEKIT_RESOURCE_ID })).toEqual(
      providerFromEnvironment(SCALEKIT),
    );
  });

  it.each([
    [{ OAUTH_ISSUER: OAUTH.OAUTH_ISSUER }, /^OAUTH_AUDIENCE is missing, which OAUTH_ISSUER also needs\./],
    [{ OAUTH_AUDIENCE: "x" }, /^OAUTH_ISSUER is missing, which OAUTH_AUDIENCE also needs/],
    [
      { OAUTH_JWKS_URI: "https://x.example" },
      /^OAUTH_ISSUER and OAUTH_AUDIENCE are missing, which OAUTH_JWKS_URI/,
    ],
    [{ OAUTH_WELL_KNOWN_URL: "https://x.example" }, /^OAUTH_ISSUER and OAUTH_AUDIENCE are missing/],
    [
      { SCALEKIT_AUDIENCE_NAME: "x" },
      /^SCALEKIT_ENVIRONMENT_URL is missing, which SCALEKIT_AUDIENCE_NAME also needs/,
    ],
    [
      { SCALEKIT_ENVIRONMENT_URL: "https://acme.scalekit.com" },
      /^SCALEKIT_RESOURCE_ID \(or SCALEKIT_AUDIENCE_NAME\) is missing, which SCALEKIT_ENVIRONMENT_URL also needs/,
    ],
    [
      { SCALEKIT_CLIENT_SECRET: "x" },
      /^SCALEKIT_ENVIRONMENT_URL and SCALEKIT_RESOURCE_ID \(or SCALEKIT_AUDIENCE_NAME\) are missing, which SCALEKIT_CLIENT_SECRET/,
    ],
    [
      { SCALEKIT_ENVIRONMENT_URL: "https://acme.scalekit.com", RESOURCE_ID: "a/b" },
      /^RESOURCE_ID is "a\/b"; it must be the resource id/,
    ],
    [
      { OAUTH_ISUER: OAUTH.OAUTH_ISSUER },
      /^OAUTH_ISUER is not a variable of Gatehouse. Did you mean OAUTH_ISSUER\?/,
    ],
    [{ ...OAUTH, OAUTH_AUDIENC: "x" }, /^OAUTH_AUDIENC is not a variable of Gatehouse/],
    [{ SCALKIT_RESOURCE_ID: "res_1" }, /^SCALKIT_RESOURCE_ID .* Did you mean SCALEKIT_RESOURCE_ID\?/],
    [{ ...OAUTH, ...SCALEKIT }, /^OAUTH_ISSUER and SCALEKIT_ENVIRONMENT_URL are both set/],
    [{ ...OAUTH, OAUTH_ISSUER: "idp" }, /^OAUTH_ISSUER is "idp"; it must be an https/],
    [{ ...OAUTH, OAUTH_WELL_KNOWN_URL: "x" }, /^OAUTH_WELL_KNOWN_URL is "x"; it must be/],
    [{ ...OAUTH, OAUTH_AUDIENCE: "," }, /^OAUTH_AUDIENCE is an empty list/],
    [
      { ...SCALEKIT, SCALEKIT_RESOURCE_ID: "a/b" },
      /^SCALEKIT_RESOURCE_ID is "a\/b"; it must be the resource id/,
    ],
  ])("is refused with one sentence: %j", (environment, sentence) => {
    expect(() => providerFromEnvironment(environment)).toThrow(ConfigurationError);
    expect(() => providerFromEnvironment(environment)).toThrow(sentence);
  });
});
