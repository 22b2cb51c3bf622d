import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { afterEach, describe, expect, it } from "vitest";
import { type Listener, listen } from "./listener.ts";
import { textOf, textResponse } from "./text-response.ts";

const ORIGINAL = { Request, Response };
const TEXT = '{"name":"Zoë – 東京"}';

let listener: Listener | undefined;
afterEach(async () => {
  await listener?.close();
});

function newResponse(): Response {
  const response = textResponse(TEXT, {
    status: 418,
    headers: [
      ["Content-Type", "application/json"],
      ["Set-Cookie", "a=1; Path=/"],
      ["Set-Cookie", "b=2; Path=/"],
    ],
  });
  response.headers.set("X-Later", "set on the response");
  return response;
}

async function served(handle: () => Response, method = "GET"): Promise<IncomingMessage> {
  const app = new Hono();
  app.all("/", () => handle());
  listener = await listen({ fetch: app.fetch, host: "127.0.0.1", port: 0, tls: undefined });
  const sent = get({ host: "127.0.0.1", port: listener.port, method });
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return response;
}

describe("a response whose text is at hand", () => {
  it("is the Response that any host understands", async () => {
    const response = newResponse();
    expect(response).toBeInstanceOf(Response);
    expect(await response.text()).toBe(TEXT);
  });

  it("has its text at hand until somebody reads it; a clone is a plain Response", async () => {
    const response = newResponse();
    const clone = response.clone();
    expect([textOf(response), textOf(clone)]).toEqual([TEXT, undefined]);
    expect(await clone.text()).toBe(TEXT);
    await response.text();
    expect(textOf(response)).toBeUndefined();
  });

  it("is a Response also where the host has put one of its own in the place of the global one", () => {
    getRequestListener(() => new Response());
    try {
      expect(globalThis.Response).not.toBe(ORIGINAL.Response);
      expect(newResponse()).toBeInstanceOf(Response);
      expect(textOf(newResponse())).toBe(TEXT);
    } finally {
      Object.defineProperty(globalThis, "Request", { value: ORIGINAL.Request });
      Object.defineProperty(globalThis, "Response", { value: ORIGINAL.Response });
    }
  });

  it("goes over the wire as it is: status, every header, the length in bytes, the text", async () => {
    const response = await served(newResponse);
    expect(response.statusCode).toBe(418);
    expect(response.headers).toMatchObject({
      "content-type": "application/json",
      "content-length": String(Buffer.byteLength(TEXT)),
      "set-cookie": ["a=1; Path=/", "b=2; Path=/"],
      "x-later": "set on the response",
    });
    expect(response.headers["transfer-encoding"]).toBeUndefined();
    expect(await text(response)).toBe(TEXT);
  });

  it("answers HEAD without it", async () => {
    const response = await served(newResponse, "HEAD");
    expect(response.statusCode).toBe(418);
    expect(await text(response)).toBe("");
  });

  it("says that the connection ends where the server is about to close", async () => {
    const { port, close } = await listen({
      fetch: async () => {
        await setImmediate();
        closed = close();
        return newResponse();
      },
      host: "127.0.0.1",
      port: 0,
      tls: undefined,
    });
    let closed: Promise<void> | undefined;
    const [response] = (await once(get({ host: "127.0.0.1", port }), "response")) as [IncomingMessage];
    expect(response.statusCode).toBe(418);
    expect(response.headers.connection).toBe("close");
    await text(response);
    await closed;
  });

  it("is an error of ours, and of nobody else, where Node does not take a header of it", async () => {
    const response = await served(() => textResponse(TEXT, { headers: { "X-Odd": "\u0001" } }));
    expect(response.statusCode).toBe(500);
    const again = get({ host: "127.0.0.1", port: listener?.port });
    const [second] = (await once(again, "response")) as [IncomingMessage];
    expect(second.statusCode).toBe(500);
  });

  it("is not sent once somebody has read it: what they made of it is", async () => {
    const upper = await served(() => {
      const response = newResponse();
      return new Response(response.body?.pipeThrough(upperCase()), response);
    });
    expect(upper.statusCode).toBe(418);
    expect(await text(upper)).toBe(TEXT.toUpperCase());
  });
});

function upperCase(): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({
    transform(chunk, controller) {
      controller.enqueue(Buffer.from(Buffer.from(chunk).toString().toUpperCase()));
    },
  });
}
