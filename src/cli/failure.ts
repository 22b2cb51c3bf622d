import { ConfigurationError } from "../core/errors.ts";

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
const FLAGS: Readonly<Record<string, string>> = {
  publicUrl: "--public-url",
  allowInsecurePublicUrl: "--allow-insecure-public-url",
  "tls.cert": "--tls-cert",
  "tls.key": "--tls-key",
  trustProxy: "--trust-proxy",
};

function withFlags(message: string): string {
  return message
    .replace(/\b(publicUrl|allowInsecurePublicUrl|tls\.cert|tls\.key|trustProxy)\b/g, (option) => {
      return `${option} (${FLAGS[option]})`;
    })
    .replace("the options for TLS", "--tls-cert and --tls-key")
    .replace("choose another port.", "choose another one with --port.");
}
