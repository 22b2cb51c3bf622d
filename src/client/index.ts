export { ConfigurationError } from "../core/errors.ts";
export { TokenError } from "./errors.ts";
export type { TokenManagerOptions } from "./options.ts";
export type { PrivateKey } from "./signing-key.ts";
export { TokenManager } from "./token-manager.ts";
