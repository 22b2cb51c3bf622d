import { describe, expect, test } from "vitest";
import { isClientSecret } from "./client.ts";
import { ConfigurationError } from "./errors.ts";
import { type ClientDescription, preregisteredClient } from "./preregistered-client.ts";

const rules = { catalogue: { descriptions: new Map([["mcp", "Use the tools"]]) } };
const basic: ClientDescription = { id: "n8n", redirectUris: ["https://n8n.example/cb"] };
const make = (more: Partial<ClientDescription> = {}) =>
  preregisteredClient({ ...basic, ...more }, rules, 1000);

describe("a client that the operator describes", () => {
  test("is public without a secret, and keeps nothing but the hash of one", () => {
    expect(make()).toMatchObject({
      id: "n8n",
      origin: "preregistered",
      authenticationMethod: "none",
      secretHash: null,
    });
    const confidential = make({ secret: "correct horse battery" });
    expect(confidential.authenticationMethod).toBe("client_secret_basic");
    expect(JSON.stringify(confidential)).not.toContain("correct horse");
    expect(isClientSecret(confidential, "correct horse battery")).toBe(true);
    expect(isClientSecret(confidential, "correct horse batterz")).toBe(false);
  });

  test("has its consent remembered only where the operator says so", () => {
    expect(make().remembersConsent).toBe(false);
    expect(make({ rememberConsent: false, redirectUris: ["http://127.0.0.1/cb"] }).remembersConsent).toBe(
      false,
    );
    expect(make({ rememberConsent: true }).remembersConsent).toBe(true);
  });

  test.each([
    "https://127.0.0.2/cb",
    "https://[::ffff:127.0.0.1]/cb",
    "https://app.localhost/cb",
    "https://localhost./cb",
    "https://0.0.0.0/cb",
  ])("can't have its consent remembered at %s, which leads to this computer", (uri) => {
    const redirectUris = ["https://app.example/cb", uri];
    expect(() => make({ rememberConsent: true, redirectUris })).toThrow(/anyone's program can listen at/);
  });

  test("authenticates with its keys where it has some", () => {
    const jwks = {
      keys: [
        {
          kty: "EC",
          crv: "P-256",
          x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
          y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        },
      ],
    };
    expect(make({ jwks })).toMatchObject({ authenticationMethod: "private_key_jwt", jwks });
  });

  test("acts for itself without redirect URIs and without refreshing", () => {
    const more = { secret: "x".repeat(20), redirectUris: undefined };
    expect(make({ ...more, grantTypes: ["client_credentials", "refresh_token"] })).toMatchObject({
      grantTypes: ["client_credentials"],
      redirectUris: [],
      authenticationMethod: "client_secret_basic",
    });
  });

  test.each<[string, Partial<ClientDescription>, RegExp]>([
    [
      "a method that needs a secret, without one",
      { authenticationMethod: "client_secret_post" },
      /needs a secret/,
    ],
    [
      "a secret that is never asked for",
      { authenticationMethod: "none", secret: "x".repeat(20) },
      /Leave one/,
    ],
    [
      "nothing to prove itself with, where it acts for itself",
      { redirectUris: [], grantTypes: ["client_credentials"] },
      /needs a secret or public keys/,
    ],
    ["no redirect URI, where it acts for people", { redirectUris: undefined }, /redirect_uris/],
    [
      "no redirect URI, where it acts for people as well",
      {
        redirectUris: [],
        secret: "x".repeat(20),
        grantTypes: ["authorization_code", "client_credentials"],
      },
      /redirect_uris/,
    ],
    ...["http://127.0.0.1/cb", "https://localhost/cb", "cursor://anysphere.cursor-mcp/cb"].map(
      (uri): [string, Partial<ClientDescription>, RegExp] => [
        `consent that is remembered at ${uri}`,
        { rememberConsent: true, redirectUris: ["https://n8n.example/cb", uri] },
        /The client n8n can't have its consent remembered: anyone's program can listen at .+\. Leave rememberConsent/,
      ],
    ),
    [
      "consent that is remembered where no one is asked",
      {
        rememberConsent: true,
        secret: "x".repeat(20),
        redirectUris: undefined,
        grantTypes: ["client_credentials"],
      },
      /asks no one for consent, so it has nothing to remember/,
    ],
    ["a short secret", { secret: "hunter2" }, /secret of 7 characters/],
    ["a scope that nobody offers", { scopes: ["mcp", "admin"] }, /scope admin/],
    ["a redirect URI that is no address", { redirectUris: ["javascript:alert(1)"] }, /never allowed/],
    ["the id of a registration", { id: "dcr_abc" }, /cannot be used/],
    ["the id of a document", { id: "https://a.example/b" }, /cannot be used/],
    ["an id with a space", { id: "a b" }, /cannot be used/],
  ])("cannot have %s", (_what, more, message) => {
    expect(() => make(more)).toThrow(ConfigurationError);
    expect(() => make(more)).toThrow(message);
  });
});
