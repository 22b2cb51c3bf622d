import { once } from "node:events";
import { Agent, get, type IncomingMessage, request } from "node:http";
import { connect as connectSocket, type Socket } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { CHECKOUT } from "../support/checkout.ts";
import { connect } from "../support/client.ts";
import { DEMO, reach } from "../support/network.ts";
import { type Demo, running, start, startDemo, temporaryFolder } from "../support/processes/command.ts";

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

const METADATA = JSON.stringify({
  client_name: "Slow client",
  redirect_uris: ["https://client.example/callback"],
  token_endpoint_auth_method: "none",
});

describe.concurrent.each(SIGNALS)("at %s", (signal) => {
  it("requests under way finish, streams end, nothing idle holds the exit, and the code is 0", async () => {
    const demo = await startDemo([], { env: { GATEHOUSE_SESSIONS: "true" } });
    const idle = await openIdleConnections(demo);
    const token = await tokenOf(demo);
    const stream = await openStream(demo, token);
    const underWay = await beginRegistration(demo);
    const call = await beginCall(demo, token);

    const ended = demo.stop(signal);
    await refusesConnections(demo);
    // Only now does the client send the rest of it.
    underWay.send();
    call.send();
    expect(await underWay.status).toBe(201);
    expect(await call.status).toBe(200);
    expect(await call.body).toContain("result");
    expect(await stream.ended).toBe("properly");
    expect(await ended).toMatchObject({ exitCode: 0, signal: null, stderr: "" });
    for (const socket of idle) expect(socket.destroyed || socket.readableEnded).toBe(true);
  });
});

describe.concurrent("a rolling restart", () => {
  it("is announced at /ready before anything ends: whoever comes until then is served", async () => {
    const demo = await startDemo([], { env: { GATEHOUSE_SHUTDOWN_DELAY_SECONDS: "3" } });
    expect((await fetch(`${demo.origin}/ready`)).status).toBe(200);
    const ended = demo.stop("SIGTERM");
    await expect.poll(async () => (await fetch(`${demo.origin}/ready`)).status).toBe(503);
    const underWay = await beginRegistration(demo);
    underWay.send();
    expect(await underWay.status).toBe(201);
    await refusesConnections(demo);
    expect(await ended).toMatchObject({ exitCode: 0, signal: null, stderr: "" });
  });
});

describe.concurrent("a signal", () => {
  it("twice at once, as npm and a terminal send it, is one", async () => {
    const demo = await startDemo();
    const underWay = await beginRegistration(demo);
    demo.child.kill("SIGINT");
    const ended = demo.stop("SIGINT");
    await refusesConnections(demo);
    underWay.send();
    expect(await underWay.status).toBe(201);
    expect(await ended).toMatchObject({ exitCode: 0, signal: null });
  });

  it("again later, because waiting is too long, ends it at once", async () => {
    const demo = await startDemo();
    const hanging = await beginRegistration(demo);
    demo.child.kill("SIGTERM");
    await refusesConnections(demo);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(demo.child.exitCode).toBeNull();
    expect(await demo.stop("SIGTERM")).toMatchObject({ exitCode: 1, signal: null });
    await expect(hanging.status).rejects.toThrow();
  });

  it("ends it even where a request never ends", async () => {
    const demo = await startDemo();
    const hanging = await beginRegistration(demo);
    const outcome = demo.stop("SIGTERM");
    await expect(hanging.status).rejects.toThrow();
    expect(await outcome).toMatchObject({ exitCode: 0, signal: null });
  });
});

describe.concurrent("npm start", () => {
  it("ends the server when npm alone is told to end, as a process manager tells it", async () => {
    const folder = await temporaryFolder();
    const npm = start("npm", ["start", "--", "--port", "0", "--database", `${folder}/gatehouse.db`], {
      cwd: CHECKOUT,
      detached: true,
    });
    const demo = await running(npm, folder);
    expect((await fetch(`${demo.origin}/health`)).status).toBe(200);
    await demo.stop("SIGTERM");
    await refusesConnections(demo);
  });

  it("ends the server when the terminal tells the whole group", async () => {
    const folder = await temporaryFolder();
    const npm = start("npm", ["start", "--", "--port", "0", "--database", `${folder}/gatehouse.db`], {
      cwd: CHECKOUT,
      detached: true,
    });
    const demo = await running(npm, folder);
    const underWay = await beginRegistration(demo);
    process.kill(-(npm.child.pid ?? 0), "SIGINT");
    await refusesConnections(demo);
    underWay.send();
    expect(await underWay.status).toBe(201);
    await npm.ended;
  });
});

/** A connection that said nothing, one that began a request, and one that is kept alive after an answer. */
async function openIdleConnections(demo: Demo): Promise<readonly Socket[]> {
  const { hostname, port } = new URL(demo.origin);
  const silent = connectSocket(Number(port), hostname);
  const begun = connectSocket(Number(port), hostname);
  await Promise.all([silent, begun].map((socket) => once(socket, "connect")));
  for (const socket of [silent, begun]) socket.on("error", () => {}).resume();
  begun.write("GET /health HTTP/1.1\r\nHost: loc");
  const [kept] = (await once(
    get(`${demo.origin}/health`, { agent: new Agent({ keepAlive: true }) }),
    "response",
  )) as [IncomingMessage];
  const { socket } = kept;
  kept.resume();
  await once(kept, "end");
  return [silent, begun, socket];
}

async function tokenOf(demo: Demo): Promise<string> {
  return (await connect(reach(demo.origin), { ...DEMO, params: { resource: demo.url } })).access_token;
}

/** The stream on which a session's server speaks. */
async function openStream(
  demo: Demo,
  token: string,
): Promise<{ readonly ended: Promise<"properly" | "cut off"> }> {
  const headers = {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
  };
  const initialized = await fetch(demo.url, {
    method: "POST",
    headers,
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "initialize",
      params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } },
    }),
  });
  await initialized.text();
  const session = initialized.headers.get("mcp-session-id") ?? "";
  const stream = await fetch(demo.url, { headers: { ...headers, "mcp-session-id": session } });
  expect(stream.headers.get("content-type")).toContain("text/event-stream");
  return {
    ended: stream.text().then(
      () => "properly",
      () => "cut off",
    ),
  };
}

type Posting = { send(): void; readonly status: Promise<number>; readonly body: Promise<string> };

/** A registration whose body the server waits for. */
function beginRegistration(demo: Demo): Promise<Posting> {
  return beginPost(demo, `${demo.origin}/oauth/register`, METADATA);
}

/** A call of a tool whose body the server waits for. */
function beginCall(demo: Demo, token: string): Promise<Posting> {
  const message = {
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: { name: "get_time", arguments: {} },
  };
  return beginPost(demo, demo.url, JSON.stringify(message), {
    authorization: `Bearer ${token}`,
    accept: "application/json, text/event-stream",
  });
}

/** Half of a request. The other half goes with `send`. */
async function beginPost(
  demo: Demo,
  url: string,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Posting> {
  const posting = request(url, {
    method: "POST",
    headers: { "content-type": "application/json", "content-length": text.length, ...headers },
  });
  const answered = once(posting, "response").then(([response]) => response as IncomingMessage);
  const body = answered.then(async (response) => (await response.setEncoding("utf8").toArray()).join(""));
  const status = answered.then(({ statusCode = 0 }) => statusCode);
  for (const promise of [body, status]) promise.catch(() => {});
  const half = text.length / 2;
  await new Promise<void>((done) => posting.write(text.slice(0, half), () => done()));
  // Another request on another connection, answered: the server has seen this one's head by now.
  await fetch(`${demo.origin}/health`);
  return { send: () => posting.end(text.slice(half)), status, body };
}

async function refusesConnections(demo: Demo): Promise<void> {
  await vi.waitFor(
    async () => {
      const asked = fetch(`${demo.origin}/health`, { headers: { connection: "close" } });
      await expect(asked, "it still answers").rejects.toThrow();
    },
    { timeout: 20_000, interval: 50 },
  );
}
