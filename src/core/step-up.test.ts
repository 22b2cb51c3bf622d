import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { Approved, AskedConsent } from "./remembered-consent.ts";
import { stepUp } from "./step-up.ts";

const AT = "http://localhost:54212/callback";
const SCOPES = ["mcp", "read", "write", "admin"];
const IMPLIES = new Map([["admin", ["write"]]]);

const asked = (changes: Partial<AskedConsent> = {}): AskedConsent => ({
  client: { id: "app", name: "App", origin: "registered", holdsKey: false },
  redirectUri: AT,
  resource: "https://mcp.example/mcp",
  scopes: ["mcp", "read", "write"],
  isInSession: false,
  asksAnyway: false,
  ...changes,
});

const grant = (changes: Partial<Approved> = {}): Approved => ({
  id: "grant-1",
  clientId: "app",
  clientName: "App",
  organization: null,
  redirectUri: AT,
  resource: "https://mcp.example/mcp",
  scopes: ["mcp", "read"],
  redeemedAt: 2000,
  approvedAs: "mark",
  ...changes,
});

const between = (request: AskedConsent, ...live: readonly Approved[]) =>
  stepUp(request, live, { implies: IMPLIES });

const NEW = { from: "grant-1", added: ["write"], before: ["mcp", "read"] };

describe("a request for more than the newest grant has", () => {
  it("says what is new, and what was approved before", () => {
    expect(between(asked(), grant())).toEqual(NEW);
  });

  test.each([
    ["another port of the same loopback address", AT, "http://localhost:1/callback"],
    ["no port", AT, "http://localhost/callback"],
    ["an app", "cursor://anysphere.cursor-mcp/cb", "cursor://anysphere.cursor-mcp/cb"],
    ["a website", "https://app.example/cb", "https://app.example/cb"],
  ])("is recognised at %s", (_what, then, now) => {
    expect(between(asked({ redirectUri: now }), grant({ redirectUri: then }))).toEqual(NEW);
  });

  test.each<[string, Partial<AskedConsent>]>([
    ["another client", { client: { ...asked().client, id: "app2" } }],
    ["another name", { client: { ...asked().client, name: "App 2" } }],
    ["another resource", { resource: "https://mcp.example/other" }],
    ["another path", { redirectUri: "http://localhost:54212/cb" }],
    ["another name of this computer", { redirectUri: "http://127.0.0.1:54212/callback" }],
    ["a website", { redirectUri: "https://localhost.example/callback" }],
  ])("is none for %s", (_what, changes) => {
    expect(between(asked(changes), grant())).toBeUndefined();
  });

  it("is none where the ports of a website differ", () => {
    const request = asked({ redirectUri: "https://app.example:8443/cb" });
    expect(between(request, grant({ redirectUri: "https://app.example/cb" }))).toBeUndefined();
  });

  it("is none where no client redeemed the code, or nothing was approved", () => {
    expect(between(asked(), grant({ redeemedAt: null }))).toBeUndefined();
    expect(between(asked())).toBeUndefined();
  });

  it("is none where the newest grant has it all, also by a broader scope, whatever older ones lack", () => {
    const [newest, older] = [grant({ scopes: ["mcp", "read", "admin"] }), grant()];
    expect(between(asked(), newest, older)).toBeUndefined();
    expect(between(asked(), older, newest)).toEqual(NEW);
  });

  it("is compared with the newest grant of this address, not with newer ones of others", () => {
    const others = [
      grant({ redirectUri: "http://localhost/other", scopes: SCOPES }),
      grant({ redeemedAt: null, scopes: SCOPES }),
    ];
    expect(between(asked(), ...others, grant())).toEqual(NEW);
  });

  it("has all that is asked for, each once and in order, and nothing else", () => {
    const scopes = fc.uniqueArray(fc.constantFrom(...SCOPES), { minLength: 1 });
    fc.assert(
      fc.property(scopes, fc.array(scopes, { maxLength: 4 }), (wanted, had) => {
        const found = between(asked({ scopes: wanted }), ...had.map((one) => grant({ scopes: one })));
        const [newest] = had;
        const holds = (scope: string) =>
          newest?.includes(scope) || (scope === "write" && newest?.includes("admin"));
        if (newest === undefined || wanted.every(holds)) {
          expect(found).toBeUndefined();
          return;
        }
        expect(found).toEqual({
          from: "grant-1",
          added: wanted.filter((scope) => !holds(scope)),
          before: wanted.filter(holds),
        });
      }),
    );
  });
});
