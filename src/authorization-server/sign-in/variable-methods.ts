import type { OptionTable } from "../../config/declared.ts";
import type { SignInDefinition } from "../../config/sign-in/definition.ts";
import type { VariableMethod } from "../../config/sign-in/environment.ts";
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
import type { OidcSettings } from "../../config/sign-in/settings.ts";
import { TOTP, totpOptions } from "../../config/sign-in/totp-options.ts";
import { PASSKEYS } from "./passkeys/stored-passkey.ts";
import { USERS } from "./users/usernames.ts";

/** Those that are OpenID Connect, however the provider is called. */
export const OIDC_METHODS: readonly SignInDefinition<OptionTable, OidcSettings>[] = [
  oidcSignIn,
  googleSignIn,
  entraSignIn,
  oktaSignIn,
  auth0SignIn,
  keycloakSignIn,
  gitlabSignIn,
  scalekitSignIn,
  workosSignIn,
];

/**
 * The methods that variables can set up, without the code of any: a server that uses none of them checks the names of its variables
 * all the same. What makes a method of its variables is in environment.ts.
 */
export const VARIABLE_METHODS: readonly VariableMethod[] = [
  { name: USERS, options: {} },
  magicLinkSignIn,
  ...OIDC_METHODS,
  githubSignIn,
  samlSignIn,
  { name: PASSKEYS, options: {} },
  { name: TOTP, options: totpOptions },
];
