import { describe, expect, it } from "vitest";
import { github, google } from "../../src/authorization-server/sign-in/index.ts";
import {
  githubUpstream,
  googleUpstream,
  keyUpstream,
  oauthUpstream,
} from "../../src/authorization-server/upstreams/index.ts";
import { ConfigurationError } from "../../src/core/errors.ts";
import { createOAuthServer } from "../../src/server/create-oauth-server.ts";

const SECRET = "do-not-show-me";
const CLIENT = { clientId: "c", clientSecret: SECRET };
const ACME = { label: "Acme", issuer: "https://acme.example", ...CLIENT };

/** What is wrong in code that no compiler sees, or that it was told to let through. */
const wrong = (given: unknown) => given as never;
const server = (upstreams: unknown) =>
  createOAuthServer("my-app", () => null, { database: ":memory:", upstreams: wrong(upstreams) });

describe("a mistake in the code stops the start with one sentence", () => {
  it.each<[string, () => unknown, string]>([
    [
      "no options",
      () => oauthUpstream(wrong(undefined)),
      "oauthUpstream: the options are missing; they must be",
    ],
    [
      "no label",
      () => oauthUpstream(wrong({ ...ACME, label: undefined })),
      "oauthUpstream: label is missing",
    ],
    [
      "a label that turns a sentence around",
      () => keyUpstream({ label: "\u202eJira" }),
      "it must be the name by which people know the service, without control characters",
    ],
    [
      "no way to the service",
      () => oauthUpstream({ label: "Acme", ...CLIENT, tokenUrl: "https://acme.example/token" }),
      "oauthUpstream: issuer is missing; give it, or both authorizationUrl and tokenUrl.",
    ],
    [
      "metadata of no issuer",
      () =>
        oauthUpstream({
          label: "Acme",
          ...CLIENT,
          metadataUrl: "https://acme.example/.well-known/x",
          tokenUrl: "https://acme.example/token",
          authorizationUrl: "https://acme.example/authorize",
        }),
      "metadataUrl is given without the issuer",
    ],
    [
      "a token endpoint in the clear",
      () => oauthUpstream({ ...ACME, tokenUrl: "http://acme.example/token" }),
      'oauthUpstream: tokenUrl is "http://acme.example/token"; it must be an https:// URL',
    ],
    [
      "no secret and no key",
      () => oauthUpstream({ label: "Acme", issuer: "https://acme.example", clientId: "c" }),
      "oauthUpstream: clientSecret is missing; give it, or privateKey.",
    ],
    [
      "an empty client ID",
      () => oauthUpstream({ ...ACME, clientId: "" }),
      "oauthUpstream: clientId is empty; it must be the client ID that the service gave you.",
    ],
    [
      "an empty secret",
      () => githubUpstream({ ...CLIENT, clientSecret: "" }),
      "githubUpstream: clientSecret is empty; it must be the client secret that the service gave you.",
    ],
    [
      "a scope that is two",
      () => oauthUpstream({ ...ACME, scopes: ["read write"] }),
      'oauthUpstream: scopes[0] is "read write"; it must be a list of scopes',
    ],
    [
      "a parameter of ours",
      () => oauthUpstream({ ...ACME, parameters: { redirect_uri: "x" } }),
      "none of the parameters that Gatehouse sends itself",
    ],
    ["a misspelt option", () => githubUpstream(wrong({ ...CLIENT, scope: [] })), "Did you mean scopes?"],
    ["no client of Google", () => googleUpstream(wrong({})), "googleUpstream: clientId is missing"],
    [
      "a check that is none",
      () => keyUpstream(wrong({ label: "J", check: true })),
      "check is true; it must be a function",
    ],
    [
      "a service without its function",
      () => server({ acme: ACME }),
      "upstreams.acme is an object; it must be what oauthUpstream(), ",
    ],
    ...[" ", "c\n", " c", "c\r\nd"].map((clientId): [string, () => unknown, string] => [
      `a client ID of ${JSON.stringify(clientId)}`,
      () => oauthUpstream({ ...ACME, clientId }),
      `clientId is ${JSON.stringify(clientId)}; it must be the client ID that the service gave you, without line breaks`,
    ]),
    ...[`${SECRET}\n`, ` ${SECRET}`, `a\n${SECRET}`, " "].map(
      (clientSecret): [string, () => unknown, string] => [
        "a client secret with blanks or line breaks around it",
        () => githubUpstream({ ...CLIENT, clientSecret }),
        "clientSecret is not usable; it must be the client secret that the service gave you, without line breaks",
      ],
    ),
    [
      "an ID with a line break at sign-in",
      () => google({ ...CLIENT, clientId: "c\n" }),
      'clientId is "c\\n"; it',
    ],
    [
      "a secret with a line break at sign-in",
      () => github({ ...CLIENT, clientSecret: `${SECRET}\n` }),
      "clientSecret is not usable; it must be the client secret",
    ],
    [
      "an authorization endpoint with a fragment",
      () => oauthUpstream({ ...ACME, authorizationUrl: "https://acme.example/a#b" }),
      'authorizationUrl is "https://acme.example/a#b"; it must be a URL without a username, a password and a fragment',
    ],
    [
      "an authorization endpoint with a password",
      () => oauthUpstream({ ...ACME, authorizationUrl: `https://ada:${SECRET}@acme.example/a` }),
      'authorizationUrl is "https://…@acme.example/a"; it must be a URL without a username, a password',
    ],
    [
      "a label without an end",
      () => keyUpstream({ label: "J".repeat(61) }),
      "it must be the name by which people know the service, of at most 60 characters",
    ],
    [
      "a label of a preset without an end",
      () => googleUpstream({ ...CLIENT, label: "G".repeat(61) }),
      "of at most 60 characters",
    ],
    ...[{ kind: "oauth" }, { kind: "key" }, { kind: "oauth", ...ACME }].map(
      (made): [string, () => unknown, string] => [
        `a service made by hand: ${Object.keys(made)}`,
        () => server({ github: made }),
        "upstreams.github is an object; it must be what oauthUpstream(), ",
      ],
    ),
    ["a list", () => server([]), "upstreams is an empty list; it must be an object of services"],
    [
      "a name with a capital",
      () => server({ Acme: oauthUpstream(ACME) }),
      'upstreams names "Acme"; it must be a name of lower-case letters, digits, hyphens and underscores',
    ],
    [
      "a server that does not know its people",
      () =>
        createOAuthServer(
          "my-app",
          { authorization: { issuer: "https://idp.example", audience: "a" } },
          { upstreams: { jira: keyUpstream({ label: "Jira" }) } },
        ),
      "upstreams is for a server with its own sign-in",
    ],
  ])("%s", (_what, make, sentence) => {
    let thrown: unknown;
    try {
      make();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ConfigurationError);
    expect(String(thrown)).toContain(sentence);
    expect(String(thrown)).not.toContain(SECRET);
  });
});
