import { Command } from "commander";
import type { Grant } from "../../../core/grant.ts";
import type { Credential } from "../../../store/credential.ts";
import type { IdentityRecord, PersonRecord, SessionRecord } from "../../../store/people-records.ts";
import type { UpstreamCredentialSummary } from "../../../store/upstream-store.ts";
import { type DatabaseFlags, databaseOption, withStore } from "../../database.ts";
import { bold, print, printError, printJson, printPairs, printTable, time } from "../../output.ts";
import { toRun } from "../../same-database.ts";
import { lastSeen } from "../grant.ts";
import { personNamed } from "./named.ts";
import { type Passkey, passkeysIn, shortPasskeyId } from "./passkey-id.ts";
import { shortId } from "./session-id.ts";

type ShowFlags = DatabaseFlags & { readonly json?: true };

type Shown = {
  readonly record: PersonRecord;
  readonly identities: readonly IdentityRecord[];
  readonly sessions: readonly SessionRecord[];
  readonly grants: readonly Grant[];
  readonly factor: Factor;
  readonly upstreams: readonly UpstreamCredentialSummary[];
  readonly passkeys: readonly Passkey[];
};

/** What the person proves themselves with beside a password; no secret. */
type Factor = {
  /** Epoch milliseconds: when the authenticator app was set up. */
  readonly authenticatorAppSince: number | null;
  readonly recoveryCodes: number;
};

const MOST_GRANTS = 100;

export function showCommand(): Command {
  return new Command("show")
    .argument("<person>", "an id, or an address or a username that only one person has")
    .description(
      "Show one person: identities, passkeys, second factor, sessions, live grants and other services.",
    )
    .addOption(databaseOption())
    .option("--json", "print JSON")
    .action(show);
}

async function show(name: string, flags: ShowFlags): Promise<void> {
  const found = await withStore(flags, async (store, _settings, clock): Promise<Shown> => {
    const now = clock();
    const record = await personNamed(name, store, now);
    const { id } = record.person;
    const identities = await store.listIdentities(id);
    const credentials = await store.listCredentials(id);
    return {
      record,
      identities,
      sessions: await store.listSessions(id, now),
      factor: factorIn(credentials),
      passkeys: passkeysIn(identities, credentials),
      grants: await store.listGrants({ personId: id, liveAt: now, limit: MOST_GRANTS + 1 }),
      upstreams: await store.listUpstreamCredentials(id),
    };
  });
  const shown = { ...found, grants: found.grants.slice(0, MOST_GRANTS) };
  if (flags.json) printJson(asJson(shown));
  else printShown(shown);
  if (found.grants.length > MOST_GRANTS) {
    printError(
      `Only ${MOST_GRANTS} grants are shown. See: ${toRun("grant list --person <id> --limit <number>")}`,
    );
  }
}

function factorIn(credentials: readonly Credential[]): Factor {
  return {
    authenticatorAppSince: credentials.find(({ kind }) => kind === "totp")?.createdAt ?? null,
    recoveryCodes: credentials.filter(({ kind }) => kind === "recovery_code").length,
  };
}

function printShown({ record, identities, sessions, grants, factor, passkeys, upstreams }: Shown): void {
  const { person, emails, groups, createdAt, signedInAt, signedOutAt, disabledAt } = record;
  printPairs([
    ["person", person.id],
    ["name", person.name ?? "-"],
    ["email", person.email ?? "-"],
    ["verified addresses", emails.join(", ") || "-"],
    ["groups", groups.join(", ") || "-"],
    ["since", time(createdAt)],
    ["last sign-in", at(signedInAt)],
    ["authenticator app", appInWords(factor)],
    ...(signedOutAt === null ? [] : [["signed out", time(signedOutAt)] as const]),
    ...(disabledAt === null ? [] : [["disabled", `since ${time(disabledAt)}`] as const]),
  ]);
  section("Identities", ["METHOD", "ISSUER", "LABEL", "LAST USED"], identities, (identity) => [
    identity.method,
    identity.issuer || "-",
    identity.label,
    at(identity.usedAt),
  ]);
  if (passkeys.length > 0) {
    section("Passkeys", ["PASSKEY", "NAME", "HOST", "SINCE", "LAST USED"], passkeys, (passkey) => [
      shortPasskeyId(passkey),
      passkey.name,
      passkey.host,
      time(passkey.createdAt),
      at(passkey.usedAt),
    ]);
  }
  section(
    "Sessions",
    ["SESSION", "METHOD", "FROM", "BROWSER", "SINCE", "LAST USED", "ENDS"],
    sessions,
    (session) => [
      shortId(session),
      session.method,
      session.address ?? "-",
      session.userAgent?.slice(0, LONGEST_AGENT) ?? "-",
      time(session.createdAt),
      time(session.usedAt),
      time(session.expiresAt),
    ],
  );
  section("Live grants", ["GRANT", "CLIENT", "SCOPES", "APPROVED", "LAST SEEN"], grants, (grant) => [
    grant.id,
    grant.clientName ?? grant.clientId,
    grant.scopes.join(" "),
    time(grant.createdAt),
    lastSeen(grant),
  ]);
  section(
    "Other services",
    ["SERVICE", "WHAT", "ACCOUNT", "SCOPES", "SINCE", "LAST USED", "STATE"],
    upstreams,
    (one) => [
      one.upstream,
      one.kind,
      one.account || "-",
      one.scopes.join(" ") || "-",
      time(one.createdAt),
      at(one.usedAt),
      one.deadAt === null ? "connected" : `ended ${time(one.deadAt)}: they have to connect again`,
    ],
  );
}

function appInWords({ authenticatorAppSince: since, recoveryCodes: left }: Factor): string {
  return since === null ? "-" : `since ${time(since)}, ${left} recovery code${left === 1 ? "" : "s"} left`;
}

/** Enough to recognise a browser by. */
const LONGEST_AGENT = 60;

function at(epochMs: number | null): string {
  return epochMs === null ? "-" : time(epochMs);
}

function section<Row>(
  title: string,
  headings: readonly string[],
  rows: readonly Row[],
  cells: (row: Row) => readonly string[],
): void {
  print(`\n${bold(title)}${rows.length === 0 ? ": none" : ""}`);
  if (rows.length > 0) printTable(headings, rows.map(cells));
}

/** Everything but the hashes of cookies, and what the provider calls a session: no program needs them. */
function asJson({ record, identities, sessions, grants, factor, passkeys, upstreams }: Shown): object {
  return {
    ...record,
    ...factor,
    passkeys,
    identities: identities.map(({ personId: _person, ...identity }) => identity),
    sessions: sessions.map(({ hash, personId: _person, upstream: _upstream, ...session }) => ({
      id: shortId({ hash }),
      ...session,
    })),
    grants,
    upstreams: upstreams.map(({ personId: _person, ...upstream }) => upstream),
  };
}
