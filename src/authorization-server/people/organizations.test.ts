import { describe, expect, it, test } from "vitest";
import { organizationsSchema } from "../../config/organization-options.ts";
import { createOrganizations } from "./organizations.ts";

const ADA = { id: "p1", name: "Ada" };
const CLIENT = { id: "client-1", name: "Client", redirectUris: ["https://a.example"] };
const NO_WAIT = 20;
/** As a row of an ORM that loads what is read. */
const THROWING = {
  id: "acme",
  get name(): string {
    throw new Error("the connection is closed");
  },
};
const ask = (of: unknown) =>
  createOrganizations(organizationsSchema.parse({ of }), NO_WAIT).offered(ADA, CLIENT);

describe("organizations", () => {
  it("is asked about the person and the client, and may take its time", async () => {
    const asked: unknown[] = [];
    const acme = [{ id: "acme", name: "Acme" }];
    expect(await ask((...given: unknown[]) => asked.push(given) && acme)).toEqual(acme);
    expect(await ask(async () => acme)).toEqual(acme);
    expect(asked).toEqual([[ADA, { id: "client-1", name: "Client" }]]);
  });

  it("gets a copy: what it does with it changes nothing", async () => {
    await ask((person: Record<string, unknown>) => {
      person.id = "someone else";
      return [];
    });
    expect(ADA).toEqual({ id: "p1", name: "Ada" });
  });

  test.each<[string, () => unknown, RegExp]>([
    [
      "throws",
      () => {
        throw new Error("down");
      },
      /^organizations threw$/,
    ],
    ["rejects", () => Promise.reject(new Error("down")), /^organizations threw$/],
    ["never answers", () => new Promise(() => {}), /^organizations did not answer within 0\.02 seconds$/],
    ["returns a row whose getter throws", async () => [THROWING], /^organizations threw$/],
    ["returns nothing", () => undefined, /^organizations must return a list, and returned undefined$/],
    [
      "returns a wrong one",
      () => [{ name: "A" }],
      /^organizations returned a list in which \[0\.id\] is wrong/,
    ],
  ])("that %s is an outage, and not a person who belongs to none", async (_what, of, detail) => {
    await expect(ask(of)).rejects.toMatchObject({
      name: "OAuthError",
      code: "temporarily_unavailable",
      status: 503,
      retryAfterSeconds: 10,
      detail: expect.stringMatching(detail),
    });
  });
});
