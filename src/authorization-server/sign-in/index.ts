export type { KeepTokensOptions } from "../../config/sign-in/keep-tokens-option.ts";
export type { MagicLinkOptions, Mail, SendMail } from "../../config/sign-in/mail-options.ts";
export { allowInsecureSmtp } from "../../config/sign-in/mail-options.ts";
export type { OidcOptions, PersonId, SaidClaims } from "../../config/sign-in/oidc-options.ts";
export type { Auth0Options } from "../../config/sign-in/presets/auth0.ts";
export type { EntraOptions } from "../../config/sign-in/presets/entra.ts";
export type { GithubOptions } from "../../config/sign-in/presets/github.ts";
export type { GitlabOptions } from "../../config/sign-in/presets/gitlab.ts";
export type { GoogleOptions } from "../../config/sign-in/presets/google.ts";
export type { KeycloakOptions } from "../../config/sign-in/presets/keycloak.ts";
export type { OktaOptions } from "../../config/sign-in/presets/okta.ts";
export type { ScalekitOptions } from "../../config/sign-in/presets/scalekit.ts";
export type { WorkosOptions } from "../../config/sign-in/presets/workos.ts";
export type { SamlOptions } from "../../config/sign-in/saml-options.ts";
export type { TotpOptions } from "../../config/sign-in/totp-options.ts";
export { type EnvironmentSignIn, signInFromEnvironment } from "./environment.ts";
export { magicLink } from "./mail/magic-link.ts";
export type { SignInMethod } from "./method.ts";
export { passkeys } from "./passkeys/passkeys.ts";
export { password } from "./password/password.ts";
export { saml } from "./saml/saml.ts";
export type { SecondFactor } from "./second-factor.ts";
export { totp } from "./totp/totp.ts";
export {
  auth0,
  entra,
  github,
  gitlab,
  google,
  keycloak,
  oidc,
  okta,
  scalekit,
  workos,
} from "./upstream/methods.ts";
export { users } from "./users/users.ts";
