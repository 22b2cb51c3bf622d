import type { OidcOptions } from "../../../config/sign-in/oidc-options.ts";
import { type Auth0Options, auth0SignIn } from "../../../config/sign-in/presets/auth0.ts";
import { type EntraOptions, entraSignIn } from "../../../config/sign-in/presets/entra.ts";
import { type GithubOptions, githubSignIn } from "../../../config/sign-in/presets/github.ts";
import { type GitlabOptions, gitlabSignIn } from "../../../config/sign-in/presets/gitlab.ts";
import { type GoogleOptions, googleSignIn } from "../../../config/sign-in/presets/google.ts";
import { type KeycloakOptions, keycloakSignIn } from "../../../config/sign-in/presets/keycloak.ts";
import { oidcSignIn } from "../../../config/sign-in/presets/oidc.ts";
import { type OktaOptions, oktaSignIn } from "../../../config/sign-in/presets/okta.ts";
import { type ScalekitOptions, scalekitSignIn } from "../../../config/sign-in/presets/scalekit.ts";
import { type WorkosOptions, workosSignIn } from "../../../config/sign-in/presets/workos.ts";
import type { GithubSettings, OidcSettings } from "../../../config/sign-in/settings.ts";
import type { SignInMethod } from "../method.ts";
import { openGithub } from "./github/open-github.ts";
import { openOidc } from "./oidc/open-oidc.ts";
import { upstreamMethod } from "./upstream-method.ts";

/**
 * Sign-in with any OpenID Connect provider. Register `<issuer of this server>/oauth/callback/oidc` there as the redirect URI.
 * @throws ConfigurationError where an option is missing or wrong
 * @example
 * ```ts
 * import { createOAuthServer } from "mcp-gatehouse";
 * import { oidc } from "mcp-gatehouse/sign-in";
 *
 * const server = createOAuthServer("my-app", {
 *   signIn: [
 *     oidc({
 *       issuer: "https://id.example.com",
 *       clientId: "my-app",
 *       clientSecret: process.env.OIDC_CLIENT_SECRET ?? "",
 *       label: "Example SSO",
 *       members: true,
 *     }),
 *   ],
 * });
 * ```
 */
export function oidc(options: OidcOptions): SignInMethod {
  return oidcMethod(oidcSignIn.parse(options));
}

/**
 * Sign-in with Google. Anyone can have an account there: without `hd`, say with `admit` who may come in.
 * @throws ConfigurationError where an option is missing or wrong
 * @example
 * ```ts
 * import { google } from "mcp-gatehouse/sign-in";
 *
 * const { GOOGLE_CLIENT_ID = "", GOOGLE_CLIENT_SECRET = "" } = process.env;
 * const signIn = [
 *   google({ clientId: GOOGLE_CLIENT_ID, clientSecret: GOOGLE_CLIENT_SECRET, hd: "example.com" }),
 * ];
 * ```
 */
export function google(options: GoogleOptions): SignInMethod {
  return oidcMethod(googleSignIn.parse(options));
}

/**
 * Sign-in with Microsoft Entra ID. Its addresses are never verified, so `admit` can't use them: name tenants or groups.
 * @throws ConfigurationError where an option is missing or wrong
 * @example
 * ```ts
 * import { entra } from "mcp-gatehouse/sign-in";
 *
 * const signIn = [
 *   entra({
 *     tenant: "8f4b0c1e-3b52-4a6e-9d2a-6f1f0a7c5e21",
 *     clientId: "c2a9d4f6-70b1-4e58-a1de-0b6f6f1d9a33",
 *     clientSecret: process.env.ENTRA_CLIENT_SECRET ?? "",
 *   }),
 * ];
 * ```
 */
export function entra(options: EntraOptions): SignInMethod {
  return oidcMethod(entraSignIn.parse(options));
}

/**
 * Sign-in with Okta.
 * @throws ConfigurationError where an option is missing or wrong
 * @example
 * ```ts
 * import { okta } from "mcp-gatehouse/sign-in";
 *
 * const signIn = [
 *   okta({ domain: "acme.okta.com", clientId: "0oa1", clientSecret: process.env.OKTA_CLIENT_SECRET ?? "" }),
 * ];
 * ```
 */
export function okta(options: OktaOptions): SignInMethod {
  return oidcMethod(oktaSignIn.parse(options));
}

/**
 * Sign-in with Auth0. Anyone can sign up there by default: say with `admit` who may come in, or switch sign-ups off and
 * set `members`.
 * @throws ConfigurationError where an option is missing or wrong
 * @example
 * ```ts
 * import { auth0 } from "mcp-gatehouse/sign-in";
 *
 * const signIn = [
 *   auth0({ domain: "acme.eu.auth0.com", clientId: "abc", clientSecret: process.env.AUTH0_CLIENT_SECRET ?? "" }),
 * ];
 * ```
 */
export function auth0(options: Auth0Options): SignInMethod {
  return oidcMethod(auth0SignIn.parse(options));
}

/**
 * Sign-in with Keycloak.
 * @throws ConfigurationError where an option is missing or wrong
 * @example
 * ```ts
 * import { keycloak } from "mcp-gatehouse/sign-in";
 *
 * const clientSecret = process.env.KEYCLOAK_CLIENT_SECRET ?? "";
 * const signIn = [
 *   keycloak({ url: "https://sso.example.com", realm: "acme", clientId: "my-app", clientSecret }),
 * ];
 * ```
 */
export function keycloak(options: KeycloakOptions): SignInMethod {
  return oidcMethod(keycloakSignIn.parse(options));
}

/**
 * Sign-in with GitLab. Anyone can sign up at gitlab.com: say with `admit` who may come in.
 * @throws ConfigurationError where an option is missing or wrong
 * @example
 * ```ts
 * import { gitlab } from "mcp-gatehouse/sign-in";
 *
 * const { GITLAB_CLIENT_ID = "", GITLAB_CLIENT_SECRET = "" } = process.env;
 * const signIn = [gitlab({ clientId: GITLAB_CLIENT_ID, clientSecret: GITLAB_CLIENT_SECRET })];
 * ```
 */
export function gitlab(options: GitlabOptions): SignInMethod {
  return oidcMethod(gitlabSignIn.parse(options));
}

/**
 * Sign-in with Scalekit.
 * @throws ConfigurationError where an option is missing or wrong
 * @example
 * ```ts
 * import { scalekit } from "mcp-gatehouse/sign-in";
 *
 * const clientSecret = process.env.SCALEKIT_CLIENT_SECRET ?? "";
 * const signIn = [
 *   scalekit({ environmentUrl: "https://acme.scalekit.com", clientId: "skc_123", clientSecret }),
 * ];
 * ```
 */
export function scalekit(options: ScalekitOptions): SignInMethod {
  return oidcMethod(scalekitSignIn.parse(options));
}

/**
 * Sign-in with WorkOS AuthKit.
 * @throws ConfigurationError where an option is missing or wrong
 * @example
 * ```ts
 * import { workos } from "mcp-gatehouse/sign-in";
 *
 * const clientSecret = process.env.WORKOS_CLIENT_SECRET ?? "";
 * const signIn = [workos({ domain: "acme.authkit.app", clientId: "client_123", clientSecret })];
 * ```
 */
export function workos(options: WorkosOptions): SignInMethod {
  return oidcMethod(workosSignIn.parse(options));
}

/**
 * Sign-in with GitHub. Anyone can have an account there: say with `admit` who may come in.
 * @throws ConfigurationError where an option is missing or wrong
 * @example
 * ```ts
 * import { github } from "mcp-gatehouse/sign-in";
 *
 * const { GITHUB_CLIENT_ID = "", GITHUB_CLIENT_SECRET = "" } = process.env;
 * const signIn = [github({ clientId: GITHUB_CLIENT_ID, clientSecret: GITHUB_CLIENT_SECRET })];
 * ```
 */
export function github(options: GithubOptions): SignInMethod {
  return githubMethod(githubSignIn.parse(options));
}

/** The method of these settings: what the functions above and the environment come to. */
export function oidcMethod(settings: OidcSettings): SignInMethod {
  const { issuer, metadataUrl } = settings;
  const provider = { issuer, metadataUrl, hasMetadata: true };
  return upstreamMethod({ ...settings, provider }, (parts) => openOidc(settings, parts));
}

export function githubMethod(settings: GithubSettings): SignInMethod {
  const provider = { issuer: settings.baseUrl, metadataUrl: undefined, hasMetadata: false };
  return upstreamMethod({ ...settings, provider }, (parts) => openGithub(settings, parts));
}
