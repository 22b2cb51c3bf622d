import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { Command, Option } from "commander";
import { ConfigurationError, OAuthError } from "../../core/errors.ts";
import { OUTCOMES } from "../../core/event-declaration.ts";
import { AUDITED_EVENTS, type AuditRecord } from "../../core/events.ts";
import { visibleJson } from "../../platform/terminal.ts";
import type { AuditSearch } from "../../store/queries/audit-reading.ts";
import type { Store } from "../../store/store.ts";
import { type DatabaseFlags, databaseOption, withStore } from "../database.ts";
import { exactTime, print, printError, printRow, printTable } from "../output.ts";
import { toRun } from "../same-database.ts";
import { countOption, readCount, readTime } from "../values.ts";

type SearchFlags = DatabaseFlags & {
  readonly person?: string;
  readonly client?: string;
  readonly grant?: string;
  readonly username?: string;
  readonly event?: readonly string[];
  readonly outcome?: string;
  readonly since?: string;
  readonly until?: string;
};
type ShowFlags = SearchFlags & { readonly limit: string; readonly json?: true };
type TailFlags = ShowFlags & { readonly follow?: true };

export function auditCommand(): Command {
  const command = new Command("audit").description(
    "The audit log: who did what, when, and from where. Follow, search and export it.",
  );
  searching(command.command("tail"))
    .description("Show the latest entries; with --follow, also new ones.")
    .addOption(countOption("-n, --limit <number>", "how many entries", 20))
    .addOption(new Option("-f, --follow", "continue until Ctrl+C").conflicts("until"))
    .option("--json", "print a line of JSON for each")
    .action(tail);
  searching(command.command("search"))
    .description("Search the entries, newest first.")
    .addOption(countOption("--limit <number>", "how many to show", 100))
    .option("--json", "print a line of JSON for each")
    .action(search);
  searching(command.command("export"))
    .description("Print the entries as lines of JSON, oldest first.")
    .action(exportAll);
  return command;
}

function searching(command: Command): Command {
  return command
    .option("--person <id>", "only this person's")
    .option("--client <client_id>", "only this client's")
    .option("--grant <grant>", "only this grant's")
    .option("--username <name>", "only failed sign-ins under this username; it needs the secret")
    .addOption(new Option("--event <event...>", "only these events").choices(AUDITED_EVENTS))
    .addOption(new Option("--outcome <outcome>", "only this outcome").choices(OUTCOMES))
    .option(
      "--since <time>",
      "from this time on: an age (30m, 2h, 7d) or a time in UTC (2026-11-01, 2026-11-01T09:30)",
    )
    .option("--until <time>", "before this time")
    .addOption(databaseOption());
}

async function tail(flags: TailFlags): Promise<void> {
  const limit = readCount("--limit", flags.limit);
  await withAudit(flags, async (store, wanted) => {
    const { followAudit, isWanted, searchAudit } = await import("../../store/queries/audit-reading.ts");
    const follower = flags.follow && (await followAudit(store, () => performance.now()));
    const latest = (await first(limit, searchAudit(store, wanted, "newest_first"))).records.reverse();
    const show = printer(latest, flags);
    if (!follower) return;
    follower.skip(latest);
    await untilInterrupted(async () => {
      for (const record of await follower.next()) if (isWanted(record, wanted)) show(record);
    });
  });
}

async function search(flags: ShowFlags): Promise<void> {
  const limit = readCount("--limit", flags.limit);
  await withAudit(flags, async (store, wanted) => {
    const { searchAudit } = await import("../../store/queries/audit-reading.ts");
    const { records, isMore } = await first(limit, searchAudit(store, wanted, "newest_first"));
    if (records.length === 0 && !flags.json) return print("No entries found.");
    printer(records, flags);
    if (isMore) printError(`There are more. Show them with --limit, or all with: ${toRun("audit export")}`);
  });
}

async function exportAll(flags: SearchFlags): Promise<void> {
  await withAudit(flags, async (store, wanted) => {
    const { searchAudit } = await import("../../store/queries/audit-reading.ts");
    for await (const record of searchAudit(store, wanted, "oldest_first")) {
      // As fast as they are read at the other end: there may be a hundred million.
      if (!process.stdout.write(`${jsonLine(record)}\n`)) await once(process.stdout, "drain");
    }
  });
}

/** The audit log of the database, and what the flags want of it. */
function withAudit(
  flags: SearchFlags,
  use: (store: Store, wanted: AuditSearch) => Promise<void>,
): Promise<void> {
  const { person, client, grant, username, event: events, outcome } = flags;
  const now = Date.now();
  const since = flags.since === undefined ? undefined : readTime("--since", flags.since, now);
  const until = flags.until === undefined ? undefined : readTime("--until", flags.until, now);
  refuseEmptySpan(since, until);
  return withStore(flags, async (store, settings) => {
    const wanted = { person, client, grant, events, outcome, since, until };
    if (username === undefined) return use(store, wanted);
    const [{ openKeyring }, { isUsernameMark }] = await Promise.all([
      import("../../platform/secrets/master-secret.ts"),
      import("../../platform/secrets/username-mark.ts"),
    ]);
    const keyring = openKeyring(settings);
    await use(store, {
      ...wanted,
      where: ({ fields }) => isUsernameMark(fields.usernameMark, username, keyring),
    });
  });
}

/** Two ages that were exchanged would otherwise be answered "nothing there". */
function refuseEmptySpan(since: number | undefined, until: number | undefined): void {
  if (since === undefined || until === undefined || since < until) return;
  throw new ConfigurationError(
    `--since (${exactTime(since)}) is not before --until (${exactTime(until)}), so no entry is between them. ` +
      "Swap them, or leave one out.",
  );
}

/** So many of them at the most, and whether there are more. */
async function first(
  limit: number,
  found: AsyncIterable<AuditRecord>,
): Promise<{ readonly records: AuditRecord[]; readonly isMore: boolean }> {
  const records: AuditRecord[] = [];
  for await (const record of found) {
    if (records.length === limit) return { records, isMore: true };
    records.push(record);
  }
  return { records, isMore: false };
}

const POLL_MS = 1000;

/** Does something again and again, also while the database is away, until Ctrl+C or SIGTERM. */
async function untilInterrupted(act: () => Promise<void>): Promise<void> {
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  let isAway = false;
  while (!interrupted.signal.aborted) {
    try {
      await act();
      isAway = false;
    } catch (error) {
      if (!(error instanceof OAuthError) || error.code !== "temporarily_unavailable") throw error;
      if (!isAway) printError("gatehouse: the database does not answer; trying again.");
      isAway = true;
    }
    await setTimeout(POLL_MS, undefined, { signal: interrupted.signal }).catch(() => {});
  }
}

/** Prints entries, and gives what prints further ones below them. */
function printer(
  records: readonly AuditRecord[],
  { json }: { readonly json?: true },
): (record: AuditRecord) => void {
  if (json) {
    const show = (record: AuditRecord) => print(jsonLine(record));
    records.forEach(show);
    return show;
  }
  const widths = printTable(HEADINGS, records.map(cells));
  return (record) => printRow(cells(record), widths);
}

const HEADINGS = ["TIME", "EVENT", "WHO", "CLIENT", "GRANT", "FROM", "REASON"];

function cells({ at, event, fields }: AuditRecord): readonly string[] {
  const { operator, person, client, grant, address, reason } = fields;
  const who = operator === undefined ? person : `operator:${operator}`;
  return [exactTime(at), event, ...[who, client, grant, address, reason].map((cell) => cell ?? "-")];
}

/** With the words that the log has. */
function jsonLine({ id, at, event, outcome, fields }: AuditRecord): string {
  return visibleJson(JSON.stringify({ id, time: new Date(at).toISOString(), event, outcome, ...fields }));
}
