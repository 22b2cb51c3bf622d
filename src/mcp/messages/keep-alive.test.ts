import { describe, expect, it } from "vitest";
import { call, startEndpoint, textOf } from "../../../test/support/mcp-endpoint.ts";

const SOON = { afterMilliseconds: 10, everyMilliseconds: 10 };

const ERAS = ["post", "postModern"] as const;

function startWithGate(era: (typeof ERAS)[number]) {
  const gate = Promise.withResolvers<void>();
  const rig = startEndpoint({ keepAlive: SOON });
  rig.registrations.registerTool("wait", {}, async () => {
    await gate.promise;
    return { content: [{ type: "text", text: "at last" }] };
  });
  const ask = (token = rig.tokenFor()) => rig[era](token, call("wait"));
  return { ...rig, ask, open: gate.resolve };
}

describe.each(ERAS)("a call that is silent for long (%s)", (era) => {
  it("gets a stream that stays alive, and then the answer", async () => {
    const { ask, open } = startWithGate(era);
    const response = await ask();
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const reader = response.clone().body?.getReader();
    for (let beat = 1; beat <= 3; beat++) {
      const { value } = (await reader?.read()) ?? {};
      expect(new TextDecoder().decode(value)).toBe(": keepalive\n\n");
    }
    open();
    expect(await textOf(response)).toBe("at last");
  });

  it("that is answered soon gets JSON", async () => {
    const { ask, open } = startWithGate(era);
    open();
    const response = await ask();
    expect(response.headers.get("content-type")).toContain("application/json");
    expect(await textOf(response)).toBe("at last");
  });

  it("ends with its grant", async () => {
    const { ask, tokenFor, revoke, endpoint } = startWithGate(era);
    const response = await ask(tokenFor({ grantId: "grant-1" }));
    expect(endpoint.openStreams()).toBe(1);
    revoke("grant-1");
    expect(await response.text()).not.toContain("at last");
    expect(endpoint.openStreams()).toBe(0);
  });

  it("is let go of where the client leaves", async () => {
    const { ask, open, endpoint } = startWithGate(era);
    const response = await ask();
    await response.body?.cancel();
    open();
    await endpoint.close();
    expect(endpoint.openStreams()).toBe(0);
  });
});
