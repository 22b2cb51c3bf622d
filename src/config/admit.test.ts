import { describe, expect, it, test } from "vitest";
import { ConfigurationError } from "../core/errors.ts";
import { type AdmitOption, type MethodPeople, parseAdmit } from "./admit.ts";

const USERS: MethodPeople = { name: "users", people: "own" };
const ENTRA: MethodPeople = { name: "entra", people: "members" };
const GOOGLE: MethodPeople = { name: "google", people: "public" };

const parse = (admit: unknown, methods = [GOOGLE], environment: Readonly<Record<string, string>> = {}) =>
  parseAdmit(admit as AdmitOption | undefined, methods, environment);

/** The sentence that stops the start. */
function refusal(...given: Parameters<typeof parse>): string {
  try {
    parse(...given);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  throw new Error("It was not refused.");
}

describe("a method that anyone can sign in with", () => {
  test.each([
    ["nothing", undefined],
    ["no entry", {}],
    ["only who may not come in", { deny: { domains: ["evil.example"] } }],
    ["only whom to ask", { contact: "ada@example.com" }],
    ["anyone taken back", { anyone: false }],
  ])("does not start with %s, and says what to write", (_what, admit) => {
    expect(refusal(admit, [USERS, GOOGLE])).toBe(
      "Anyone can make an account that signs in with google, so say who may come in: " +
        'admit: { emails: ["*@example.com"] } (SIGN_IN_ADMIT_EMAILS=*@example.com), ' +
        '{ groups: ["staff"] } (SIGN_IN_ADMIT_GROUPS=staff), ' +
        'or admit: "anyone" (SIGN_IN_ADMIT=anyone).',
    );
  });

  test.each<[string, AdmitOption]>([
    ["anyone", "anyone"],
    ["anyone but some", { anyone: true, deny: { domains: ["evil.example"] } }],
    ["addresses", { emails: ["*@example.com"] }],
    ["domains", { domains: ["example.com"] }],
    ["groups", { groups: ["staff"] }],
    ["claims", { claims: { hd: "example.com", level: [1, true] } }],
    ["a function", () => true],
    ["a function among other things", { check: async () => true, contact: "the help desk" }],
  ])("starts with %s", (_what, admit) => {
    expect(() => parse(admit)).not.toThrow();
  });

  it("is limited by no list where a function decides, and by the lists where there are some too", () => {
    expect(parse(() => true).rules.isOpen).toBe(true);
    expect(parse({ check: () => true }).rules.isOpen).toBe(true);
    expect(parse({ check: () => true, groups: ["staff"] }).rules.isOpen).toBe(false);
  });
});

describe("people whom the operator put there, and members of one organisation", () => {
  it("come in without a word", () => {
    expect(() => parse(undefined, [USERS])).not.toThrow();
    expect(() => parse(undefined, [USERS, ENTRA])).not.toThrow();
  });

  it("a list that limits no one stops the start", () => {
    expect(refusal({ emails: ["*@example.com"], groups: ["staff"] }, [USERS])).toBe(
      "admit.emails and admit.groups would do nothing: everyone who can sign in here is in because you added them. " +
        "Use admit.deny or admit.check, or leave it out.",
    );
    expect(() => parse({ deny: { emails: ["eve@example.com"] }, check: () => true }, [USERS])).not.toThrow();
    expect(() => parse({ emails: ["*@example.com"] }, [USERS, ENTRA])).not.toThrow();
  });
});

describe("lists of groups", () => {
  const WITHOUT = { ...GOOGLE, saysGroups: false };
  const WITH = { ...ENTRA, saysGroups: true };

  test.each<[string, AdmitOption]>([
    ["admit.groups", { groups: ["staff"] }],
    ["admit.deny.groups", { anyone: true, deny: { groups: ["suspended"] } }],
    ["admit.groups and admit.deny.groups", { groups: ["staff"], deny: { groups: ["suspended"] } }],
  ])("%s: stop the start where no provider says a person's groups", (names, admit) => {
    expect(refusal(admit, [WITHOUT])).toBe(
      `${names} would do nothing: google never says a person's groups. ` +
        "Set the option groups of a provider that has it, or leave the list out.",
    );
    expect(() => parse(admit, [WITHOUT, WITH])).not.toThrow();
  });
});

describe("lists that no method has anything for stop the start", () => {
  const PASSWORD: MethodPeople = { name: "password", people: "own", saysGroups: false, saysClaims: true };

  it("groups, with a function that checks passwords", () => {
    expect(refusal({ deny: { groups: ["contractors"] } }, [PASSWORD])).toMatch(
      /^admit\.deny\.groups would do nothing: password never says a person's groups\./,
    );
    expect(() => parse({ deny: { groups: ["contractors"] } }, [USERS])).not.toThrow();
  });

  it("claims, with the built-in directory: a function's answer has some", () => {
    expect(refusal({ deny: { claims: { active: false } } }, [USERS])).toBe(
      "admit.deny.claims would do nothing: users never says a person's claims. " +
        "List emails or groups, use admit.check, or leave it out.",
    );
    expect(() => parse({ deny: { claims: { active: false } } }, [PASSWORD])).not.toThrow();
    expect(() => parse({ deny: { claims: { active: false } } }, [USERS, ENTRA])).not.toThrow();
  });

  test.each(["emails", "domains", "groups"])("deny.%s without an entry", (name) => {
    expect(refusal({ anyone: true, deny: { [name]: [] } })).toBe(
      `admit.deny.${name} is an empty list; it must be left out or have an entry: an empty list keeps no one out.`,
    );
  });

  test.each([{}, { hd: [] }])("deny.claims as %j", (claims) => {
    expect(refusal({ anyone: true, deny: { claims } })).toMatch(/an empty list keeps no one out\.$/);
  });
});

describe("a wrong entry", () => {
  test.each<[unknown, RegExp]>([
    ["everyone", /^admit is "everyone"; it must be "anyone", a function, or lists such as \{ emails: /],
    [["*@example.com"], /^admit is a list; it must be "anyone", a function, or lists/],
    [true, /^admit is true; it must be "anyone"/],
    [null, /^admit is null; it must be "anyone"/],
    [
      { emails: [] },
      /^admit\.emails is an empty list; it must be left out or have an entry: an empty list lets no one in\.$/,
    ],
    [{ domains: [] }, /^admit\.domains is an empty list; .* lets no one in\.$/],
    [{ groups: [] }, /^admit\.groups is an empty list; .* lets no one in\.$/],
    [{ claims: {} }, /^admit\.claims is an object; .* an empty list lets no one in\.$/],
    [{ claims: { hd: [] } }, /^admit\.claims is an object; .* an empty list lets no one in\.$/],
    [{ emails: "*@example.com" }, /^admit\.emails is "\*@example\.com"; it must be a list of addresses/],
    [
      { emails: ["ada@example.com", "example.com"] },
      /^admit\.emails\[1\] is "example\.com"; it must be an address, such as/,
    ],
    [
      { emails: ["*"] },
      /^admit\.emails\[0\] is "\*"; it must be an address.*; for anyone, write admit: "anyone"\.$/,
    ],
    [{ emails: [7] }, /^admit\.emails\[0\] is 7; it must be an address/],
    [{ domains: ["@example.com"] }, /^admit\.domains\[0\] is "@example\.com"; it must be a domain, such as/],
    [{ groups: [""] }, /^admit\.groups\[0\] is empty; it must be text that is not empty\.$/],
    [{ claims: ["hd"] }, /^admit\.claims is a list; it must be claims by name/],
    [{ claims: { hd: "" } }, /^admit\.claims\.hd is empty; it must be text, in which "\*" is any run/],
    [{ claims: { hd: { a: 1 } } }, /^admit\.claims\.hd is an object; it must be text/],
    [{ claims: { id: 2 ** 53 } }, /^admit\.claims\.id is 9007199254740992; it must be text.* below 2\^53\.$/],
    [{ deny: ["eve@example.com"] }, /^admit\.deny is a list; it must be lists, such as/],
    [
      { anyone: true, deny: { emails: ["eve"] } },
      /^admit\.deny\.emails\[0\] is "eve"; it must be an address/,
    ],
    [{ anyone: true, emails: ["*@example.com"] }, /^admit\.anyone is true; it must be left out beside lists/],
    [{ anyone: "yes" }, /^admit\.anyone is "yes"; it must be "anyone", or in code true/],
    [{ check: true }, /^admit\.check is true; it must be a function\.$/],
    [
      { contact: "http://help.example" },
      /^admit\.contact is "http:\/\/help\.example"; it must be text .*https URL\.$/,
    ],
    [{ contact: "javascript:alert(1)" }, /^admit\.contact is "javascript:alert\(1\)"/],
    [{ contact: "mailto:ada@example.com" }, /^admit\.contact is "mailto:ada@example\.com"/],
    [{ email: ["*@example.com"] }, /^admit\.email is not an option\. Did you mean emails\?$/],
    [{ domain: ["example.com"] }, /^admit\.domain is not an option\. Did you mean domains\?$/],
    [
      { deny: { email: ["eve@example.com"] } },
      /^admit\.deny\.email is not an option\. Did you mean emails\?$/,
    ],
    [
      { allow: {} },
      /^admit\.allow is not an option\. The options are: emails, domains, groups, claims, anyone, deny, /,
    ],
  ])("%j: %s", (admit, sentence) => {
    expect(refusal(admit)).toMatch(sentence);
  });
});

describe("the environment", () => {
  it("says all but the function", () => {
    const { rules, contact } = parse(undefined, [GOOGLE], {
      SIGN_IN_ADMIT_EMAILS: "ada@example.com, *@*.example.org",
      SIGN_IN_ADMIT_DOMAINS: "example.net",
      SIGN_IN_ADMIT_GROUPS: "staff,team-*",
      SIGN_IN_ADMIT_CLAIMS: "department=sales, https://example.com/roles=a=b, department=eng-*",
      SIGN_IN_DENY_EMAILS: "eve@example.com",
      SIGN_IN_DENY_DOMAINS: "evil.example",
      SIGN_IN_DENY_GROUPS: "suspended",
      SIGN_IN_DENY_CLAIMS: "active=false",
      SIGN_IN_ADMIT_CONTACT: "help@example.com",
    });
    const inCode = parse({
      emails: ["ada@example.com", "*@*.example.org"],
      domains: ["example.net"],
      groups: ["staff", "team-*"],
      claims: { department: ["sales", "eng-*"], "https://example.com/roles": "a=b" },
      deny: {
        emails: ["eve@example.com"],
        domains: ["evil.example"],
        groups: ["suspended"],
        claims: { active: false },
      },
    });
    expect(rules).toEqual(inCode.rules);
    expect(contact).toBe("help@example.com");
  });

  it("lets anyone in, but some", () => {
    const said = { SIGN_IN_ADMIT: "anyone", SIGN_IN_DENY_DOMAINS: "evil.example" };
    const { rules } = parse(undefined, [GOOGLE], said);
    expect(rules).toEqual(parse({ anyone: true, deny: { domains: ["evil.example"] } }).rules);
  });

  test.each<[Readonly<Record<string, string>>, RegExp]>([
    [{ SIGN_IN_ADMIT: "everyone" }, /^SIGN_IN_ADMIT is "everyone"; it must be "anyone", or in code true/],
    [{ SIGN_IN_ADMIT: "true" }, /^SIGN_IN_ADMIT is "true"; it must be "anyone", or in code true/],
    [
      { SIGN_IN_ADMIT: "*@example.com" },
      /^SIGN_IN_ADMIT is .*addresses go into emails \(SIGN_IN_ADMIT_EMAILS\)\.$/,
    ],
    [
      { SIGN_IN_ADMIT: "anyone", SIGN_IN_ADMIT_EMAILS: "*@example.com" },
      /^SIGN_IN_ADMIT is "anyone"; it must be left out beside lists/,
    ],
    [{ SIGN_IN_ADMIT_EMAILS: "," }, /^SIGN_IN_ADMIT_EMAILS is an empty list; .* lets no one in\.$/],
    [
      { SIGN_IN_ADMIT_EMAILS: "a@b.example;c@d.example" },
      /^SIGN_IN_ADMIT_EMAILS is "a@b\.example;c@d\.example"; it must be an address/,
    ],
    [{ SIGN_IN_ADMIT_CLAIMS: "sales" }, /^SIGN_IN_ADMIT_CLAIMS is "sales"; it must be claims by name/],
    [
      { SIGN_IN_ADMIT_CLAIMS: "department=" },
      /^SIGN_IN_ADMIT_CLAIMS is "department="; it must be claims by name/,
    ],
    [
      { SIGN_IN_ADMIT: "anyone", SIGN_IN_DENY_EMAILS: "eve" },
      /^SIGN_IN_DENY_EMAILS is "eve"; it must be an address/,
    ],
    [
      { SIGN_IN_ADMIT_EMAIL: "*@example.com" },
      /^SIGN_IN_ADMIT_EMAIL is not a variable of Gatehouse\. Did you mean SIGN_IN_ADMIT_EMAILS\?$/,
    ],
    [
      { SIGN_IN_DENY_MAIL: "eve@example.com" },
      /^SIGN_IN_DENY_MAIL is not .* Did you mean SIGN_IN_DENY_EMAILS\?$/,
    ],
    [{ SIGN_IN_DENY: "eve@example.com" }, /^SIGN_IN_DENY is not a variable of Gatehouse\./],
    [
      { SIGN_IN_ADMIT_EVERYTHING_THAT_COMES: "1" },
      /^SIGN_IN_ADMIT_EVERY\w+ is not .* The variables are: SIGN_IN_ADMIT_EMAILS, /,
    ],
    [
      { SIGN_IN_ADMTI_EMAILS: "*@example.com" },
      /^SIGN_IN_ADMTI_EMAILS is not .* Did you mean SIGN_IN_ADMIT_EMAILS\?/,
    ],
  ])("that is wrong is named by its variable: %j", (environment, sentence) => {
    expect(refusal(undefined, [GOOGLE], environment)).toMatch(sentence);
  });

  it("is not passed over where the code says it too", () => {
    for (const admit of ["anyone", { emails: ["*@example.com"] }, {}] as const) {
      expect(refusal(admit, [GOOGLE], { SIGN_IN_DENY_EMAILS: "eve@example.com" })).toBe(
        "The code gives admit, and the environment has SIGN_IN_DENY_EMAILS. Keep one of them.",
      );
    }
  });

  it("that is empty says nothing", () => {
    const empty = { SIGN_IN_ADMIT_EMAILS: " ", SIGN_IN_DENY: "", SIGN_IN_DENY_EMAILS: "" };
    expect(parse({ emails: ["*@example.com"] }, [GOOGLE], empty).rules).toEqual(
      parse({ emails: ["*@example.com"] }).rules,
    );
    expect(refusal(undefined, [GOOGLE], empty)).toMatch(/^Anyone can make an account/);
  });
});
