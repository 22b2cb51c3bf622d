import { describe, expect, test } from "vitest";
import type { Auth } from "../core/auth.ts";
import { createVerifiedTokens } from "./verified-tokens.ts";

const verified = (grantId: string | null, id = "ada") => ({
  auth: { grantId, person: { id } } as Auth,
  until: 100,
});

test("what was being verified when its grant ended, or when everything was forgotten, is not kept", () => {
  const tokens = createVerifiedTokens(10);
  const begun = tokens.age();
  tokens.invalidate("ended");
  tokens.add("of the ended grant", verified("ended"), begun);
  tokens.add("of another", verified("other"), begun);
  expect(tokens.get("of the ended grant", 0)).toBeUndefined();
  expect(tokens.get("of another", 0)).toBeDefined();

  tokens.invalidateAll();
  expect(tokens.get("of another", 0)).toBeUndefined();
  tokens.add("of another", verified("other"), begun);
  expect(tokens.get("of another", 0)).toBeUndefined();
  tokens.add("of another", verified("other"), tokens.age());
  expect(tokens.get("of another", 0)).toBeDefined();
});

test("no more are kept than said, and those that were used least go first", () => {
  const tokens = createVerifiedTokens(2);
  for (const token of ["a", "b"]) tokens.add(token, verified(token), 0);
  tokens.get("a", 0);
  tokens.add("c", verified("c"), 0);
  expect(["a", "b", "c"].map((token) => tokens.get(token, 0)?.grantId)).toEqual(["a", undefined, "c"]);
});

test("where a person changed, their tokens are forgotten, and those of providers: no other, and what was being verified is not kept", () => {
  const tokens = createVerifiedTokens(10);
  const begun = tokens.age();
  const of = {
    ada: verified("of ada", "ada"),
    grace: verified("of grace", "grace"),
    provider: verified(null, "okta:1"),
  };
  const kept = () => Object.keys(of).filter((token) => tokens.get(token, 0));
  for (const [token, auth] of Object.entries(of)) tokens.add(token, auth, begun);
  tokens.invalidatePerson("ada");
  expect(kept()).toEqual(["grace"]);
  tokens.add("provider", of.provider, begun);
  expect(kept()).toEqual(["grace"]);
  tokens.add("provider", of.provider, tokens.age());
  expect(kept()).toEqual(["grace", "provider"]);
});

describe("an authorization is outdated", () => {
  const begin = () => {
    const tokens = createVerifiedTokens(10);
    const all = {
      own: verified("grant"),
      others: verified("other", "grace"),
      provider: verified(null, "okta:1"),
    };
    for (const [token, one] of Object.entries(all)) tokens.add(token, one, tokens.age());
    const outdated = () =>
      Object.entries(all).flatMap(([name, { auth }]) => (tokens.isOutdated(auth) ? [name] : []));
    return { tokens, all, outdated };
  };

  test("once its grant has ended", () => {
    const { tokens, outdated } = begin();
    expect(outdated()).toEqual([]);
    tokens.invalidate("grant");
    expect(outdated()).toEqual(["own"]);
  });

  test("once its person changed; without a grant, once anyone did", () => {
    const { tokens, outdated } = begin();
    tokens.invalidatePerson("ada");
    expect(outdated()).toEqual(["own", "provider"]);
  });

  test("once everything was forgotten", () => {
    const { tokens, outdated } = begin();
    tokens.invalidateAll();
    expect(outdated()).toEqual(["own", "others", "provider"]);
  });

  test("until it is verified again", () => {
    const { tokens, all, outdated } = begin();
    tokens.invalidateAll();
    tokens.add("others", all.others, tokens.age());
    expect(outdated()).toEqual(["own", "provider"]);
    tokens.invalidatePerson("ada");
    tokens.add("own", all.own, tokens.age());
    tokens.add("provider", all.provider, tokens.age());
    expect(outdated()).toEqual([]);
  });
});
