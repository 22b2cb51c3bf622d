import { existsSync } from "node:fs";
import { type Authorization, ConfigurationError } from "mcp-gatehouse";

/** Reads a `.env` file of the working directory into the environment, where there is one. What is set already wins. */
export function loadEnvFile(): void {
  if (existsSync(".env")) process.loadEnvFile();
}

/**
 * The provider that the environment names, or undefined where people sign in here.
 * @throws ConfigurationError where half of it is missing. The audience has no default: without it, every token of the
 * provider would do.
 */
export function providerFromEnvironment(): Authorization | undefined {
  const { OAUTH_ISSUER: issuer, OAUTH_AUDIENCE: audience, OAUTH_JWKS_URI: jwksUri } = process.env;
  if (issuer && audience) return { authorization: { issuer, audience, ...(jwksUri && { jwksUri }) } };
  if (issuer || audience || jwksUri) {
    throw new ConfigurationError(
      `${issuer ? "OAUTH_AUDIENCE" : "OAUTH_ISSUER"} is missing. Set both OAUTH_ISSUER and OAUTH_AUDIENCE, which is what ` +
        "the provider puts into `aud` for this server, or neither.",
    );
  }
  return undefined;
}
