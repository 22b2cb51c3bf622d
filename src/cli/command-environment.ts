import { loadEnvironment, variablesOf } from "../config/environment.ts";
import { beginsLikeOurs } from "../config/misspelt-variables.ts";
import { serverOptions } from "../config/options-schema.ts";
import type { Environment } from "../config/variables.ts";

/**
 * The environment of a command, without misspelt names. Every command refuses those of all variables that a server may read, not only of
 * those that it uses itself: it runs beside a server, mostly with the same .env file, and a typo should show at the
 * first command after it was made, not when the server starts again.
 * @throws ConfigurationError with the nearest right name
 */
export async function commandEnvironment(environment: Environment = loadEnvironment()): Promise<Environment> {
  const options = variablesOf(serverOptions);
  // The tables of sign-in methods and providers are forty modules: loaded only if a name could be one of theirs, or a typo.
  if (Object.keys(environment).some((name) => beginsLikeOurs(name) && !options.includes(name))) {
    const { refuseMisspeltNames } = await import("./misspelt-names.ts");
    refuseMisspeltNames(environment);
  }
  return environment;
}
