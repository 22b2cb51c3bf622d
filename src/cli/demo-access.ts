import type { EnvironmentSignIn } from "../authorization-server/sign-in/environment.ts";
import type { ProviderOptions } from "../config/provider-options.ts";
import { namesSignIn } from "../config/sign-in/environment.ts";
import type { Environment } from "../config/variables.ts";
import { ConfigurationError } from "../core/errors.ts";
import { providerFromEnvironment } from "../providers/environment.ts";

/** How people get into the demonstration, where it has no person of its own. */
export type DemoAccess = EnvironmentSignIn | { readonly authorization: ProviderOptions };

/**
 * @returns undefined where the environment says nothing of it
 * @throws ConfigurationError where it says something wrong, or both
 */
export async function readDemoAccess(environment: Environment): Promise<DemoAccess | undefined> {
  const provider = providerFromEnvironment(environment);
  if (!namesSignIn(environment)) return provider && { authorization: provider };
  if (provider) {
    throw new ConfigurationError(
      `SIGN_IN says how people sign in here, and other variables name ${provider.issuer} as the provider of the tokens. Keep one of them.`,
    );
  }
  const { signInFromEnvironment } = await import("../authorization-server/sign-in/environment.ts");
  return signInFromEnvironment(environment);
}
