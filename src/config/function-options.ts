import { ConfigurationError } from "../core/errors.ts";

/**
 * What a function comes to that takes options as one object.
 * @param name of the function: each sentence about a wrong option begins with it
 * @param example what the options may be, for who gives none
 * @throws ConfigurationError
 */
export function readGivenOptions<Read>(
  name: string,
  example: string,
  given: unknown,
  read: (given: object) => Read,
): Read {
  try {
    if (typeof given !== "object" || given === null || Array.isArray(given)) {
      const what = given === undefined || given === null ? "are missing" : "are not an object";
      throw new ConfigurationError(`the options ${what}; they must be an object such as ${example}.`);
    }
    return read(given);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new ConfigurationError(`${name}: ${error.message}`);
  }
}
