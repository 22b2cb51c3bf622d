import { expect, test } from "vitest";
import type { Auth } from "../core/auth.ts";
import { createVerifiedTokens } from "./verified-tokens.ts";

const verified = (grantId: string) => ({ auth: { grantId } as Auth, until: 100 });

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
