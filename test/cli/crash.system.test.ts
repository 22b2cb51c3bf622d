import { expect, it } from "vitest";
import {
  type Authorized,
  authorize,
  authorizeUrl,
  callTool,
  codeOf,
  newPkce,
  redeem,
  refresh,
  register,
  tokensOf,
} from "../support/client.ts";
import { freePort } from "../support/listening.ts";
import { DEMO, reach } from "../support/network.ts";
import { type Browser, decide, openBrowser, signIn, stateOf } from "../support/person.ts";
import { type Demo, gatehouse, startDemo, temporaryFolder } from "../support/processes/command.ts";

type There = ReturnType<typeof reach>;

/** A client that refreshes as fast as it is answered, and keeps the last answer. */
type Refresher = { readonly clientId: string; refreshToken: string; answered: number };
/** A client whose person approves again and again, with every code that was handed over and not used. */
type Approver = { readonly clientId: string; readonly codes: Pick<Authorized, "code" | "verifier">[] };

const ROUNDS = 3;
const CLIENTS_OF_EACH_KIND = 6;

it("killed amid refreshes and approvals, it has lost nothing that it answered", async () => {
  const cwd = await temporaryFolder();
  let demo = await startDemo([], { cwd });
  const port = Number(new URL(demo.origin).port);
  const there = reach(demo.origin);
  const params = { resource: demo.url };
  const refreshers: Refresher[] = [];
  const approvers: (Approver & { readonly browser: Browser })[] = [];
  for (let index = 0; index < CLIENTS_OF_EACH_KIND; index += 1) {
    const { client_id: clientId } = await register(there, { client_name: `Refresher ${index}` });
    const tokens = await tokensOf(
      redeem(there, clientId, await authorize(there, clientId, { ...DEMO, params })),
    );
    refreshers.push({ clientId, refreshToken: tokens.refresh_token, answered: 0 });
    const approver = await register(there, { client_name: `Approver ${index}` });
    const browser = openBrowser(there);
    await signIn(
      browser,
      authorizeUrl(approver.client_id, newPkce().challenge, params),
      "demo",
      DEMO.password,
    );
    approvers.push({ clientId: approver.client_id, codes: [], browser });
  }

  for (let round = 0; round < ROUNDS; round += 1) {
    await killAmid(demo, [
      ...refreshers.map((client) => () => refreshOnce(there, client)),
      ...approvers.map((client) => () => approveOnce(client, client.browser, params)),
    ]);
    demo = await startDemo([], { cwd, port });

    for (const client of refreshers) {
      expect(client.answered).toBeGreaterThan(0);
      const { access_token } = await refreshOnce(there, client);
      expect((await callTool(there, access_token, "get_time")).status).toBe(200);
    }
    for (const { clientId, codes } of approvers) {
      expect(codes.length).toBeGreaterThan(0);
      for (const authorized of codes.splice(0)) await tokensOf(redeem(there, clientId, authorized));
    }
  }
  expect(await demo.stop()).toMatchObject({ exitCode: 0, stderr: "" });
});

it("killed amid sign-ins, it knows who was signed in, and who was put out, at once after the start", async () => {
  const cwd = await temporaryFolder();
  const [port, env] = [await freePort(), { GATEHOUSE_PUBLIC_URL: "https://mcp.example" }];
  const start = () => startDemo([], { cwd, env, port });
  const there = reach(`http://localhost:${port}`);
  let demo = await start();
  const { client_id: clientId } = await register(there);
  const signedIn: Browser[] = [];
  const isSignedIn = async (browser: Browser) => {
    const answer = await browser.request(authorizeUrl(clientId, newPkce().challenge));
    return new URL(answer.headers.get("location") ?? "").pathname === "/oauth/consent";
  };

  for (let round = 0; round < ROUNDS; round += 1) {
    const before = signedIn.length;
    // Each in a browser of its own: in one that was signed in, a sign-in whose answer is lost may have ended that.
    const once = async () => {
      const browser = openBrowser(there);
      await signIn(browser, authorizeUrl(clientId, newPkce().challenge), DEMO.username, DEMO.password);
      signedIn.push(browser);
    };
    await killAmid(
      demo,
      Array.from({ length: CLIENTS_OF_EACH_KIND }, () => once),
    );
    demo = await start();
    expect(signedIn.length).toBeGreaterThan(before);
    for (const browser of signedIn) expect(await isSignedIn(browser)).toBe(true);
  }

  const { exitCode } = await gatehouse(["person", "disable", "demo"], { cwd });
  demo.child.kill("SIGKILL");
  await demo.ended;
  expect(exitCode).toBe(0);
  demo = await start();
  for (const browser of signedIn.slice(-CLIENTS_OF_EACH_KIND)) {
    expect(await isSignedIn(browser)).toBe(false);
    const begun = await browser.request(authorizeUrl(clientId, newPkce().challenge));
    const state = stateOf(begun.headers.get("location"));
    expect((await browser.submit("/oauth/login", { state, ...DEMO })).status).toBe(403);
  }
  expect(await demo.stop()).toMatchObject({ exitCode: 0, stderr: "" });
});

/** Has everybody at it at once, and ends the process without warning once some hundred answers have come. */
async function killAmid(demo: Demo, repeated: readonly (() => Promise<unknown>)[]): Promise<void> {
  let answers = 0;
  const untilItIsGone = async (once: () => Promise<unknown>) => {
    for (;;) {
      try {
        await once();
      } catch (error) {
        // What it answered must be right; that it does not answer any more is what this is about.
        if (demo.child.killed && error instanceof TypeError) return;
        throw error;
      }
      answers += 1;
      if (answers === repeated.length * 10) demo.child.kill("SIGKILL");
    }
  };
  await Promise.all(repeated.map(untilItIsGone));
  expect((await demo.ended).signal).toBe("SIGKILL");
}

async function refreshOnce(there: There, client: Refresher) {
  const tokens = await tokensOf(refresh(there, client.clientId, client.refreshToken));
  client.refreshToken = tokens.refresh_token;
  client.answered += 1;
  return tokens;
}

async function approveOnce(
  { clientId, codes }: Approver,
  browser: Browser,
  params: Readonly<Record<string, string>>,
): Promise<void> {
  const { verifier, challenge } = newPkce();
  const asked = authorizeUrl(clientId, challenge, params);
  // On a loopback issuer a sign-in counts for its own request only.
  const { state } = await signIn(browser, asked, DEMO.username, DEMO.password);
  const answer = await decide(browser, state, "approve", ["mcp"]);
  codes.push({ code: codeOf(answer.headers.get("location")), verifier });
}
