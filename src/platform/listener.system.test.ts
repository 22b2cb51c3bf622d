import { once } from "node:events";
import { Agent, get, request } from "node:http";
import { get as getTls } from "node:https";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { testCertificate } from "../../test/support/https-origin.ts";
import { ConfigurationError } from "../core/errors.ts";
import { type Fetch, type Listener, listen } from "./listener.ts";
import { silentLog } from "./logging.ts";

const open: Listener[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((listener) => listener.close()));
});

async function listening(
  fetch: Fetch,
  options: Partial<Parameters<typeof listen>[0]> = {},
): Promise<Listener> {
  const listener = await listen({
    fetch,
    host: "127.0.0.1",
    port: 0,
    tls: undefined,
    log: silentLog,
    ...options,
  });
  open.push(listener);
  return listener;
}
const ok: Fetch = () => new Response("ok");

describe("the listener", () => {
  it("answers on both loopback addresses for localhost, and tells the peer's address", async () => {
    const { port } = await listening((_request, { address }) => new Response(address), { host: "localhost" });
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("127.0.0.1");
    expect(await (await fetch(`http://[::1]:${port}/`)).text()).toBe("::1");
  });

  it("tells one address of an IPv4 peer, whatever it listens on", async () => {
    const { port } = await listening((_request, { address }) => new Response(address), { host: "::" });
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("127.0.0.1");
  });

  it("answers the same port on both, or says that it is taken on one", async () => {
    const { port } = await listening(ok, { host: "::1" });
    await expect(listening(ok, { host: "localhost", port })).rejects.toThrow(
      `Port ${port} is already in use.`,
    );
    // What was opened before the refusal is closed again.
    await listening(ok, { host: "127.0.0.1", port });
  });

  it("says in a sentence that a port is taken, and that a host is not ours", async () => {
    const { port } = await listening(ok);
    const taken = listen({ fetch: ok, host: "127.0.0.1", port, tls: undefined, log: silentLog });
    await expect(taken).rejects.toThrow(ConfigurationError);
    await expect(taken).rejects.toThrow(`Port ${port} is already in use.`);
    await expect(
      listen({ fetch: ok, host: "192.0.2.1", port: 0, tls: undefined, log: silentLog }),
    ).rejects.toThrow("192.0.2.1");
  });

  it("speaks TLS with a certificate, and refuses one that is none", async () => {
    const { port } = await listening(ok, { tls: testCertificate });
    const status = await new Promise((resolve, reject) => {
      getTls({ port, host: "127.0.0.1", rejectUnauthorized: false }, (response) =>
        resolve(response.statusCode),
      ).on("error", reject);
    });
    expect(status).toBe(200);
    await expect(listening(ok, { tls: { cert: "x", key: "y" } })).rejects.toThrow(/PEM/);
  });
});

describe("closing", () => {
  it("lets a request under way finish, and takes no new connection", async () => {
    const begun = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<Response>();
    const listener = await listening(() => {
      begun.resolve();
      return answer.promise;
    });
    const pending = fetch(`http://127.0.0.1:${listener.port}/`);
    await begun.promise;
    const closed = listener.close();
    await expect(fetch(`http://127.0.0.1:${listener.port}/`)).rejects.toThrow();
    answer.resolve(new Response("done"));
    expect(await (await pending).text()).toBe("done");
    await closed;
  });

  it("is not held up by idle connections, used ones or silent ones", async () => {
    const listener = await listening(ok);
    const agent = new Agent({ keepAlive: true });
    await new Promise<void>((resolve) => {
      get({ port: listener.port, host: "127.0.0.1", agent }, (response) =>
        response.resume().on("end", resolve),
      );
    });
    const silent = connect(listener.port, "127.0.0.1");
    await once(silent, "connect");
    await listener.close();
    agent.destroy();
    silent.destroy();
  });

  it("is not held up by connections that never got as far as TLS, or no further", async () => {
    const listener = await listening(ok, { tls: testCertificate });
    const silent = connect(listener.port, "127.0.0.1");
    await once(silent, "connect");
    const shaken = connectTls({ port: listener.port, host: "127.0.0.1", rejectUnauthorized: false });
    await once(shaken, "secureConnect");
    shaken.on("error", () => {});
    await listener.close();
    silent.destroy();
    shaken.destroy();
  });

  it("tells the client of a request under way that the connection ends", async () => {
    const begun = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<Response>();
    const listener = await listening(() => {
      begun.resolve();
      return answer.promise;
    });
    const agent = new Agent({ keepAlive: true });
    const pending = new Promise<string | undefined>((resolve) => {
      get({ port: listener.port, host: "127.0.0.1", agent }, (response) => {
        response.resume();
        resolve(response.headers.connection);
      });
    });
    await begun.promise;
    const closed = listener.close();
    answer.resolve(new Response("done"));
    expect(await pending).toBe("close");
    await closed;
    agent.destroy();
  });

  it("forces what never ends", async () => {
    const listener = await listening(
      () => new Response(new ReadableStream({ start: (c) => c.enqueue(new Uint8Array([1])) })),
    );
    const stream = request({ port: listener.port, host: "127.0.0.1" }).end();
    const [response] = await once(stream, "response");
    response.resume();
    const cut = new Promise((resolve) => response.on("error", () => {}).on("close", resolve));
    await listener.close();
    await cut;
  });
});
