import type { Command } from "commander";
import type { EnvironmentOptions } from "../config/environment.ts";
import { wrongValue } from "../config/problems.ts";
import { flagOptions, optionFlag } from "./option-flags.ts";
import { printError } from "./output.ts";

/** The options of the server that its URL is made from. */
const URL_OPTIONS: ReadonlySet<string> = new Set([
  "publicUrl",
  "host",
  "port",
  "path",
  "tls.cert",
  "tls.key",
  "allowInsecurePublicUrl",
]);

export type LinkFlags = { readonly hours?: string } & Readonly<Record<string, unknown>>;

/** A month: what is sent by post, too, arrives by then. */
const MOST_HOURS = 31 * 24;

/** The flags of a command that prints a link. @param hours how long it lasts where they do not say it */
export function withLinkFlags(command: Command, hours: number): Command {
  return command
    .option("--hours <number>", `how many hours the link works (default: ${hours})`)
    .addOption(optionFlag("publicUrl"))
    .addOption(optionFlag("host"))
    .addOption(optionFlag("port"))
    .addOption(optionFlag("allowInsecurePublicUrl"));
}

/** @throws ConfigurationError that names the flag and what would be right */
export function readHours({ hours }: LinkFlags): number | undefined {
  if (hours === undefined) return undefined;
  const count = /^\d+$/.test(hours) ? Number(hours) : 0;
  if (count < 1 || count > MOST_HOURS) {
    throw wrongValue("--hours", hours, `a whole number from 1 to ${MOST_HOURS}`);
  }
  return count;
}

/**
 * The issuer, as the server makes it from the same flags and variables. What only the server's code says is not known here,
 * so a URL that nothing names is pointed out.
 */
export async function readIssuer(flags: LinkFlags): Promise<string> {
  const [{ environmentOptions }, { commandEnvironment }, { parseOptions }] = await Promise.all([
    import("../config/environment.ts"),
    import("./command-environment.ts"),
    import("../config/options.ts"),
  ]);
  const ours = (said: EnvironmentOptions) => [...said].filter(([option]) => URL_OPTIONS.has(option));
  const said = new Map([
    ...ours(environmentOptions(await commandEnvironment())),
    ...ours(flagOptions(flags)),
  ]);
  const { issuer, publicUrlGiven } = parseOptions("gatehouse", {}, said);
  if (!publicUrlGiven) {
    printError(
      `The link begins with ${issuer}. If your server has another URL, give it with --public-url or GATEHOUSE_PUBLIC_URL.`,
    );
  }
  return issuer;
}
