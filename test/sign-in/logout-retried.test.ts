import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it, onTestFinished } from "vitest";
import { oidc } from "../../src/authorization-server/sign-in/index.ts";
import { authorizeUrl, codeOf, newPkce, postForm, redeem, refresh, tokensOf } from "../support/client.ts";
import { SECRET } from "../support/forge.ts";
import { decide, stateOf } from "../support/person.ts";
import { CLIENT_ID, CLIENT_SECRET, startIdentityDouble } from "../support/sign-in/identity-double.ts";
import { leadsTo, signInAt, startSignInServer } from "../support/sign-in/journey.ts";
import { logoutOf } from "../support/sign-in/logout.ts";
import { openNetwork } from "../support/sign-in/network.ts";

it.each([
  ["sessions", "DELETE ON sessions"],
  ["grants", "UPDATE ON grants"],
])("a logout whose %s the database could not end: the same token does it later", async (_what, change) => {
  const directory = mkdtempSync(join(tmpdir(), "gatehouse-logout-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const database = join(directory, "logout.db");
  const network = openNetwork();
  const provider = await startIdentityDouble({ claims: { sid: "session-1" } });
  const credentials = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };
  const method = oidc({ issuer: provider.issuer, endGrants: true, ...credentials });
  const server = await startSignInServer([method], network, { database, secret: SECRET });
  const { response, browser, clientId, verifier } = await signInAt(server, "oidc", network);
  const approved = await decide(browser, stateOf(response.headers.get("location")), "approve", ["mcp"]);
  const code = codeOf(approved.headers.get("location"));
  const tokens = await tokensOf(redeem(server, clientId, { verifier, code }));

  const aside = new DatabaseSync(database);
  onTestFinished(() => aside.close());
  const { claimsOf } = logoutOf(provider, () => server);
  const logout_token = await provider.sign(claimsOf({ sub: "ada" }), { typ: "logout+jwt" });
  const send = () => postForm(server, "/oauth/logout/oidc", { logout_token });
  aside.exec(`CREATE TRIGGER fails BEFORE ${change} BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`);
  expect((await send()).status).toBeGreaterThanOrEqual(500);
  aside.exec("DROP TRIGGER fails");

  expect((await send()).status).toBe(200);
  const next = await browser.request(authorizeUrl(clientId, newPkce().challenge));
  expect(leadsTo(next)).not.toBe("/oauth/consent");
  expect((await refresh(server, clientId, tokens.refresh_token)).status).toBe(400);
  expect((await send()).status).toBe(400);
});
