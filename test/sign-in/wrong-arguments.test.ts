import { expect, it } from "vitest";
import {
  magicLink,
  passkeys,
  saml,
  signInFromEnvironment,
  totp,
} from "../../src/authorization-server/sign-in/index.ts";
import { ConfigurationError } from "../../src/core/errors.ts";

/** As a program without types calls them. */
const call = (method: unknown, given: unknown) => (method as (given: unknown) => unknown)(given);

it.each<[string, unknown, unknown, string]>([
  [
    "magicLink",
    magicLink,
    null,
    "magic_link: the options are missing; they must be an object such as { smtp",
  ],
  ["saml", saml, null, "saml: the options are missing; they must be an object such as { metadata }."],
  ["saml", saml, "x", "saml: the options are not an object; they must be an object such as { metadata }."],
  ["totp", totp, { required: { groups: "staff" } }, "totp: required.groups is "],
  ["totp", totp, { required: { groups: [5] } }, "totp: required.groups[0] is 5; it must be a list of groups"],
  ["totp", totp, { required: { groups: ["\u0000"] } }, "without control characters"],
  ["passkeys", passkeys, { a: 1 }, "passkeys takes no options"],
])("%s(%#) says what it needs", (_name, method, given, sentence) => {
  expect(() => call(method, given)).toThrow(ConfigurationError);
  expect(() => call(method, given)).toThrow(sentence);
});

it("a variable is told what a variable can say", () => {
  const environment = { SIGN_IN: "users,totp", SIGN_IN_TOTP_REQUIRED: "some" };
  expect(() => signInFromEnvironment(environment)).toThrow(
    'SIGN_IN_TOTP_REQUIRED is "some"; it must be "all", "choice", or "groups:staff".',
  );
});
