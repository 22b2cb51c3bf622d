import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SIGN_IN } from "../sign-in/login.ts";
import { CONSENT } from "./consent.ts";
import { type Known, nextStep, type Policy, type Step } from "./next-step.ts";
import type { AuthorizationRequest } from "./sealed-request.ts";

const REQUEST: AuthorizationRequest = {
  id: "request-1",
  clientId: "client-1",
  clientName: "A client",
  clientOrigin: "registered",
  clientHoldsKey: false,
  clientRemembersConsent: false,
  redirectUri: "https://client.example/callback",
  state: undefined,
  codeChallenge: "challenge",
  resource: "https://mcp.example/mcp",
  scopes: ["mcp"],
  browser: "browser-1",
  endsAt: 0,
};

const NOBODY: Known = { person: undefined, passed: [] };
const further = (name: string): Step => ({
  name,
  path: `/oauth/${name}`,
  isNeeded: (_request, { passed }) => !passed.includes(name),
});

describe("the next step", () => {
  it("is the sign-in while nobody is known, then the decision", () => {
    const policy = [SIGN_IN, CONSENT] as const;
    expect(nextStep(REQUEST, NOBODY, policy)).toBe(SIGN_IN);
    expect(nextStep(REQUEST, { person: { id: "ada" }, passed: [] }, policy)).toBe(CONSENT);
  });

  it("is the decision only once somebody is known and every further step was passed, in whatever order", () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { maxLength: 5 });
    fc.assert(
      fc.property(names, fc.array(fc.nat(6)), fc.boolean(), (steps, passes, isKnown) => {
        const policy: Policy = [SIGN_IN, ...steps.map(further), CONSENT];
        const passed = passes.flatMap((index) => steps[index] ?? []);
        const known: Known = { person: isKnown ? { id: "ada" } : undefined, passed };
        const missing = steps.find((name) => !passed.includes(name));
        const expected = isKnown ? (missing ?? CONSENT.name) : SIGN_IN.name;
        expect(nextStep(REQUEST, known, policy).name).toBe(expected);
      }),
    );
  });

  it("does not exist where the policy has no decision", () => {
    expect(() => nextStep(REQUEST, { person: { id: "ada" }, passed: [] }, [SIGN_IN])).toThrow(RangeError);
  });
});
