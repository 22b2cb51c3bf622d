import { Command } from "commander";
import { ConfigurationError } from "../../core/errors.ts";
import type { Given } from "../../providers/preset.ts";
import { bold, print, printTable } from "../output.ts";

export function providerCommand(): Command {
  return new Command("provider")
    .description("Show how to set up an identity provider for your server.")
    .argument("[name]", "the provider; without it, a list of providers")
    .argument("[values...]", "your values, as in domain=acme.okta.com; without them, examples")
    .option("--resource <url>", "the URL that people type into their MCP client")
    .action(provider);
}

async function provider(
  name: string | undefined,
  values: readonly string[],
  { resource }: { readonly resource?: string },
): Promise<void> {
  // Loaded here, so that help does not wait for them.
  const [{ PRESETS }, { pageOf }] = await Promise.all([
    import("../../providers/index.ts"),
    import("../../providers/page.ts"),
  ]);
  if (name === undefined) {
    printTable(
      ["NAME", "PROVIDER", "VALUES"],
      [...PRESETS.values()].map((preset) => [preset.name, preset.title, preset.values.join(", ")]),
    );
    return;
  }
  const preset = PRESETS.get(name.toLowerCase());
  if (!preset) {
    throw new ConfigurationError(
      `${JSON.stringify(name)} is not a known provider. Known are: ${[...PRESETS.keys()].join(", ")}. For any other, use generic.`,
    );
  }
  if (resource !== undefined && !URL.canParse(resource)) {
    throw new ConfigurationError(
      `--resource is ${JSON.stringify(resource)}; it must be a URL, such as https://mcp.example.com/mcp.`,
    );
  }
  for (const line of pageOf(preset, resource, valuesOf(values)).trimEnd().split("\n")) {
    print(line.startsWith("#") ? bold(line) : line);
  }
}

/** `name=value` each; a name that comes again makes a list. */
function valuesOf(parameters: readonly string[]): Given {
  const values = new Map<string, string | string[]>();
  for (const parameter of parameters) {
    const [, name = "", value = ""] = /^([A-Za-z]+)=(.+)$/.exec(parameter) ?? [];
    if (name === "") {
      throw new ConfigurationError(
        `${JSON.stringify(parameter)} is not a value; write the name, "=", and the value, as in domain=acme.okta.com.`,
      );
    }
    const before = values.get(name);
    values.set(name, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(values);
}
