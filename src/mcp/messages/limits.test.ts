import { describe, expect, it } from "vitest";
import {
  call,
  INITIALIZE,
  type JsonRpc,
  messagesOf,
  startEndpoint,
} from "../../../test/support/mcp-endpoint.ts";

function start({ sessions = false } = {}) {
  const rig = startEndpoint({ sessions });
  rig.registrations.registerTool("t", {}, () => ({ content: [] }));
  rig.registrations.registerResource("r", "app://r", {}, () => ({ contents: [] }));
  return rig;
}

const onlyError = async (response: Response): Promise<JsonRpc["error"]> =>
  (await messagesOf(response))[0]?.error;

describe("an id of a request", () => {
  it.each([false, true])("has 256 characters at most (sessions: %s)", async (sessions) => {
    const { tokenFor, post } = start({ sessions });
    expect((await post(tokenFor(), call("t", {}, "x".repeat(256)))).status).toBe(200);
    for (const body of [call("t", {}, "x".repeat(257)), [call("t"), call("t", {}, "x".repeat(257))]]) {
      const refused = await post(tokenFor(), body);
      expect(refused.status).toBe(400);
      expect(await onlyError(refused)).toEqual({
        code: -32600,
        message: "The id of a request has 257 characters; at most 256 are allowed.",
      });
    }
  });
});

describe("what is subscribed to", () => {
  const uriOf = (length: number) => `app://${"x".repeat(length - 6)}`;

  it("has URIs of 2048 characters at most, in a session", async () => {
    const { tokenFor, post } = start({ sessions: true });
    const opened = await post(tokenFor(), INITIALIZE);
    const id = { "mcp-session-id": opened.headers.get("mcp-session-id") ?? "" };
    const subscribe = (uri: string) =>
      post(tokenFor(), { jsonrpc: "2.0", id: 1, method: "resources/subscribe", params: { uri } }, id);
    expect((await messagesOf(await subscribe(uriOf(2048))))[0]?.result).toEqual({});
    const refused = await subscribe(uriOf(2049));
    expect(refused.status).toBe(400);
    expect((await onlyError(refused))?.message).toBe(
      "The URI of a subscription has 2049 characters; at most 2048 are allowed.",
    );
  });

  it("has them in a stream too, and a thousand at most", async () => {
    const { endpoint, tokenFor, postModern } = start();
    const listen = (resourceSubscriptions: readonly string[]) =>
      postModern(tokenFor(), {
        method: "subscriptions/listen",
        params: { notifications: { resourceSubscriptions } },
      });
    expect((await listen(Array<string>(1000).fill(uriOf(2048)))).status).toBe(200);
    const refused = await listen([uriOf(2049)]);
    expect(refused.status).toBe(400);
    expect((await onlyError(refused))?.message).toMatch(/has 2049 characters; at most 2048 are allowed/);
    const tooMany = await listen(Array<string>(1001).fill("app://r"));
    expect(tooMany.status).toBe(400);
    expect(await onlyError(tooMany)).toEqual({
      code: -32602,
      message: "The subscription names 1001 resources; at most 1000 are allowed.",
    });
    expect(endpoint.openStreams()).toBe(1);
  });
});
