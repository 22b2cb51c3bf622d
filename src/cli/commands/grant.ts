import { Command } from "commander";
import { ConfigurationError } from "../../core/errors.ts";
import type { Grant } from "../../core/grant.ts";
import { displayName } from "../../core/person.ts";
import { type DatabaseFlags, databaseOption, withStore } from "../database.ts";
import { operatorEntry } from "../operator.ts";
import { print, printError, printJson, printTable, time } from "../output.ts";
import { toRun } from "../same-database.ts";
import { countOption, readCount } from "../values.ts";

type ListFlags = DatabaseFlags & {
  readonly person?: string;
  readonly client?: string;
  readonly all?: true;
  readonly limit: string;
  readonly json?: true;
};

export function grantCommand(): Command {
  const command = new Command("grant").description(
    "Manage grants: which client each person approved. List and revoke them.",
  );
  command
    .command("list")
    .description("List the live grants, newest first.")
    .option("--person <id>", "only this person's")
    .option("--client <client_id>", "only this client's")
    .option("--all", "also ended grants")
    .addOption(countOption("--limit <number>", "how many to show", 100))
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
  const limit = readCount("--limit", flags.limit);
  const now = Date.now();
  const found = await withStore(flags, (store) =>
    store.listGrants({
      ...(flags.person === undefined ? {} : { personId: flags.person }),
      ...(flags.client === undefined ? {} : { clientId: flags.client }),
      ...(flags.all ? {} : { liveAt: now }),
      limit: limit + 1,
    }),
  );
  const grants = found.slice(0, limit);
  if (found.length > limit) printError("There are more. Show them with --limit, or narrow the list.");
  if (flags.json) return printJson(grants);
  if (grants.length === 0)
    return print("No grants found. --all shows ended ones too. --person and --client take IDs.");
  const hasOrganizations = grants.some(({ organization }) => organization !== null);
  printTable(
    [
      "GRANT",
      "PERSON",
      "CLIENT",
      ...(hasOrganizations ? ["ORGANIZATION"] : []),
      "SCOPES",
      "APPROVED",
      "LAST SEEN",
      "STATE",
    ],
    grants.map((grant) => [
      grant.id,
      displayName(grant.person),
      grant.clientName ?? grant.clientId,
      ...(hasOrganizations ? [grant.organization?.name ?? "-"] : []),
      grant.scopes.join(" "),
      time(grant.createdAt),
      lastSeen(grant),
      stateOf(grant, now),
    ]),
  );
}

/** When its client last got tokens, or was first seen to use them. */
export function lastSeen({ rotatedAt, usedAt }: Grant): string {
  return rotatedAt === null && usedAt === null ? "-" : time(Math.max(rotatedAt ?? 0, usedAt ?? 0));
}

function stateOf(grant: Grant, now: number): string {
  if (grant.revokedAt !== null) return `revoked (${grant.revokedReason})`;
  return now < grant.endsAt && now < grant.refreshExpiresAt ? "live" : "expired";
}

async function revoke(ids: readonly string[], flags: DatabaseFlags): Promise<void> {
  await withStore(flags, async (store) => {
    for (const id of ids) {
      const grant = await store.findGrant(id);
      if (!grant) throw new ConfigurationError(`There is no grant ${id}. See: ${toRun("grant list")}`);
      const reason = "operator";
      const entry = operatorEntry("grant.revoked", {
        grant: id,
        client: grant.clientId,
        client_name: grant.clientName,
        person: grant.person.id,
        reason,
      });
      const isRevoked = await store.revokeGrant(id, reason, entry.at, entry);
      print(isRevoked ? `Revoked ${id}.` : `${id} is already revoked.`);
    }
  });
}
