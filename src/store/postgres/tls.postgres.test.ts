import { chmodSync, chownSync, copyFileSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CERTIFICATE_FILE, KEY_FILE } from "../../../test/support/https-origin.ts";
import { startPostgres, type TestPostgres } from "../../../test/support/postgres/postgres.ts";
import { START } from "../../../test/support/store/samples.ts";
import { openTestStore } from "../../../test/support/store/test-store.ts";
import type { Store } from "../store.ts";

let postgres: TestPostgres;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-tls-"));
  postgres = await startPostgres();
  const [{ data_directory: directory } = {}] = await postgres.query(postgres.url(), "SHOW data_directory");
  for (const file of [CERTIFICATE_FILE, KEY_FILE]) giveTo(String(directory), file);
  for (const setting of ["ssl_cert_file = 'cert.pem'", "ssl_key_file = 'key.pem'", "ssl = on"])
    await postgres.query(postgres.url(), `ALTER SYSTEM SET ${setting}`);
  await postgres.query(postgres.url(), "SELECT pg_reload_conf()");
});
afterAll(async () => {
  await postgres.stop();
  rmSync(folder, { recursive: true });
});

/** Postgres takes no key that others may read. */
function giveTo(directory: string, file: string): void {
  const target = join(directory, basename(file));
  copyFileSync(file, target);
  chmodSync(target, 0o600);
  const { uid, gid } = statSync(directory);
  chownSync(target, uid, gid);
}

const authority = () => {
  const file = join(folder, "ca.pem");
  copyFileSync(CERTIFICATE_FILE, file);
  return file;
};

async function urlWith(parameters: Readonly<Record<string, string>>): Promise<string> {
  const url = new URL(await postgres.freshDatabase());
  url.hostname = "localhost";
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

/** Of each connection to this database, whether it is encrypted. */
async function encrypted(url: string): Promise<readonly unknown[]> {
  const rows = await postgres.query(
    postgres.url(),
    "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE datname = $1",
    [new URL(url).pathname.slice(1)],
  );
  return rows.map(({ ssl }) => ssl);
}

const manyAtOnce = (store: Store) =>
  Promise.all(Array.from({ length: 40 }, () => store.useAssertion("client", crypto.randomUUID(), START)));

test("every connection is encrypted, and those that are made after the authority's file is gone", async () => {
  const sslrootcert = authority();
  const url = await urlWith({ sslmode: "verify-full", sslrootcert });
  const store = await openTestStore({ database: url, databaseConnections: 4 });
  try {
    rmSync(sslrootcert);
    await manyAtOnce(store);
    const connections = await encrypted(url);
    expect(connections.length).toBeGreaterThan(2);
    expect(new Set(connections)).toEqual(new Set([true]));
  } finally {
    await store.close();
  }
});

test("a certificate whose authority is not named is refused", async () => {
  const opening = openTestStore({ database: await urlWith({ sslmode: "verify-full" }) });
  await expect(opening).rejects.toThrow(/shows a certificate that is not trusted/);
});

test.each(["disable", "no-verify"])("sslmode=%s does what it says", async (sslmode) => {
  const url = await urlWith({ sslmode });
  const store = await openTestStore({ database: url });
  try {
    await manyAtOnce(store);
    expect(new Set(await encrypted(url))).toEqual(new Set([sslmode === "no-verify"]));
  } finally {
    await store.close();
  }
});
