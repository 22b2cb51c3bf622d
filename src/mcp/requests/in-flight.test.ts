import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createInFlight } from "./in-flight.ts";

const LONG = 60_000;

describe("requests in flight", () => {
  it("are waited for, each once, while no more are let in", async () => {
    const inFlight = createInFlight();
    const [first, second] = [inFlight.begin(), inFlight.begin()];
    const drained = inFlight.drain(LONG);
    expect(inFlight.begin()).toBeUndefined();
    first?.();
    first?.();
    await sleep(1);
    expect(inFlight.isDrained()).toBe(false);
    second?.();
    await drained;
    expect(inFlight.isDrained()).toBe(true);
    expect(inFlight.begin()).toBeUndefined();
  });

  it("are not waited for where there are none, or for longer than was said", async () => {
    const idle = createInFlight();
    await idle.drain(LONG);
    expect(idle.isDrained()).toBe(true);
    const busy = createInFlight();
    busy.begin();
    await busy.drain(1);
    expect(busy.isDrained()).toBe(true);
  });
});
