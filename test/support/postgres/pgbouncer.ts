import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import pg from "pg";
import { freePort } from "../listening.ts";
import { installed } from "../processes/installed.ts";
import { TEST_PASSWORD, type TestDatabases } from "./databases.ts";

export const PGBOUNCER = installed("pgbouncer");

/** PgBouncer in transaction mode before a Postgres: each transaction may get another connection. */
export type TestPgBouncer = {
  /** The same database, through it. */
  through(url: string): string;
  stop(): Promise<void>;
};

/** @param settings lines of its own for the section `[pgbouncer]` */
export async function startPgBouncer(
  postgres: TestDatabases,
  settings: readonly string[] = [],
): Promise<TestPgBouncer> {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-pgbouncer-"));
  const port = await freePort();
  const file = join(folder, "pgbouncer.ini");
  writeFileSync(file, configuration(postgres, port, settings));
  // It does not run as root, and reads the file as whoever it runs as.
  chmodSync(folder, 0o755);
  const user = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  const child = spawn(PGBOUNCER ?? "", [...user, file], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const gone = once(child, "close");
  const through = (url: string) => {
    const there = new URL(url);
    there.port = String(port);
    return there.href;
  };
  while (!(await answers(through(postgres.url())))) {
    if (child.exitCode !== null) throw new Error(`PgBouncer ended with ${child.exitCode}: ${said}`);
    await setTimeout(20);
  }
  return {
    through,
    async stop() {
      // It has nothing to save, and would wait for its clients.
      child.kill("SIGKILL");
      await gone;
      rmSync(folder, { recursive: true });
    },
  };
}

/** Three connections for everybody, so that they change hands. */
function configuration({ port: there }: TestDatabases, port: number, settings: readonly string[]): string {
  return `[databases]
* = host=127.0.0.1 port=${there} user=postgres password='${TEST_PASSWORD}'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
server_idle_timeout = 2
max_client_conn = 1000
${settings.join("\n")}
`;
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client(url);
  try {
    await client.connect();
    await client.query("SELECT 1");
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
