import type { EnvironmentSignIn } from "../authorization-server/sign-in/environment.ts";
import type { ProviderOptions } from "../config/provider-options.ts";
import { namesSignIn } from "../config/sign-in/environment.ts";
import type { Environment } from "../config/variables.ts";
import { ConfigurationError } from "../core/errors.ts";
import { providerFromEnvironment, providerVariable } from "../providers/environment.ts";

/** How people get into the demonstration, where it has no person of its own. */
export type DemoAccess = EnvironmentSignIn | { readonly authorization: ProviderOptions };

/**
 * @returns undefined where the environment says nothing of it
 * @param environment of which misspelt names are refused: none may open the demonstration to its own user
 * @throws ConfigurationError where it says something wrong, or says both
 */
export async function readDemoAccess(environment: Environment): Promise<DemoAccess | undefined> {
  if (!namesSignIn(environment)) {
    const provider = providerFromEnvironment(environment);
    return provider && { authorization: provider };
  }
  const provider = providerVariable(environment);
  if (provider !== undefined) {
    throw new ConfigurationError(
      `SIGN_IN_… variables say how people sign in here, and ${provider} names a provider whose tokens clients get themselves. Both can't be set: keep one of them.`,
    );
  }
  const { signInFromEnvironment } = await import("../authorization-server/sign-in/environment.ts");
  return signInFromEnvironment(environment);
}
