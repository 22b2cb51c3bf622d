import { admitFromEnvironment, admitVariables } from "../../config/admit.ts";
import type { AdmitOptions } from "../../config/admit-options.ts";
import { type EnvironmentOptions, loadEnvironment } from "../../config/environment.ts";
import { methodVariables, refuseMisspelt, type VariableMethod } from "../../config/sign-in/environment.ts";
import { magicLinkSignIn } from "../../config/sign-in/mail-options.ts";
import { auth0SignIn } from "../../config/sign-in/presets/auth0.ts";
import { entraSignIn } from "../../config/sign-in/presets/entra.ts";
import { githubSignIn } from "../../config/sign-in/presets/github.ts";
import { gitlabSignIn } from "../../config/sign-in/presets/gitlab.ts";
import { googleSignIn } from "../../config/sign-in/presets/google.ts";
import { keycloakSignIn } from "../../config/sign-in/presets/keycloak.ts";
import { oidcSignIn } from "../../config/sign-in/presets/oidc.ts";
import { oktaSignIn } from "../../config/sign-in/presets/okta.ts";
import { scalekitSignIn } from "../../config/sign-in/presets/scalekit.ts";
import { workosSignIn } from "../../config/sign-in/presets/workos.ts";
import { samlSignIn } from "../../config/sign-in/saml-options.ts";
import type { Environment } from "../../config/variables.ts";
import { magicLinkMethod } from "./mail/magic-link.ts";
import type { SignInMethod } from "./method.ts";
import { passkeys } from "./passkeys/passkeys.ts";
import { PASSKEYS } from "./passkeys/stored-passkey.ts";
import { samlMethod } from "./saml/saml.ts";
import { githubMethod, oidcMethod } from "./upstream/methods.ts";
import { USERS } from "./users/usernames.ts";
import { users } from "./users/users.ts";

/** How people sign in, and who may come in: the second argument of `createOAuthServer`. */
export type EnvironmentSignIn = {
  readonly signIn: readonly SignInMethod[];
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

/**
 * Refuses variables that are nearly those of a sign-in method, for a program that starts without any.
 * @throws ConfigurationError with the nearest right name
 */
export function refuseMisspeltSignIn(environment: Environment): void {
  refuseMisspelt(environment, METHODS);
}

type EnvironmentMethod = VariableMethod & { readonly make: (said: EnvironmentOptions) => SignInMethod };

/** A new method that variables can set up is a line here. */
const METHODS: readonly EnvironmentMethod[] = [
  { name: USERS, options: {}, make: () => users() },
  { ...magicLinkSignIn, make: (said) => magicLinkMethod(magicLinkSignIn.parseVariables(said)) },
  ...[
    oidcSignIn,
    googleSignIn,
    entraSignIn,
    oktaSignIn,
    auth0SignIn,
    keycloakSignIn,
    gitlabSignIn,
    scalekitSignIn,
    workosSignIn,
  ].map((definition) => ({
    ...definition,
    make: (said: EnvironmentOptions) => oidcMethod(definition.parseVariables(said)),
  })),
  { ...githubSignIn, make: (said) => githubMethod(githubSignIn.parseVariables(said)) },
  { ...samlSignIn, make: (said) => samlMethod(samlSignIn.parseVariables(said)) },
  { name: PASSKEYS, options: {}, make: () => passkeys() },
];
