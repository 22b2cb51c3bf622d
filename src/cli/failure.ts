import { ConfigurationError } from "../core/errors.ts";
import { OPTION_FLAGS } from "./option-flags.ts";

/**
 * What a failed command says: one sentence, with the flags beside the options that it names. What the operator cannot
 * mend comes with its trace where more lines were asked for.
 */
export function failureText(error: unknown, debug: boolean): string {
  if (error instanceof ConfigurationError) return withFlags(error.message);
  if (!(error instanceof Error)) return String(error);
  return debug ? (error.stack ?? error.message) : `${error.message} (--debug shows where)`;
}

/** Options whose flag is spelled otherwise. */
const FLAGS = new Map(
  OPTION_FLAGS.filter(({ path, name }) => name !== `--${path}`).map(({ path, name }) => [path, name]),
);
const OPTIONS = new RegExp(`\\b(${[...FLAGS.keys()].join("|").replaceAll(".", "\\.")})\\b`, "g");

function withFlags(message: string): string {
  return message
    .replace(OPTIONS, (option) => `${option} (${FLAGS.get(option)})`)
    .replace("the options for TLS", "--tls-cert and --tls-key")
    .replace("choose another port.", "choose another one with --port.");
}
