import { Command } from "commander";
import { ConfigurationError } from "../../../core/errors.ts";
import type { UpstreamCredentialSummary } from "../../../store/upstream-store.ts";
import { confirm } from "../../confirm.ts";
import { type DatabaseFlags, databaseOption, withStore } from "../../database.ts";
import { operatorEntry } from "../../operator.ts";
import { print } from "../../output.ts";
import { called, personNamed } from "./named.ts";

type DisconnectFlags = DatabaseFlags & { readonly yes?: true };

export function disconnectCommand(): Command {
  return new Command("disconnect")
    .argument("<person>", "an id, or an address or a username that only one person has")
    .argument("<service>", "the name of another service, as person show lists it")
    .description(
      "End what a person has at another service: tokens, or a key. Tools that need it ask the person to connect again.",
    )
    .option("--yes", "do not ask")
    .addOption(databaseOption())
    .action(disconnect);
}

async function disconnect(name: string, service: string, flags: DisconnectFlags): Promise<void> {
  await withStore(flags, async (store, _settings, clock) => {
    const { person } = await personNamed(name, store, clock());
    const held = await store.listUpstreamCredentials(person.id);
    const one = held.find(({ upstream }) => upstream === service);
    if (!one) {
      throw new ConfigurationError(
        `${called(person)} has nothing at ${service}. ${others(held)} Nothing was changed.`,
      );
    }
    if (!flags.yes) {
      const what = one.kind === "key" ? "key" : "tokens";
      await confirm(`Delete the ${what} of ${called(person)} for ${service}? Grants and sessions continue.`);
    }
    const entry = operatorEntry("upstream.disconnected", { person: person.id, upstream: service });
    const removed = { personId: person.id, upstream: service, now: clock() };
    if (!(await store.removeUpstreamCredential(removed, entry))) {
      throw new ConfigurationError(`What ${called(person)} had at ${service} has ended just now.`);
    }
    print(`Disconnected ${called(person)} from ${service}. What the service gave may still work there:`);
    print("revoke it at the service where that matters.");
  });
}

function others(held: readonly UpstreamCredentialSummary[]): string {
  if (held.length === 0) return "They have nothing at any other service.";
  return `They have something at ${held.map(({ upstream }) => upstream).join(", ")}.`;
}
