import { expect, it } from "vitest";
import {
  authorize,
  authorizeUrl,
  callTool,
  newPkce,
  postForm,
  redeem,
  refresh,
  register,
  tokensOf,
} from "../support/client.ts";
import { DEMO, reach } from "../support/network.ts";
import { decide, openBrowser, signIn } from "../support/person.ts";
import { type Demo, startDemo } from "../support/processes/command.ts";

type Line = Readonly<Record<string, unknown>> & { readonly event?: string };

/** The lines of the log, which are not the greeting's. */
function linesOf(demo: Demo): readonly Line[] {
  const lines = demo.stdout().split("\n");
  return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Line);
}

it("writes one JSON line for each security event, with every detail asked for, and never a secret", async () => {
  const demo = await startDemo(["--debug"]);
  const there = reach(demo.origin);
  const params = { resource: demo.url };
  const secrets: (string | undefined)[] = [DEMO.password, "a-wrong-password"];

  const confidential = await register(there, { token_endpoint_auth_method: "client_secret_post" });
  secrets.push(confidential.client_secret);
  const { client_id: clientId } = await register(there);
  await postForm(there, "/oauth/register", {});

  const browser = openBrowser(there);
  const pkce = newPkce();
  const url = authorizeUrl(clientId, pkce.challenge, params);
  await expect(signIn(browser, url, "demo", "a-wrong-password")).rejects.toThrow();
  const consent = await signIn(browser, url, DEMO.username, DEMO.password);
  await decide(browser, consent.state, "deny");
  secrets.push(consent.state, pkce.verifier, ...browser.cookie().split(/=|; /));
  await browser.request(authorizeUrl(clientId, pkce.challenge, { ...params, code_challenge: undefined }));

  const authorized = await authorize(there, clientId, { ...DEMO, params });
  const first = await tokensOf(redeem(there, clientId, authorized));
  const second = await tokensOf(refresh(there, clientId, first.refresh_token));
  await tokensOf(refresh(there, clientId, first.refresh_token));
  const third = await tokensOf(refresh(there, clientId, second.refresh_token));
  expect((await refresh(there, clientId, first.refresh_token)).status).toBe(400);
  expect((await callTool(there, third.access_token)).status).toBe(401);

  const again = await authorize(there, clientId, { ...DEMO, params });
  const fourth = await tokensOf(redeem(there, clientId, again));
  expect((await callTool(there, fourth.access_token, "create_todo", { title: "x" })).status).toBe(403);
  expect((await redeem(there, clientId, again)).status).toBe(400);
  for (const { code, verifier } of [authorized, again]) secrets.push(code, verifier);
  for (const tokens of [first, second, third, fourth]) {
    secrets.push(tokens.access_token, tokens.refresh_token, tokens.access_token.split(".")[2]);
  }

  const { stderr } = await demo.stop();
  expect(stderr).toBe("");
  const lines = linesOf(demo);
  for (const line of lines)
    expect(line).toMatchObject({ level: expect.any(Number), time: expect.any(String) });
  const counts: Record<string, number> = {};
  for (const { event } of lines) if (event !== undefined) counts[event] = (counts[event] ?? 0) + 1;
  expect(counts).toEqual({
    "client.registered": 2,
    "client.refused": 1,
    "sign_in.failed": 1,
    "sign_in.ok": 3,
    "consent.denied": 1,
    "authorization.refused": 1,
    "consent.approved": 2,
    "code.redeemed": 2,
    "refresh.rotated": 2,
    "refresh.repeated": 1,
    "refresh.reused": 1,
    "code.reused": 1,
    "grant.revoked": 2,
    "token.refused": 2,
    "guard.refused": 2,
  });
  const written = lines.map((line) => JSON.stringify(line)).join("\n");
  for (const secret of secrets) {
    // The names of cookies are no secrets.
    if (secret === undefined || secret.startsWith("gatehouse-")) continue;
    expect(secret.length).toBeGreaterThan(5);
    expect(written).not.toContain(secret);
  }
});

it("is missed by no one: a server whose log nobody reads any more answers on, and ends with 0", async () => {
  const demo = await startDemo();
  demo.child.stdout?.destroy();
  for (let i = 0; i < 3; i += 1) await register(reach(demo.origin));
  expect((await fetch(`${demo.origin}/health`)).status).toBe(200);
  expect(await demo.stop()).toMatchObject({ exitCode: 0, signal: null, stderr: "" });
});
