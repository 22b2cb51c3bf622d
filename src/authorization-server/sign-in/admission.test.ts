import { describe, expect, it, test } from "vitest";
import { type AdmitOption, parseAdmit } from "../../config/admit.ts";
import type { CheckAdmission } from "../../config/admit-options.ts";
import { createAdmission } from "./admission.ts";

const GOOGLE = { name: "google", people: "public" } as const;
const USERS = { name: "users", people: "own" } as const;
const CLIENT = { id: "dcr_1", name: "Cursor", origin: "registered", holdsKey: false } as const;
const ADA = { id: "p1", name: "Ada", email: "ada@unverified.example" };
const PROOF = { emails: ["ada@example.com"], groups: ["staff"], claims: { hd: "example.com" } };

const NO_WAIT = 20;

function admission(option: AdmitOption) {
  const admit = createAdmission(parseAdmit(option, [GOOGLE, USERS]), NO_WAIT);
  return (method: typeof GOOGLE | typeof USERS = GOOGLE, client: typeof CLIENT | undefined = CLIENT) =>
    admit(method, PROOF, ADA, client);
}

describe("lists alone", () => {
  it("let in, or say why not", async () => {
    expect(await admission({ emails: ["*@example.com"] })()).toBe("admitted");
    expect(await admission({ emails: ["*@example.org"] })()).toEqual({
      reason: "no entry of admit.emails names them; they have 1 verified address and 1 group",
    });
  });

  it("say what was said and does not count, where they refuse", async () => {
    const admit = createAdmission(parseAdmit({ emails: ["*@example.org"] }, [GOOGLE]), NO_WAIT);
    const proof = { ...PROOF, emails: [], notCounted: "an address is outside" };
    expect(await admit(GOOGLE, proof, ADA, CLIENT)).toMatchObject({
      reason: expect.stringMatching(/ and 1 group; an address is outside$/),
    });
  });

  it("say nothing about people whom the operator put there, but for deny", async () => {
    expect(await admission({ emails: ["*@example.org"] })(USERS)).toBe("admitted");
    expect(await admission({ emails: ["*@example.org"], deny: { groups: ["staff"] } })(USERS)).toEqual({
      reason: "admit.deny.groups[0] names them",
    });
  });
});

describe("a function", () => {
  /** What it was asked. */
  const asked: unknown[][] = [];
  const answering =
    (answer: unknown): CheckAdmission =>
    (...given) => {
      asked.push(given);
      return answer as boolean;
    };

  it("decides alone, gets the person, the client and what was proved, and may take its time", async () => {
    asked.length = 0;
    expect(await admission(answering(true))()).toBe("admitted");
    expect(await admission(answering(Promise.resolve(true)))(USERS)).toBe("admitted");
    expect(await admission(answering(false))()).toEqual({ reason: "admit.check returned false" });
    expect(await admission(answering(Promise.resolve(false)))(USERS)).toEqual({
      reason: "admit.check returned false",
    });
    expect(asked.slice(0, 2)).toEqual([
      [ADA, CLIENT, { method: "google", ...PROOF, isNarrowed: false }],
      [ADA, CLIENT, { method: "users", ...PROOF, isNarrowed: false }],
    ]);
  });

  it("gets copies: what it does with them changes nothing", async () => {
    const before = structuredClone([ADA, CLIENT, PROOF]);
    const change = (...given: readonly unknown[]) => {
      const [person, client, signIn] = given as [
        Record<string, unknown>,
        Record<string, unknown>,
        typeof PROOF,
      ];
      person.id = "someone else";
      client.id = "another";
      (signIn.emails as string[]).push("root@example.com");
      (signIn.claims as Record<string, unknown>).hd = "other.example";
      return true;
    };
    expect(await admission(change)()).toBe("admitted");
    expect([ADA, CLIENT, PROOF]).toEqual(before);
  });

  it("gets no client at the account page", async () => {
    asked.length = 0;
    const admit = createAdmission(parseAdmit(answering(true), [GOOGLE]));
    await admit(GOOGLE, PROOF, ADA, undefined);
    expect(asked[0]?.[1]).toBeUndefined();
  });

  it("is asked after the lists, and only where they let in", async () => {
    asked.length = 0;
    const check = answering(false);
    await admission({ groups: ["others"], check })();
    await admission({ anyone: true, deny: { groups: ["staff"] }, check })();
    expect(asked).toEqual([]);
    expect(await admission({ groups: ["staff"], check })()).toEqual({ reason: "admit.check returned false" });
    expect(asked).toHaveLength(1);
  });

  test.each([
    [undefined, "undefined"],
    [null, "null"],
    [0, "number"],
    [1, "number"],
    ["", "string"],
    ["false", "string"],
    [{}, "object"],
    [[true], "object"],
    [Promise.resolve(undefined), "undefined"],
    [new Boolean(true), "object"],
  ])("that returns neither true nor false lets no one in: %j", async (answer, what) => {
    expect(await admission(answering(answer))()).toEqual({
      reason: `admit.check must return true or false, and returned ${what}`,
    });
  });

  test.each<[string, CheckAdmission, string]>([
    [
      "throws",
      () => {
        throw new Error("database of ada@example.com");
      },
      "admit.check threw",
    ],
    ["rejects", () => Promise.reject(new Error("down")), "admit.check threw"],
    ["rejects with nothing", () => Promise.reject(undefined), "admit.check threw"],
    ["never answers", () => new Promise(() => {}), "admit.check did not answer within 0.02 seconds"],
  ])("that %s is an outage, and no answer about the person", async (_what, check, detail) => {
    await expect(admission(check)()).rejects.toMatchObject({
      name: "OAuthError",
      code: "temporarily_unavailable",
      status: 503,
      retryAfterSeconds: 10,
      detail,
      message: "The server can't check right now whether you may use it. Try again in a moment.",
    });
  });
});
