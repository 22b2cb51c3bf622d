import { admitFromEnvironment, admitVariables } from "../../config/admit.ts";
import type { AdmitOptions } from "../../config/admit-options.ts";
import { type EnvironmentOptions, loadEnvironment } from "../../config/environment.ts";
import { methodVariables, type VariableMethod } from "../../config/sign-in/environment.ts";
import { magicLinkSignIn } from "../../config/sign-in/mail-options.ts";
import { githubSignIn } from "../../config/sign-in/presets/github.ts";
import { samlSignIn } from "../../config/sign-in/saml-options.ts";
import { parseTotpVariables, TOTP, totpOptions } from "../../config/sign-in/totp-options.ts";
import type { Environment } from "../../config/variables.ts";
import { magicLinkMethod } from "./mail/magic-link.ts";
import { passkeys } from "./passkeys/passkeys.ts";
import { PASSKEYS } from "./passkeys/stored-passkey.ts";
import { samlMethod } from "./saml/saml.ts";
import type { SignInPart } from "./second-factor.ts";
import { totpFactor } from "./totp/totp.ts";
import { githubMethod, oidcMethod } from "./upstream/methods.ts";
import { USERS } from "./users/usernames.ts";
import { users } from "./users/users.ts";
import { OIDC_METHODS } from "./variable-methods.ts";

/** How people sign in, and who may come in: the second argument of `createOAuthServer`. */
export type EnvironmentSignIn = {
  readonly signIn: readonly SignInPart[];
  readonly admit: AdmitOptions;
};

/**
 * How people sign in, as the environment says it: `SIGN_IN` lists the methods in the order of the page (`users,google`), the
 * options of each are variables such as `SIGN_IN_GOOGLE_CLIENT_ID`, and `SIGN_IN_ADMIT_…` says who may come in. See
 * docs/sign-in/README.md.
 * @param environment default: this process's, over the `.env` file of the working directory
 * @throws ConfigurationError that names the variable that is missing, misspelled or wrong, and what would be right
 * @example
 * ```ts
 * import { createOAuthServer } from "mcp-gatehouse";
 * import { signInFromEnvironment } from "mcp-gatehouse/sign-in";
 *
 * const server = createOAuthServer("my-app", signInFromEnvironment());
 * ```
 */
export function signInFromEnvironment(environment: Environment = loadEnvironment()): EnvironmentSignIn {
  const admit = admitFromEnvironment(environment);
  const listed = methodVariables(environment, METHODS, admitVariables);
  return { signIn: listed.map(({ method, said }) => method.make(said)), admit };
}

type EnvironmentMethod = VariableMethod & { readonly make: (said: EnvironmentOptions) => SignInPart };

/** A new method that variables can set up is a line here, and one in variable-methods.ts. */
const METHODS: readonly EnvironmentMethod[] = [
  { name: USERS, options: {}, make: () => users() },
  { ...magicLinkSignIn, make: (said) => magicLinkMethod(magicLinkSignIn.parseVariables(said)) },
  ...OIDC_METHODS.map((definition) => ({
    ...definition,
    make: (said: EnvironmentOptions) => oidcMethod(definition.parseVariables(said)),
  })),
  { ...githubSignIn, make: (said) => githubMethod(githubSignIn.parseVariables(said)) },
  { ...samlSignIn, make: (said) => samlMethod(samlSignIn.parseVariables(said)) },
  { name: PASSKEYS, options: {}, make: () => passkeys() },
  { name: TOTP, options: totpOptions, make: (said) => totpFactor(parseTotpVariables(said)) },
];
