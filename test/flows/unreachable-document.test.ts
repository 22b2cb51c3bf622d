import { generateKeyPairSync } from "node:crypto";
import { SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { safeFetch } from "../../src/platform/safe-fetch.ts";
import { authorizeUrl, newPkce, postForm, register } from "../support/client.ts";
import { startServer, type TestServer } from "../support/server.ts";

// A stranger names URLs and compares the answers: they must not say which names there are inside of our network, or what
// addresses those have. The operator's log says it.

/** What the names of these tests lead to. */
const NAMES: Readonly<Record<string, () => readonly string[]>> = {
  "nothing.example": () => [],
  "failing.example": () => {
    throw new Error("the name server is down");
  },
  "database.example": () => ["10.1.2.3"],
  "rebinding.example": () => ["8.8.8.8", "10.1.2.3"],
  "inside6.example": () => ["fd00::7"],
  "metadata.example": () => ["169.254.169.254"],
};
/** An address needs no name server. */
const HOSTS = [...Object.keys(NAMES), "10.1.2.3", "[::1]", "127.0.0.1:8443"];

const start = () =>
  startServer(
    {},
    {
      fetchDocument: (url, limits) =>
        safeFetch(url, { ...limits, resolve: async (name) => NAMES[name]?.() ?? [] }),
    },
  );

/** All of an answer that a stranger sees, without the ID that each page has. */
async function seen(answer: Promise<Response>) {
  const { status, headers, ...response } = await answer.then(async (response) => ({
    status: response.status,
    headers: [...response.headers],
    body: await response.text(),
  }));
  return { status, headers, body: response.body.replace(/<code class="whole">.*?<\/code>/, "") };
}

const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

const ASKING: Readonly<Record<string, (server: TestServer, clientId: string) => Promise<Response>>> = {
  authorize: (server, clientId) => server.fetch(new Request(authorizeUrl(clientId, newPkce().challenge))),
  token: (server, client_id) =>
    postForm(server, "/oauth/token", { client_id, grant_type: "authorization_code", code: "x" }),
  revoke: (server, client_id) => postForm(server, "/oauth/revoke", { client_id, token: "x" }),
  introspect: (server, client_id) => postForm(server, "/oauth/introspect", { client_id, token: "x" }),
};

describe("a metadata document that cannot be reached is answered alike, wherever its host leads", () => {
  it.each(Object.entries(ASKING))("%s", async (endpoint, ask) => {
    const server = await start();
    const answers = await Promise.all(
      HOSTS.map((host) => seen(ask(server, `https://${host}/oauth/client.json`))),
    );
    const [first] = answers;
    expect(first?.status).toBe(endpoint === "authorize" ? 400 : 503);
    expect(first?.headers).toContainEqual(["retry-after", "60"]);
    for (const answer of answers) expect(answer).toEqual(first);
    // Again, from what is remembered.
    for (const host of HOSTS) {
      expect(await seen(ask(server, `https://${host}/oauth/client.json`))).toEqual(first);
    }
    const reasons = new Set(server.lines.map(({ fields }) => fields.reason));
    expect([...reasons].join("\n")).toMatch(
      /the name has no address[\s\S]*database\.example leads to 10\.1\.2\.3/,
    );
    expect(new Set(server.lines.map(({ name }) => name)).size).toBe(1);
  });
});

describe("so are keys at a jwks_uri", () => {
  it.each(["token", "revoke", "introspect"])("%s", async (endpoint) => {
    const server = await start();
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const ask = async (host: string) => {
      const { client_id } = await register(server, {
        token_endpoint_auth_method: "private_key_jwt",
        jwks_uri: `https://${host}/jwks`,
      });
      const client_assertion = await new SignJWT({ iss: client_id, sub: client_id })
        .setProtectedHeader({ alg: "ES256" })
        .sign(privateKey);
      const fields = { client_assertion, client_assertion_type: JWT_BEARER, token: "x" };
      return seen(postForm(server, `/oauth/${endpoint}`, { ...fields, grant_type: "refresh_token" }));
    };
    const [first, ...others] = await Promise.all(HOSTS.map(ask));
    expect(first?.status).toBe(503);
    for (const answer of others) expect(answer).toEqual(first);
  });
});
