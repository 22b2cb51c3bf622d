import {
  Client,
  StreamableHTTPClientTransport,
  UrlElicitationRequiredError,
} from "@modelcontextprotocol/client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createKeyring } from "../../src/platform/secrets/keyring.ts";
import { connect } from "../support/client.ts";
import { SECRET } from "../support/forge.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type ServiceDouble, startService } from "../support/service-double.ts";
import { acmeAt, keepTokens } from "../support/upstream-credentials.ts";

// What the clients of the official SDK make of a service that has to be connected first.

const CAN = { elicitation: { url: {} } };

let service: ServiceDouble;
let server: TestServer;
let opened: string[];
let closing: (() => Promise<void>)[];
beforeEach(async () => {
  service = await startService();
  opened = [];
  closing = [service.close];
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
});

async function start(sessions: boolean) {
  server = await startServer({ sessions, secret: SECRET, upstreams: { acme: acmeAt(service) } });
  server.registrations.registerTool("act", {}, async ({ upstream }) => ({
    content: [{ type: "text", text: service.accountOf(await upstream("acme").accessToken()) ?? "nobody" }],
  }));
}

/** The person does in the browser what the link is for. */
async function connectAcme(): Promise<void> {
  const given = { ...service.give("ada-there"), expiresInSeconds: 3600 };
  await keepTokens(
    { store: server.store, keyring: createKeyring([SECRET]), now: server.now() },
    service,
    "ada",
    given,
  );
}

async function open(capabilities: object, options: ConstructorParameters<typeof Client>[1] = {}) {
  const { access_token } = await connect(server);
  const client = new Client({ name: "SDK client", version: "1" }, { capabilities, ...options });
  if ("elicitation" in capabilities) {
    client.setRequestHandler("elicitation/create", async ({ params }) => {
      if (params.mode !== "url") return { action: "decline" };
      opened.push(params.url);
      void connectAcme();
      return { action: "accept" };
    });
  }
  const transport = new StreamableHTTPClientTransport(new URL(server.settings.resource), {
    fetch: (url, init) => server.fetch(new Request(url, init)),
    requestInit: { headers: { authorization: `Bearer ${access_token}` } },
  });
  await client.connect(transport);
  closing.push(() => client.close());
  return client;
}

const act = (client: Client) => client.callTool({ name: "act", arguments: {} });
const LINK = /^https:\/\/mcp\.example\/account\/connect\/acme/;

describe("a client of the SDK, 2026-07-28", () => {
  const options = { versionNegotiation: { mode: { pin: "2026-07-28" } } } as const;

  it("opens the link once, and its call goes on when the person is done", async () => {
    await start(false);
    const client = await open(CAN, options);
    expect(await act(client)).toMatchObject({ content: [{ text: "ada-there" }] });
    expect(opened).toEqual([expect.stringMatching(LINK)]);
    expect(await act(client)).toMatchObject({ content: [{ text: "ada-there" }] });
    expect(opened).toHaveLength(1);
  });

  it("without that capability gets the link as text", async () => {
    await start(false);
    const answer = await act(await open({}, options));
    expect(answer).toMatchObject({ isError: true });
    expect(JSON.stringify(answer.content)).toContain("https://mcp.example/account/connect/acme");
  });
});

describe("a client of the SDK, 2025-11-25", () => {
  it("in a session gets the error with the link, and its next call goes on", async () => {
    await start(true);
    const client = await open(CAN);
    const error = await act(client).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UrlElicitationRequiredError);
    expect((error as UrlElicitationRequiredError).elicitations).toMatchObject([
      { mode: "url", url: expect.stringMatching(LINK) },
    ]);
    await connectAcme();
    expect(await act(client)).toMatchObject({ content: [{ text: "ada-there" }] });
  });

  it.each([
    ["without a session", false, CAN],
    ["in a session, without that capability", true, {}],
  ])("%s gets the link as text", async (_how, sessions, capabilities) => {
    await start(sessions);
    const client = await open(capabilities);
    expect(await act(client)).toMatchObject({ isError: true });
    await connectAcme();
    expect(await act(client)).toMatchObject({ content: [{ text: "ada-there" }] });
  });
});
