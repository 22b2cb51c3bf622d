import { Option } from "commander";
import { type DeclaredOption, declaredOptions, fallbackOf, withParts } from "../config/declared.ts";
import type { EnvironmentOptions } from "../config/environment.ts";
import { guardOptions } from "../config/guard-options.ts";
import { listenerOptions } from "../config/listener-options.ts";
import { storageOptions } from "../config/storage-options.ts";

// The tables that have flags, and no others: help should not wait for what only a server needs.
const TABLES = { ...listenerOptions, ...storageOptions, ...guardOptions };

/** An option of the server that has a flag. */
export type OptionFlag = {
  /** The option: `publicUrl`, `tls.cert`. */
  readonly path: string;
  /** `--public-url`, `--tls-cert`. */
  readonly name: string;
  /** What the flag's text sets the option to. */
  readonly read: (text: string) => unknown;
  /** For Commander. `usual` takes the place of the default where a command has one of its own. */
  readonly option: (usual?: string) => Option;
};

/** Every flag that sets an option of the server. */
export const OPTION_FLAGS = flagsOf(declaredOptions(TABLES));

/** The flags of these options, as they are declared. */
export function flagsOf(options: readonly DeclaredOption[]): readonly OptionFlag[] {
  return withParts(options).flatMap((declared) => {
    const { flag, path, variables = {} } = declared;
    if (flag === undefined) return [];
    const [read] = Object.values(variables);
    return {
      path,
      name: `--${new Option(flag).name()}`,
      read: (text) => read?.(text, {}) ?? text,
      option: (usual = fallbackOf(declared)) => new Option(flag, descriptionOf(declared, flag, usual)),
    };
  });
}

function descriptionOf({ says, variables = {} }: DeclaredOption, flag: string, usual: string): string {
  const sentence = `${says[0]?.toLowerCase()}${says.slice(1).replace(/\.$/, "")}`;
  const isShown = new Option(flag).required && usual !== "none";
  const fallback = isShown ? ` (default: ${usual})` : "";
  return `${sentence}${fallback} [env: ${Object.keys(variables).join(", ")}]`.replaceAll("`", "");
}

/** The flag of one option. */
export function optionFlag(path: string, usual?: string): Option {
  const flag = OPTION_FLAGS.find((one) => one.path === path);
  if (!flag) throw new Error(`The option ${path} has no flag.`);
  return flag.option(usual);
}

/** What the flags of a command set, by the option's name. A complaint begins with the flag. */
export function flagOptions(flags: Readonly<Record<string, unknown>>): EnvironmentOptions {
  return new Map(
    OPTION_FLAGS.flatMap(({ path, name, read, option }) => {
      const value = flags[option().attributeName()];
      if (value === undefined) return [];
      return [[path, { variable: name, value: typeof value === "string" ? read(value) : value }] as const];
    }),
  );
}
