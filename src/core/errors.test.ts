import { expect, test } from "vitest";
import { OAuthError } from "./errors.ts";

test("error_description has no character that RFC 6749 §5.2 leaves out, whatever the message quotes", () => {
  const error = new OAuthError(
    "invalid_redirect_uri",
    'The redirect URI "https://é.example/\\x\u0007" is wrong.',
  );
  expect(error.description).toBe("The redirect URI 'https://'.example/'x'' is wrong.");
  expect(error.message).toContain('"https://é.example/');
});
