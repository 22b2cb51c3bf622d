import { type DeclaredOption, declaredOptions, type OptionTable } from "../declared.ts";

/** The variable that lists the methods, in the order of the page. */
export const SIGN_IN = "SIGN_IN";

/** What every variable of a sign-in method begins with. */
export const SIGN_IN_PREFIX = "SIGN_IN_";

/** The variable of an option of a method: `SIGN_IN_GOOGLE_CLIENT_ID` of `clientId`. */
export function variableOf(method: string, option: string): string {
  const words = option.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toUpperCase();
  return `${prefixOf(method)}${words}`;
}

/** What the variables of a method begin with. */
export function prefixOf(method: string): string {
  return `${SIGN_IN_PREFIX}${method.toUpperCase()}_`;
}

/** The options of a method, each with its variable where text can say it. */
export function optionsWithVariables(method: string, table: OptionTable): readonly DeclaredOption[] {
  return declaredOptions(table).map(({ fromText, ...option }) =>
    fromText === undefined
      ? option
      : { ...option, variables: { [variableOf(method, option.path)]: fromText } },
  );
}
