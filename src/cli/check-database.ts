import type { Settings } from "../config/settings.ts";
import { isPostgresUrl, shownDatabase } from "../core/database-url.ts";
import { ConfigurationError } from "../core/errors.ts";
import { type DatabaseFacts, factsOf, isDamaged, problemsOf, sizeText } from "../store/maintenance/check.ts";
import type { Database } from "../store/maintenance/database.ts";
import { postgresFacts, sqliteFacts } from "../store/maintenance/engine-facts.ts";
import { openDatabase } from "../store/maintenance/open-database.ts";
import { type SealedKey, sealedKeysOf } from "../store/maintenance/sealed-keys.ts";
import { type DatabaseFlags, databaseSettings, refuseMissing } from "./database.ts";
import { findSecret, placesOfSecret, tryKeys } from "./database-secret.ts";
import { bold, print, printJson, printPairs, warning } from "./output.ts";
import { toRun } from "./same-database.ts";

type Report = {
  readonly facts?: DatabaseFacts;
  readonly secret?: SecretReport;
  readonly problems: readonly string[];
};

type SecretReport = {
  readonly from: string | null;
  readonly signingKeys: number;
  readonly closed: readonly string[];
  readonly sealedWithOlder: readonly string[];
};

/** Looks a database over. The exit code is 1 if something is wrong. */
export async function checkCommand(flags: DatabaseFlags & { readonly json?: true }): Promise<void> {
  const settings = await databaseSettings(flags);
  const report = await examine(settings);
  if (flags.json) printJson(jsonOf(settings, report));
  else printReport(settings, report);
  if (report.problems.length > 0) process.exitCode = 1;
}

/** The same for a check of everything. */
export async function problemsOfDatabase(settings: Settings): Promise<readonly string[]> {
  return (await examine(settings)).problems;
}

async function examine(settings: Settings): Promise<Report> {
  try {
    refuseMissing(settings.database);
    const database = await openDatabase(settings.database, "anybody");
    try {
      return await examineOpen(database, settings);
    } finally {
      await database.close();
    }
  } catch (error) {
    if (error instanceof ConfigurationError) return { problems: [error.message] };
    throw error;
  }
}

async function examineOpen(database: Database, settings: Settings): Promise<Report> {
  const own = isPostgresUrl(settings.database)
    ? await postgresFacts(database)
    : await sqliteFacts(database, settings.database);
  const facts = await factsOf(database, own);
  if (isDamaged(facts)) return { facts, problems: problemsOf(facts) };
  const keys = facts.schema ? await sealedKeysOf(database) : [];
  const secret = await tryThem(keys, settings);
  return { facts, secret, problems: [...problemsOf(facts), ...secretProblems(secret, settings)] };
}

async function tryThem(keys: readonly SealedKey[], settings: Settings): Promise<SecretReport> {
  const found = findSecret(settings);
  const opened = found ? await tryKeys(keys, found) : { closed: [], sealedWithOlder: [] };
  return { from: found?.from ?? null, signingKeys: keys.length, ...opened };
}

function secretProblems({ from, signingKeys, closed }: SecretReport, settings: Settings): readonly string[] {
  if (from === null && signingKeys > 0) {
    return [
      `There is no secret here (${placesOfSecret(settings)}), so this cannot check whether the servers' secret opens the signing keys. Set the same secret here.`,
    ];
  }
  if (closed.length === 0) return [];
  return [
    `The secret in ${from} does not open the signing ${closed.length === 1 ? "key" : "keys"} ${closed.join(", ")}. ` +
      "Restore the secret of this database; no server starts without it.",
  ];
}

function printReport(settings: Settings, { facts, secret, problems }: Report): void {
  if (facts) {
    printPairs([
      ["database", shownDatabase(settings.database)],
      ...factLines(facts),
      ...(secret ? [["secret", secretLine(secret)] as const] : []),
    ]);
  }
  if (problems.length === 0) {
    print(`\n${bold("All is well.")}`);
    return;
  }
  print(`${facts ? "\n" : ""}${bold("Something is wrong:")}`);
  for (const problem of problems) print(warning(`  - ${problem}`));
}

function factLines(facts: DatabaseFacts): readonly (readonly [string, string])[] {
  const { version, space, damage, clockAheadMs, schema, rows } = facts;
  const counts = Object.entries(rows).map(([table, count]) => `${table} ${count}`);
  return [
    ["version", version],
    ...(space
      ? [["size", `${sizeText(space.bytes)}, and ${sizeText(space.freeBytes)} free on its disk`] as const]
      : []),
    ...(damage ? [["integrity", damage.length === 0 ? "ok" : damage.join("; ")] as const] : []),
    ...(clockAheadMs === undefined ? [] : [["clock", clockLine(clockAheadMs)] as const]),
    ...(schema ? [["migrations", migrationLine(schema)] as const] : []),
    ...(counts.length > 0 ? [["rows", counts.join(", ")] as const] : []),
  ];
}

function clockLine(aheadMs: number): string {
  return `${Math.abs(aheadMs)} ms ${aheadMs < 0 ? "behind" : "ahead of"} this machine's`;
}

function migrationLine({ applied, pending }: NonNullable<DatabaseFacts["schema"]>): string {
  return pending.length === 0
    ? `all applied, up to ${applied.at(-1)}`
    : `${applied.join(", ")}; pending: ${pending.join(", ")}`;
}

function secretLine({ from, signingKeys, closed, sealedWithOlder }: SecretReport): string {
  if (from === null) return signingKeys === 0 ? "none yet, and no signing keys" : "not found";
  const opened = `${from} opens ${signingKeys - closed.length} of ${signingKeys} signing keys`;
  return sealedWithOlder.length === 0
    ? opened
    : `${opened}, ${sealedWithOlder.length} of them with an older secret: ${toRun("secret rotate")}`;
}

function jsonOf(settings: Settings, { facts, secret, problems }: Report): object {
  return {
    database: shownDatabase(settings.database),
    reachable: facts !== undefined,
    ...(facts && {
      version: facts.version,
      migrations: facts.schema
        ? { applied: facts.schema.applied, pending: facts.schema.pending, unknown: facts.schema.unknown }
        : null,
      rows: facts.rows,
      ...(facts.space && { bytes: facts.space.bytes, freeBytes: facts.space.freeBytes }),
      ...(facts.damage && { damage: facts.damage }),
      ...(facts.clockAheadMs !== undefined && { clockAheadMilliseconds: facts.clockAheadMs }),
      ...(facts.isReadOnly !== undefined && { readOnly: facts.isReadOnly }),
    }),
    ...(secret && {
      secret: {
        from: secret.from,
        signingKeys: secret.signingKeys,
        doesNotOpen: secret.closed,
        sealedWithOlder: secret.sealedWithOlder,
      },
    }),
    problems,
  };
}
