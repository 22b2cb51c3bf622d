import { existsSync } from "node:fs";
import { type Authorization, type CheckUser, providerFromEnvironment } from "mcp-gatehouse";

/**
 * Who says who people are: the provider that the environment or a `.env` file names, by the variables of `gatehouse demo`,
 * or this check where they name none.
 * @throws ConfigurationError where they name a provider and are not enough to use one
 */
export function signInBy(checkUser: CheckUser): CheckUser | Authorization {
  const provider = providerFromEnvironment();
  return provider ? { authorization: provider } : checkUser;
}

/** Reads a `.env` file of the working directory into the environment, where there is one. What is set already wins. */
export function loadEnvFile(): void {
  if (existsSync(".env")) process.loadEnvFile();
}
