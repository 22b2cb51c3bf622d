import { realpathSync, statSync } from "node:fs";
import type { Settings } from "../config/settings.ts";
import { isPostgresUrl, shownDatabase } from "../core/database-url.ts";
import { ConfigurationError } from "../core/errors.ts";
import { keyFileOf } from "../platform/secrets/key-file.ts";
import { copyDatabase, refuseSource } from "../store/maintenance/copy.ts";
import type { CopiedTable } from "../store/maintenance/copy-table.ts";
import type { Database } from "../store/maintenance/database.ts";
import { openDatabase } from "../store/maintenance/open-database.ts";
import { sealedKeysOf } from "../store/maintenance/sealed-keys.ts";
import { databaseSettings, refuseMissing } from "./database.ts";
import { type FoundSecret, findSecret, placesOfSecret, tryKeys } from "./database-secret.ts";
import { bold, print, printTable } from "./output.ts";
import { progressDisplay } from "./progress.ts";

export type CopyFlags = {
  readonly from: string;
  readonly to: string;
  readonly whileRunning?: true;
};

/** Copies a database to another one, and says what has to move along. */
export async function copyCommand({ from, to, ...flags }: CopyFlags): Promise<void> {
  const whileRunning = flags.whileRunning === true;
  const [source, target] = [
    await databaseSettings({ database: from }, "--from"),
    await databaseSettings({ database: to }, "--to"),
  ];
  refuseMissing(source.database, "--from");
  refuseSame(source.database, target.database);
  const sourceDatabase = await openDatabase(source.database, whileRunning ? "anybody" : "nobody");
  try {
    await refuseSource(sourceDatabase);
    const secret = await checkSecrets(sourceDatabase, source, target);
    const copied = await copyTo(target.database, sourceDatabase, whileRunning);
    printCopied(copied);
    if (whileRunning) return printHeadStart(target.database);
    print(`\n${bold("Every row is there, and the same.")}`);
    print(secretMoves(secret, source, target));
    print(
      `Do not start a server on ${shownDatabase(source.database)} again: the new database would lack what it writes.`,
    );
  } finally {
    await sourceDatabase.close();
  }
}

async function copyTo(
  target: string,
  from: Database,
  whileRunning: boolean,
): Promise<readonly CopiedTable[]> {
  const to = await openDatabase(target, "nobody");
  const display = progressDisplay(process.stderr, () => performance.now());
  try {
    return await copyDatabase({ from, to, whileRunning, onProgress: display.show });
  } finally {
    display.end();
    await to.close();
  }
}

function refuseSame(from: string, to: string): void {
  if (to === ":memory:")
    throw new ConfigurationError("--to is :memory:, which ends with the command. Name a file.");
  if (from !== to && !isSameFile(from, to)) return;
  throw new ConfigurationError(`--from and --to are the same database, ${shownDatabase(from)}. Name two.`);
}

function isSameFile(left: string, right: string): boolean {
  if (isPostgresUrl(left) || isPostgresUrl(right)) return false;
  if (!statSync(right, { throwIfNoEntry: false })) return false;
  return realpathSync(left) === realpathSync(right) || statSync(left).ino === statSync(right).ino;
}

/**
 * The copy is worth what the secret is that goes with it.
 * @throws ConfigurationError where a secret that is there does not open the signing keys.
 */
async function checkSecrets(
  database: Database,
  source: Settings,
  target: Settings,
): Promise<FoundSecret | undefined> {
  const keys = await sealedKeysOf(database);
  const found = findSecret(source);
  for (const secret of [found, findSecret(target)]) {
    if (!secret || (await tryKeys(keys, secret)).closed.length === 0) continue;
    throw new ConfigurationError(
      `The secret in ${secret.from} does not open the signing keys in ${database.name}: with it, everyone would have ` +
        "to sign in again. Use the secret of that database instead.",
    );
  }
  return found;
}

function printCopied(copied: readonly CopiedTable[]): void {
  printTable(
    ["TABLE", "ROWS", "WRITTEN NOW", "CHECKSUM"],
    copied.map(({ table, rows, written, checksum }) => [table.name, String(rows), String(written), checksum]),
  );
}

function printHeadStart(target: string): void {
  print(
    `\nThe server may have written since. ${bold("Stop it now, and run the same without --while-running")}: that copies ` +
      "what has changed and compares everything. Until then no server starts on " +
      `${shownDatabase(target)}.`,
  );
}

function secretMoves(secret: FoundSecret | undefined, source: Settings, target: Settings): string {
  if (!secret) {
    return `No secret was found here (${placesOfSecret(source)}), so none was checked: give the servers the same secret as before.`;
  }
  if (secret.from === "GATEHOUSE_SECRET") return "Give the servers the same GATEHOUSE_SECRET as before.";
  if (isPostgresUrl(target.database)) {
    const several =
      secret.secrets.length > 1 ? "the secrets (one in each line; separate them by commas)" : "the secret";
    return `Move the secret too: set GATEHOUSE_SECRET of every server to ${several} in ${secret.from}.`;
  }
  const keyFile = keyFileOf(target.database);
  return findSecret(target)
    ? `Its key file ${keyFile} is there already.`
    : `Move the secret too: cp -p ${secret.from} ${keyFile}`;
}
