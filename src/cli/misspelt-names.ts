import { VARIABLE_METHODS } from "../authorization-server/sign-in/variable-methods.ts";
import { admitVariables, refuseUnknownAdmit } from "../config/admit.ts";
import { variablesOf } from "../config/environment.ts";
import { refuseMisspelt } from "../config/misspelt-variables.ts";
import { serverOptions } from "../config/options-schema.ts";
import { refuseMisspeltList, variablesOfMethods } from "../config/sign-in/environment.ts";
import type { Environment } from "../config/variables.ts";
import { providerVariables } from "../providers/environment.ts";

/** The names that a server may read, in the sets that its parts check for themselves. */
export const VARIABLE_SETS: readonly (readonly string[])[] = [
  variablesOf(serverOptions),
  variablesOfMethods(VARIABLE_METHODS),
  admitVariables,
  providerVariables,
];

/** @throws ConfigurationError with the nearest right name */
export function refuseMisspeltNames(environment: Environment): void {
  refuseMisspeltList(environment, VARIABLE_METHODS);
  refuseMisspelt(environment, VARIABLE_SETS.flat());
  refuseUnknownAdmit(environment);
}
