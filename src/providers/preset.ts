import type { z } from "zod";
import type { ProviderOptions } from "../config/provider-options.ts";
import { parseValues } from "./values.ts";

/** What is known about a provider: how its options are made, and what to do in its console. */
export type Preset = {
  /** As in `gatehouse provider <name>` and `docs/providers/<name>.md`, and the name of the function. */
  readonly name: string;
  readonly title: string;
  /** The names of its values, in the order in which they are shown. */
  readonly values: readonly string[];
  /** Values that make a page for nobody in particular. */
  readonly examples: Given;
  /** Those that go without saying once the server's URL is known: mostly the audience. */
  readonly defaults: (resource: string, given: Given) => Given;
  /** @throws ConfigurationError where a value is missing or wrong. */
  readonly explain: (given: Given, resource: string) => Explanation;
};

export type Given = Readonly<Record<string, string | readonly string[]>>;

/** What to do at a provider for one server, in Markdown. */
export type Explanation = {
  readonly options: ProviderOptions;
  /** A sentence or two: what works here. */
  readonly about: string;
  /** Where the steps are done. */
  readonly console: string;
  readonly steps: readonly string[];
  /** What else one has to know. */
  readonly mind: readonly string[];
  /** Options of `protect` that belong beside the preset. */
  readonly beside?: readonly string[];
  /** Environment variables that run the demonstration behind it, where they are not the plain ones. */
  readonly environment?: readonly string[];
};

type Definition<Schema extends z.ZodObject> = {
  readonly name: string;
  readonly title: string;
  readonly values: Schema;
  readonly examples: Given;
  readonly defaults?: (resource: string, given: Given) => Given;
  readonly options: (values: z.output<Schema>) => ProviderOptions;
  readonly explain: (
    values: z.output<Schema>,
    resource: string,
    options: ProviderOptions,
  ) => Omit<Explanation, "options">;
};

/** Ties a provider's values, options and words together, so that none can be about another. */
export function definePreset<Schema extends z.ZodObject>(definition: Definition<Schema>): Preset {
  const { name, title, values: schema, examples, options } = definition;
  return {
    name,
    title,
    values: Object.keys(schema.shape),
    examples,
    defaults: definition.defaults ?? ((resource) => ({ audience: resource })),
    explain(given, resource) {
      const values = parseValues(schema, given);
      const made = options(values);
      return { options: made, ...definition.explain(values, resource, made) };
    },
  };
}

/** For the steps of providers at which clients cannot register themselves. */
export const CLIENT_ADDRESSES = [
  "claude.ai: `https://claude.ai/api/mcp/auth_callback`",
  "Claude Code: `http://localhost:8080/callback`, added with `--callback-port 8080`",
  "VS Code: `http://127.0.0.1:33418/` and `https://vscode.dev/redirect`",
  "MCP Inspector: `http://localhost:6274/oauth/callback`",
]
  .map((line) => `   - ${line}`)
  .join("\n");
