import { Command } from "commander";
import { ConfigurationError } from "../../core/errors.ts";
import type { Grant } from "../../core/grant.ts";
import { displayName } from "../../core/person.ts";
import { type DatabaseFlags, databaseOption, withStore } from "../database.ts";
import { print, printJson, printTable, time } from "../output.ts";

type ListFlags = DatabaseFlags & {
  readonly person?: string;
  readonly client?: string;
  readonly all?: true;
  readonly json?: true;
};

export function grantCommand(): Command {
  const command = new Command("grant").description(
    "The grants: who let which client in. List and revoke them.",
  );
  command
    .command("list")
    .description("List the live grants, newest first.")
    .option("--person <id>", "only this person's")
    .option("--client <client_id>", "only this client's")
    .option("--all", "the ended ones too")
    .addOption(databaseOption())
    .option("--json", "print JSON")
    .action(list);
  command
    .command("revoke <grant...>")
    .description("Revoke grants. Their tokens stop working at once, within a second on a running server.")
    .addOption(databaseOption())
    .action(revoke);
  return command;
}

async function list(flags: ListFlags): Promise<void> {
  const now = Date.now();
  const grants = await withStore(flags, (store) =>
    store.listGrants({
      ...(flags.person === undefined ? {} : { personId: flags.person }),
      ...(flags.client === undefined ? {} : { clientId: flags.client }),
      ...(flags.all ? {} : { liveAt: now }),
    }),
  );
  if (flags.json) return printJson(grants);
  if (grants.length === 0)
    return print("There are no grants. One is made whenever a person approves a client.");
  printTable(
    ["GRANT", "PERSON", "CLIENT", "SCOPES", "APPROVED", "LAST USED", "STATE"],
    grants.map((grant) => [
      grant.id,
      displayName(grant.person),
      grant.clientName ?? grant.clientId,
      grant.scopes.join(" "),
      time(grant.createdAt),
      grant.rotatedAt === null ? "-" : time(grant.rotatedAt),
      stateOf(grant, now),
    ]),
  );
}

function stateOf(grant: Grant, now: number): string {
  if (grant.revokedAt !== null) return `revoked (${grant.revokedReason})`;
  return now < grant.endsAt && now < grant.refreshExpiresAt ? "live" : "expired";
}

async function revoke(ids: readonly string[], flags: DatabaseFlags): Promise<void> {
  await withStore(flags, async (store) => {
    for (const id of ids) {
      if (await store.revokeGrant(id, "operator", Date.now())) print(`Revoked ${id}.`);
      else if (await store.findGrant(id)) print(`${id} was revoked before.`);
      else throw new ConfigurationError(`There is no grant ${id}. See: gatehouse grant list`);
    }
  });
}
