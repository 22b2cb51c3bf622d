export { allowInsecureIssuer } from "../config/allow-insecure-issuer.ts";
export { ConfigurationError } from "../core/errors.ts";
export type { PrivateKey } from "../platform/signing-key.ts";
export { TokenError } from "./errors.ts";
export type { TokenManagerOptions } from "./options.ts";
export { TokenManager } from "./token-manager.ts";
