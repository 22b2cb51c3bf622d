export { allowInsecurePublicUrl, type OAuthServerOptions } from "./config/options.ts";
export type { ProtectOptions } from "./config/protect-options.ts";
export type { ProviderOptions } from "./config/provider-options.ts";
export type {
  CheckUser,
  CompleteUserCheck,
  LoginHandler,
  UserAnswer,
} from "./config/settings.ts";
export type { Auth } from "./core/auth.ts";
export { ConfigurationError, OAuthError } from "./core/errors.ts";
export type { Person } from "./core/person.ts";
export {
  type Authorization,
  type CreateOptions,
  createOAuthServer,
  type Listening,
  type OAuthServer,
} from "./mcp/create-oauth-server.ts";
export type { ToolContext } from "./mcp/tool-context.ts";
export type { Log, SecurityEvent } from "./platform/logging.ts";
export { type Protection, type ProtectParts, protect } from "./resource-server/protect.ts";
