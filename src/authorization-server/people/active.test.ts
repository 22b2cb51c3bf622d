import { describe, expect, it, test } from "vitest";
import type { IsActive } from "../../config/people-options.ts";
import { createActivity } from "./active.ts";

const ADA = { id: "p1", name: "Ada" };
const NO_WAIT = 20;
/** As a row of an ORM that loads what is read. */
const THROWING = {
  get active(): boolean {
    throw new Error("the connection is closed");
  },
};
const THENABLE = {
  // biome-ignore lint/suspicious/noThenProperty: this is what an operator's function may return
  get then(): never {
    throw new Error("the connection is closed");
  },
};
const ask = (isActive: unknown) =>
  createActivity({ isActive: isActive as IsActive | undefined, milliseconds: NO_WAIT })(ADA);

describe("isActive", () => {
  it("everyone is, where the operator has no such function", async () => {
    expect(await ask(undefined)).toBe(true);
  });

  it("is asked about the person, and may take its time", async () => {
    const asked: unknown[] = [];
    for (const answer of [true, false]) {
      expect(await ask((person: unknown) => asked.push(person) > 0 && answer)).toBe(answer);
      expect(await ask(async () => answer)).toBe(answer);
    }
    expect(asked).toEqual([ADA, ADA]);
  });

  it("gets a copy: what it does with it changes nothing", async () => {
    const change = (person: Record<string, unknown>) => {
      person.id = "someone else";
      return true;
    };
    expect(await ask(change)).toBe(true);
    expect(ADA).toEqual({ id: "p1", name: "Ada" });
  });

  test.each<[string, () => unknown, RegExp]>([
    [
      "throws",
      () => {
        throw new Error("down");
      },
      /^isActive threw$/,
    ],
    ["rejects", () => Promise.reject(new Error("down")), /^isActive threw$/],
    ["never answers", () => new Promise(() => {}), /^isActive did not answer within 0\.02 seconds$/],
    ["returns nothing", () => undefined, /must return true or false, and returned undefined$/],
    ["returns null", () => null, /and returned null$/],
    ["returns a row", () => ({ active: false }), /and returned object$/],
    ["returns a row whose getter throws", () => THROWING, /and returned object$/],
    ["returns what throws when it is awaited", () => THENABLE, /^isActive threw$/],
    ["returns a number", () => 0, /and returned number$/],
    ["returns text", async () => "false", /and returned string$/],
  ])("that %s is an outage, and neither yes nor no", async (_what, isActive, detail) => {
    await expect(ask(isActive)).rejects.toMatchObject({
      name: "OAuthError",
      code: "temporarily_unavailable",
      status: 503,
      retryAfterSeconds: 10,
      detail: expect.stringMatching(detail),
    });
  });
});
