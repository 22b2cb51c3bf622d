import { describe, expect, it } from "vitest";
import type { OAuthServerOptions } from "../../src/config/options-schema.ts";
import { createPublicRoom } from "../../src/server/public-room.ts";
import { connect, RESOURCE } from "../support/client.ts";
import { growth, METRICS_TOKEN, scrape } from "../support/metrics.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { ask, call, PUBLIC, registerBoth } from "../support/without-token.ts";

const STRANGER = "203.0.113.1";

async function start(options: OAuthServerOptions) {
  const server = await startServer({ publicRequestsPerMinute: 40, ...options });
  return { server, ...registerBoth(server.registrations) };
}

/** Calls what is public from an address, or a batch of that. */
function search(
  server: TestServer,
  address: string | undefined,
  to: string,
  messages = 1,
): Promise<Response> {
  const body = Array.from({ length: messages }, (_, id) => ({ jsonrpc: "2.0", id, ...call("search") }));
  return server.fetch(
    new Request(to, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
      body: JSON.stringify(messages === 1 ? body[0] : body),
    }),
    { address },
  );
}

/** How many of so many calls are let in. */
async function letIn(
  server: TestServer,
  address: string | undefined,
  to: string,
  calls: number,
): Promise<number> {
  let count = 0;
  for (let n = 0; n < calls; n += 1) if ((await search(server, address, to)).status === 200) count += 1;
  return count;
}

describe.each([
  ["connect", PUBLIC],
  ["call", RESOURCE],
] as const)('requests without a token, with askToSignIn: "%s"', (askToSignIn, to) => {
  it("share what an instance answers in a minute: no address can use it up for all others", async () => {
    const { server } = await start({ askToSignIn });
    // The half for those who come first, and its tenth of the rest.
    expect(await letIn(server, STRANGER, to, 60)).toBe(20 + 2);
    expect(await letIn(server, "198.51.100.7", to, 10)).toBe(2);
    expect(await letIn(server, "2001:db8:7:1::1", to, 10)).toBe(2);
    // The same /48.
    expect(await letIn(server, "2001:db8:7:2::1", to, 10)).toBe(0);
    server.advance(61);
    expect(await letIn(server, STRANGER, to, 10)).toBe(10);
  });

  it("of a few addresses are let in, as hosted clients send them for all their people", async () => {
    const { server } = await start({ askToSignIn, publicRequestsPerMinute: 1000 });
    expect(await letIn(server, STRANGER, to, 300)).toBe(300);
  });

  it("behind a proxy that hides who sends them have the whole", async () => {
    const { server } = await start({ askToSignIn });
    expect(await letIn(server, "10.0.0.7", to, 60)).toBe(40);
  });

  it("count each message of a batch, of which there are fifty at most", async () => {
    const { server, ran } = await start({ askToSignIn });
    expect((await search(server, "10.0.0.7", to, 51)).status).toBe(413);
    expect((await search(server, "10.0.0.7", to, 39)).status).toBe(200);
    expect((await search(server, "10.0.0.7", to, 2)).status).not.toBe(200);
    expect(ran.filter((name) => name === "search")).toHaveLength(39);
  });

  it("leave those alone that have one", async () => {
    const { server } = await start({ askToSignIn });
    const { access_token: token } = await connect(server);
    expect(await letIn(server, STRANGER, to, 30)).toBe(22);
    expect((await ask(server, "2026", call("search"), { token })).status).toBe(200);
  });

  it("are counted: those that were let in, and those that were too many", async () => {
    const { server } = await start({ askToSignIn, metrics: { token: METRICS_TOKEN } });
    const before = await scrape(server);
    expect(await letIn(server, STRANGER, to, 30)).toBe(22);
    expect(growth(before, await scrape(server), "gatehouse_guard_decisions_total")).toEqual({
      '{decision="public"}': 22,
      '{decision="public_limit"}': 8,
    });
  });

  it("leave a line in the log where they are too many", async () => {
    const { server } = await start({ askToSignIn });
    await letIn(server, STRANGER, to, 30);
    expect(server.lines).toContainEqual({
      name: "guard.refused",
      fields: { reason: "too many requests without a token" },
    });
  });
});

it("at the public path, too many are told to wait", async () => {
  const { server } = await start({});
  await letIn(server, STRANGER, PUBLIC, 22);
  const response = await search(server, STRANGER, PUBLIC);
  expect(response.status).toBe(429);
  expect(response.headers.get("retry-after")).toBe("60");
  expect(response.headers.get("www-authenticate")).toBeNull();
});

it("where a sign-in is possible, too many are asked for it, so that everyone with an account comes in", async () => {
  const { server } = await start({ askToSignIn: "call" });
  await letIn(server, STRANGER, RESOURCE, 22);
  const response = await search(server, STRANGER, RESOURCE);
  expect(response.status).toBe(401);
  expect(response.headers.get("retry-after")).toBe("60");
  expect(response.headers.get("www-authenticate")).toContain('scope="mcp", resource_metadata=');
});

describe("the requests that are answered at a time", () => {
  const roomFor = (atOnce: number) =>
    createPublicRoom({ publicRequestsPerMinute: 1_000_000, atOnce, clock: () => 0 });

  it("are shared in the same way", async () => {
    const room = roomFor(40);
    const enter = async (address: string, times: number) => {
      const entered = await Promise.all(Array.from({ length: times }, () => room.enter(address)));
      return entered.flatMap((one) => ("leave" in one ? [one.leave] : []));
    };
    const strangers = await enter(STRANGER, 60);
    expect(strangers).toHaveLength(22);
    expect(await enter("198.51.100.7", 10)).toHaveLength(2);
    // Who leaves makes room, once.
    for (const leave of [...strangers, ...strangers]) leave();
    expect(await enter(STRANGER, 60)).toHaveLength(22);
  });

  it("have left once they are answered, refused or broken off, and a subscription once it is closed", async () => {
    const { server } = await start({ askToSignIn: "call", publicRequestsPerMinute: 1_000_000 });
    const listen = { method: "subscriptions/listen", params: { notifications: { toolsListChanged: true } } };
    const kinds = [
      [call("search"), 200],
      [call("secret"), 401],
      [listen, 200],
    ] as const;
    // More than there is room for at a time.
    for (let n = 0; n < 1200; n += 1) {
      const [message, status] = kinds[n % kinds.length] ?? [listen, 200];
      const response = await ask(server, "2026", message);
      expect(response.status, `request ${n}`).toBe(status);
      expect(response.headers.has("retry-after")).toBe(false);
      await response.body?.cancel();
    }
  });
});
