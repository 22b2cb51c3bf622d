import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { type AdmissionLists, type AdmissionRules, decideAdmission, type Proved } from "./admission.ts";
import { readAddressEntry, readDomainEntry } from "./email-address.ts";
import { readGlob } from "./glob.ts";

type Written = {
  readonly emails?: readonly string[];
  readonly domains?: readonly string[];
  readonly groups?: readonly string[];
  readonly claims?: Readonly<Record<string, readonly string[]>>;
};

function lists({ emails = [], domains = [], groups = [], claims = {} }: Written): AdmissionLists {
  return {
    emails: emails.map((text) => usable(readAddressEntry(text))),
    domains: domains.map((text) => usable(readDomainEntry(text))),
    groups: groups.map(readGlob),
    claims: Object.entries(claims).map(([name, values]) => ({ name, values: values.map(readGlob) })),
  };
}

function usable<Entry>(read: { readonly entry: Entry } | { readonly problem: string }): Entry {
  if ("problem" in read) throw new Error(read.problem);
  return read.entry;
}

const rules = (allow: Written, deny: Written = {}, isOpen = false): AdmissionRules => ({
  isOpen,
  allow: lists(allow),
  deny: lists(deny),
});
const proved = (some: Partial<Proved>): Proved => ({ emails: [], groups: [], claims: {}, ...some });

const PEOPLE = ["own", "members", "public"] as const;
type People = (typeof PEOPLE)[number];
const isIn = (given: AdmissionRules, some: Partial<Proved>, people: People = "public") =>
  decideAdmission(given, people, proved(some)).kind === "admitted";

const ADA = { emails: ["ada@example.com"] };
const EVE = { emails: ["eve@evil.example"] };

describe("without a list", () => {
  test.each<[People, boolean]>([
    ["own", true],
    ["members", true],
    ["public", false],
  ])("%s people are in: %j", (people, expected) => {
    expect(isIn(rules({}), ADA, people)).toBe(expected);
  });

  it('everyone is, where the operator says "anyone"', () => {
    for (const people of PEOPLE) expect(isIn(rules({}, {}, true), {}, people)).toBe(true);
  });
});

describe("lists", () => {
  const staff = rules({ emails: ["ada@example.com"], domains: ["example.org"], groups: ["staff"] });

  test.each<[string, Partial<Proved>, boolean]>([
    ["an address", ADA, true],
    ["a domain", { emails: ["x@example.org"] }, true],
    ["a group", { groups: ["staff"] }, true],
    ["one of several addresses", { emails: ["eve@evil.example", "ada@example.com"] }, true],
    ["one list, whatever the others say", { ...EVE, groups: ["staff"] }, true],
    ["none of them", { ...EVE, groups: ["guests"] }, false],
    ["nothing at all", {}, false],
    ["a group in another case", { groups: ["Staff"] }, false],
    ["an address that is a group", { groups: ["ada@example.com"] }, false],
    ["a group that is an address", { emails: ["staff"] }, false],
  ])("let in by any one entry: %s", (_what, some, expected) => {
    expect(isIn(staff, some, "public")).toBe(expected);
    expect(isIn(staff, some, "members")).toBe(expected);
  });

  it("say nothing about people whom the operator put there", () => {
    expect(isIn(staff, EVE, "own")).toBe(true);
  });

  it("count verified addresses only: one that is a claim is none", () => {
    const said = { email: "ada@example.com", email_verified: false };
    expect(isIn(staff, { claims: said })).toBe(false);
  });
});

describe("a claim", () => {
  const claim = (name: string, value: string, claims: Readonly<Record<string, unknown>>) =>
    isIn(rules({ claims: { [name]: [value] } }), { claims });

  test.each<[string, string, unknown]>([
    ["text", "sales", "sales"],
    ["a glob", "eng-*", "eng-web"],
    ["a list", "sales", ["ops", "sales"]],
    ["a number", "7", 7],
    ["true", "true", true],
    ["false", "false", false],
    ["a boolean as text", "true", "true"],
    ["one of a mixed list", "7", [null, { a: 1 }, 7]],
  ])("counts as %s: %s, %j", (_what, value, said) => {
    expect(claim("of", value, { of: said })).toBe(true);
  });

  test.each<[string, string, unknown]>([
    ["another text", "sales", "Sales"],
    ["part of a text", "sales", "sales, admins"],
    ["nothing", "*", undefined],
    ["null", "*", null],
    ["null as text", "null", null],
    ["an empty text", "*", ""],
    ["an empty list", "*", []],
    ["an object", "*", { sales: true }],
    ["an object as text", "[object Object]", {}],
    ["a list in a list", "sales", [["sales"]]],
    ["a list as text", "a,b", ["a", "b"]],
    ["another boolean", "true", false],
    ["a number that JSON rounds", "9007199254740992", 2 ** 53],
    ["a fraction", "*", 1.5],
  ])("does not count as %s: %s, %j", (_what, value, said) => {
    expect(claim("of", value, { of: said })).toBe(false);
  });

  it("is found by its name or its path, and never in what objects have anyway", () => {
    expect(claim("realm_access.roles", "admin", { realm_access: { roles: ["admin"] } })).toBe(true);
    expect(claim("https://example.com/roles", "a", { "https://example.com/roles": ["a"] })).toBe(true);
    expect(claim("constructor.name", "Object", {})).toBe(false);
    expect(claim("toString", "*", {})).toBe(false);
  });
});

describe("deny", () => {
  test.each<[string, Written, Partial<Proved>, string]>([
    ["an address", { emails: ["x@y.example", "eve@evil.example"] }, EVE, "admit.deny.emails[1] names them"],
    [
      "an address that looks like it",
      { emails: ["eve@evil.example"] },
      { emails: ["\uff45ve@evil.example"] },
      "admit.deny.emails[0] names them",
    ],
    [
      "a domain",
      { domains: ["*.evil.example"] },
      { emails: ["eve@a.evil.example"] },
      "admit.deny.domains[0] names them",
    ],
    [
      "a group",
      { groups: ["suspended-*"] },
      { groups: ["staff", "suspended-1"] },
      "admit.deny.groups[0] names them",
    ],
    ...[{ _claim_names: { groups: "src1" } }, { hasgroups: true }].map(
      (claims): [string, Written, Partial<Proved>, string] => [
        "a claim that the provider did not send",
        { claims: { groups: ["suspended"] } },
        { claims },
        "their claim groups cannot be compared with admit.deny.claims",
      ],
    ),
    [
      "a claim",
      { claims: { active: ["false"] } },
      { claims: { active: false } },
      "admit.deny.claims names them, by active",
    ],
    [
      "one of several addresses",
      { emails: ["eve@evil.example"] },
      { emails: [...ADA.emails, ...EVE.emails] },
      "admit.deny.emails[0] names them",
    ],
  ])("wins over everything, of everyone: %s", (_what, deny, some, why) => {
    for (const people of PEOPLE) {
      for (const given of [
        rules({}, deny, true),
        rules({ emails: ["*@evil.example"], groups: ["*"], claims: { active: ["*"] } }, deny),
      ]) {
        expect(decideAdmission(given, people, proved(some))).toEqual({ kind: "refused", why });
      }
    }
  });

  test.each([
    ['"eve"@evil.example'],
    ["eve@evil.example."],
    ["eve@evil@evil.example"],
    [" eve@evil.example"],
    ["eve@\uff45vil.example"],
    ["eve"],
    [""],
  ])("has no way around it by an address that cannot be compared: %j", (email) => {
    for (const deny of [{ emails: ["eve@evil.example"] }, { domains: ["evil.example"] }]) {
      const decision = decideAdmission(rules({}, deny, true), "public", proved({ emails: [email] }));
      expect(decision).toEqual({
        kind: "refused",
        why: "one of their addresses cannot be compared with admit.deny",
      });
    }
    // Where no list of addresses keeps anyone out, there is nothing to get around.
    expect(isIn(rules({}, { groups: ["x"] }, true), { emails: [email] })).toBe(true);
  });

  test.each([[{ status: "suspended" }], [2 ** 60], [["ok", { a: 1 }]], [[["suspended"]]]])(
    "has no way around it by a claim that cannot be compared: %j",
    (status) => {
      const deny = { claims: { status: ["suspended"] } };
      expect(decideAdmission(rules({}, deny, true), "own", proved({ claims: { status } }))).toEqual({
        kind: "refused",
        why: "their claim status cannot be compared with admit.deny.claims",
      });
    },
  );

  it("lets everyone else in", () => {
    const deny = { emails: ["eve@evil.example"], groups: ["suspended"], claims: { status: ["suspended"] } };
    for (const some of [
      ADA,
      {},
      { groups: ["staff"] },
      { claims: { status: "active" } },
      { claims: { status: null } },
    ]) {
      expect(isIn(rules({}, deny, true), some)).toBe(true);
    }
  });
});

describe("the reason", () => {
  it("names the lists, and counts what the person has", () => {
    const given = rules({ emails: ["ada@example.com"], groups: ["staff"] });
    expect(decideAdmission(given, "public", proved({ ...EVE, groups: ["a", "b"] }))).toEqual({
      kind: "refused",
      why: "no entry of admit.emails or admit.groups names them; they have 1 verified address and 2 groups",
    });
  });

  it("never has an address of the person", () => {
    const given = rules(
      { emails: ["ada@example.com"] },
      { emails: ["eve@*.evil.example"], domains: ["bad.example"] },
    );
    const email = fc.constantFrom(
      "eve@a.evil.example",
      "x@bad.example",
      "y@other.example",
      '"z"@other.example',
    );
    fc.assert(
      fc.property(fc.array(email, { minLength: 1 }), fc.constantFrom(...PEOPLE), (emails, people) => {
        const decision = decideAdmission(given, people, proved({ emails }));
        if (decision.kind === "admitted") return;
        expect(decision.why).not.toMatch(/@|evil|bad|other/);
      }),
    );
  });
});

it("more addresses, groups and claims never let in whom deny keeps out", () => {
  const given = rules({ domains: ["example.com"], groups: ["*"] }, { groups: ["suspended"] });
  fc.assert(
    fc.property(fc.array(fc.emailAddress()), fc.array(fc.string()), (emails, groups) => {
      expect(isIn(given, { emails, groups: [...groups, "suspended"] })).toBe(false);
    }),
  );
});
