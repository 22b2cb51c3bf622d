export type { AdmitOption } from "./config/admit.ts";
export type { AdmitOptions, CheckAdmission, DenyOptions, ProvedSignIn } from "./config/admit-options.ts";
export { allowInsecureIssuer } from "./config/allow-insecure-issuer.ts";
export { publicUrlFromEnvironment } from "./config/environment.ts";
export { allowInsecurePublicUrl, type OAuthServerOptions } from "./config/options-schema.ts";
export type {
  OrganizationAnswer,
  OrganizationsOf,
  OrganizationsOptions,
} from "./config/organization-options.ts";
export type { IsActive } from "./config/people-options.ts";
export type { ProtectOptions } from "./config/protect-options.ts";
export type { ProviderOptions } from "./config/provider-options.ts";
export type { ToldClaims, VerifyToken } from "./config/provider-schema.ts";
export type {
  CheckUser,
  CompleteUserCheck,
  LoginHandler,
  SignInLinks,
  UserAnswer,
} from "./config/settings.ts";
export type { Auth } from "./core/auth.ts";
export { ConfigurationError, OAuthError } from "./core/errors.ts";
export type { Organization } from "./core/organization.ts";
export type { Person } from "./core/person.ts";
export { type UpstreamAccess, UpstreamNotConnected } from "./core/upstream.ts";
export type { PublicToolContext, ToolContext } from "./mcp/tools/tool-context.ts";
export { type Html, html } from "./pages/html.ts";
export { english as englishTexts, type Texts } from "./pages/texts/en.ts";
export type { Log, SecurityEvent } from "./platform/logging.ts";
export { allowUnresolvedDocumentHosts } from "./platform/safe-fetch.ts";
export { auth0 } from "./providers/auth0.ts";
export { cognito } from "./providers/cognito.ts";
export { descope } from "./providers/descope.ts";
export { entra } from "./providers/entra.ts";
export { providerFromEnvironment } from "./providers/environment.ts";
export { generic } from "./providers/generic.ts";
export { google } from "./providers/google.ts";
export { keycloak } from "./providers/keycloak.ts";
export { okta } from "./providers/okta.ts";
export { scalekit } from "./providers/scalekit.ts";
export { supabase } from "./providers/supabase.ts";
export { workos } from "./providers/workos.ts";
export { authOf } from "./resource-server/auth-info.ts";
export { type Protection, type ProtectParts, protect } from "./resource-server/protect.ts";
export {
  type Authorization,
  type CreateOptions,
  createOAuthServer,
  type Listening,
  type OAuthServer,
  type SignIn,
} from "./server/create-oauth-server.ts";
