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

/** In code it is a symbol; on the command line that would be no help. */
const ALLOW_INSECURE = /set \[allowInsecurePublicUrl\] \([^)]*\) to true/;

function withFlags(message: string): string {
  return message
    .replace(ALLOW_INSECURE, "add --allow-insecure-public-url")
    .replace(OPTIONS, (option) => `${option} (${FLAGS.get(option)})`)
    .replace("the options for TLS", "--tls-cert and --tls-key")
    .replace("choose another port.", "choose another one with --port.");
}
