import { ConfigurationError } from "../../core/errors.ts";
import { slipOf } from "../misspelling.ts";
import { type Environment, items } from "../variables.ts";
import { SIGN_IN, SIGN_IN_PREFIX } from "./sign-in-variables.ts";

/**
 * Refuses `SIGNIN_GOOGLE_CLIENT_ID`, `sign_in_deny_emails`, `GATEHOUSE_SIGN_IN_DENY_EMAILS` and the like, which would be passed over: a server would start with
 * another sign-in, or without a list. Many programs have variables that begin alike, so the whole name must be nearly right.
 * @param known the right names
 * @param methods those that {@link SIGN_IN} can list; where its name is misspelt, its value must name one
 * @throws ConfigurationError with the nearest right name
 */
export function refuseMisspeltPrefix(
  environment: Environment,
  known: readonly string[],
  methods: readonly string[] = [],
): void {
  for (const [name, value] of Object.entries(environment)) {
    if (!value?.trim() || name === SIGN_IN || name.startsWith(SIGN_IN_PREFIX) || OTHER_WORDS.test(name)) {
      continue;
    }
    const listsMethods = items(value).some((one) => methods.includes(one));
    const bare = name.replace(/^GATEHOUSE_/, "");
    const meant =
      known.find((right) => right === bare) ??
      slipOf(name, known) ??
      (listsMethods ? slipOf(bare, [SIGN_IN]) : undefined);
    if (meant === undefined) continue;
    throw new ConfigurationError(
      `${name} is not a variable of Gatehouse. Did you mean ${meant}? Correct it, or remove it.`,
    );
  }
}

/** What other programs call something else. */
const OTHER_WORDS = /^SIGN_?(UP|ING|OUT|OFF)(_|$)/i;
