import { Command } from "commander";
import type { StoredSigningKey } from "../../store/store.ts";
import { type DatabaseFlags, databaseOption, withStore } from "../database.ts";
import { operatorEntry } from "../operator.ts";
import { print, printJson, printTable, time } from "../output.ts";

export function keyCommand(): Command {
  const command = new Command("key").description("The keys that sign access tokens. List and rotate them.");
  command
    .command("list")
    .description("List the signing keys, newest first.")
    .addOption(databaseOption())
    .option("--json", "print JSON")
    .action(list);
  command
    .command("rotate")
    .description(
      "Add a new key. It is published now and signs in ten minutes; older ones stay until their last token has expired.",
    )
    .addOption(databaseOption())
    .action(rotate);
  return command;
}

async function list(flags: DatabaseFlags & { readonly json?: true }): Promise<void> {
  const keys = await withStore(flags, (store) => store.listSigningKeys());
  const newestFirst = [...keys].sort((left, right) => right.signsFrom - left.signsFrom);
  if (flags.json) return printJson(newestFirst.map(({ sealedPrivateJwk: _sealed, ...key }) => key));
  if (keys.length === 0) return print("No keys yet. A server makes the first one when it starts.");
  const now = Date.now();
  printTable(
    ["KEY", "ALGORITHM", "SIGNS FROM", "SIGNS UNTIL", "PUBLISHED UNTIL", "STATE"],
    newestFirst.map((key) => [
      key.kid,
      key.algorithm,
      time(key.signsFrom),
      key.signsUntil === null ? "-" : time(key.signsUntil),
      key.publishedUntil === null ? "-" : time(key.publishedUntil),
      stateOf(key, now),
    ]),
  );
}

function stateOf(key: StoredSigningKey, now: number): string {
  if (now < key.signsFrom) return "published, signs soon";
  if (key.signsUntil === null || now < key.signsUntil) return "signs";
  return key.publishedUntil !== null && now >= key.publishedUntil ? "over" : "verifies only";
}

async function rotate(flags: DatabaseFlags): Promise<void> {
  const [{ rotateSigningKey }, { openKeyring }] = await Promise.all([
    import("../../authorization-server/tokens/signing-keys.ts"),
    import("../../platform/secrets/master-secret.ts"),
  ]);
  const key = await withStore(flags, (store, settings, clock) =>
    rotateSigningKey({ store, keyring: openKeyring(settings), clock }, ({ kid }) =>
      operatorEntry("key.rotated", { kid }),
    ),
  );
  print(
    `Added ${key.kid}. It signs from ${time(key.signsFrom)} on, when every verifier has had time to fetch it.`,
  );
}
