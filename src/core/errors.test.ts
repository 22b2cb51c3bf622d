import { expect, test } from "vitest";
import { describable, OAuthError, quoted } from "./errors.ts";

test("error_description has no character that RFC 6749 §5.2 leaves out, whatever the message quotes", () => {
  const error = new OAuthError(
    "invalid_redirect_uri",
    'The redirect URI "https://é.example/\\x\u0007" is wrong.',
  );
  expect(error.description).toBe("The redirect URI %22https://%C3%A9.example/%5Cx%07%22 is wrong.");
  expect(error.message).toContain('"https://é.example/');
});

test.each([
  ["https://a.example/callback?x=%20", "'https://a.example/callback?x=%20'"],
  ["https://é.example/\u202E", "'https://%C3%A9.example/%E2%80%AE'"],
  ["https://a.example/' is fine. Call us", "'https://a.example/%27%20is%20fine.%20Call%20us'"],
  ['"<b>\\\r\n', "'%22<b>%5C%0D%0A'"],
  ["\uD800", "'%EF%BF%BD'"],
  ["x".repeat(200), `'${"x".repeat(200)}'`],
  ["x".repeat(5000), `'${"x".repeat(200)}...'`],
  ["é".repeat(150), `'${"%C3%A9".repeat(34).slice(0, 200)}...'`],
])("what is quoted can neither close its quotes nor pass for our words: %j", (text, expected) => {
  expect(quoted(text)).toBe(expected);
  expect(describable(quoted(text))).toBe(quoted(text));
});
