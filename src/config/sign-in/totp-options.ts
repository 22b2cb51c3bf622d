import { z } from "zod";
import { ConfigurationError } from "../../core/errors.ts";
import { shownText } from "../basic-schemas.ts";
import { declared } from "../declared.ts";
import type { EnvironmentOptions } from "../environment.ts";
import { readOptions } from "../read-options.ts";
import { items, type ReadVariable } from "../variables.ts";
import { variableOf } from "./sign-in-variables.ts";

/** The name of the function and of the factor. */
export const TOTP = "totp";

const REQUIRED = '"all", "choice", or { groups: ["staff"] }';
/** The same in a variable. */
const REQUIRED_TEXT = '"all", "choice", or "groups:staff"';
const GROUPS = 'a list of groups, such as ["staff"]';

/** `all`, `choice`, or `groups:staff,admins`. What is of no such form stays text, which the schema refuses. */
const fromText: ReadVariable = (value) =>
  value.startsWith("groups:") ? { groups: items(value.slice("groups:".length)) } : value;

/** The options of `totp()`. */
export const totpOptions = {
  required: z
    .union(
      [
        z.enum(["all", "choice"]),
        z.strictObject({ groups: z.array(shownText(GROUPS), GROUPS).min(1, GROUPS) }),
      ],
      REQUIRED,
    )
    .default("all")
    .register(declared, {
      says: 'Who must have an authenticator app: everyone ("all"), the people of some groups ({ groups: ["staff"] }), or no one ("choice": people set one up if they want).',
      fromText,
    }),
};

type Given = z.input<z.ZodObject<typeof totpOptions>>;

export type TotpOptions = {
  /**
   * Who must have an authenticator app: everyone ("all"), the people of some groups ({ groups: ["staff"] }), or no one
   * ("choice": people set one up if they want). Default: `all`.
   */
  required?: Given["required"];
};

/** Who must pass it. Those who have set it up pass it in any case. */
export type Required = "all" | "choice" | { readonly groups: readonly string[] };

const schema = z.strictObject(totpOptions);

/** @throws ConfigurationError that names the option */
export function parseTotp(given: TotpOptions): Required {
  try {
    if (typeof given !== "object" || given === null || Array.isArray(given)) {
      throw new ConfigurationError('the options must be an object, such as { required: "all" }.');
    }
    return readOptions(schema, given).parsed.required;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new ConfigurationError(`${TOTP}: ${error.message}`);
  }
}

/** The same from variables, which the sentences then name. @throws ConfigurationError */
export function parseTotpVariables(said: EnvironmentOptions): Required {
  try {
    return readOptions(schema, {}, said, (path) => variableOf(TOTP, path.join("."))).parsed.required;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new ConfigurationError(error.message.replace(REQUIRED, REQUIRED_TEXT));
  }
}
