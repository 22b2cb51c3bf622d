import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { signedIn } from "../support/people.ts";
import { gatehouse, temporaryFolder } from "../support/processes/command.ts";
import { sampleEntry } from "../support/store/samples.ts";
import { openTestStore, type TestStore } from "../support/store/test-store.ts";

let cwd: string;

async function inStore<Result>(run: (store: TestStore) => Promise<Result>): Promise<Result> {
  const store = await openTestStore({ database: join(cwd, "gatehouse.db") });
  try {
    return await run(store);
  } finally {
    await store.close();
  }
}

/** Ada has an authenticator app, and Grace has none. */
beforeEach(async () => {
  cwd = await temporaryFolder();
  await inStore(async (store) => {
    const now = Date.now();
    const identityOf = (subject: string) => ({ method: "users", issuer: "", subject });
    const session = "a".repeat(43);
    await signedIn(store, { person: { id: "ada" }, identity: identityOf("ada"), session, now: now - 2000 });
    await signedIn(store, { person: { id: "grace" }, identity: identityOf("grace"), now: now - 1000 });
    const common = { personId: "ada", createdAt: now, usedAt: null };
    const credentials = [
      { ...common, kind: "totp", id: "", secret: "sealed", counter: 1 },
      { ...common, kind: "recovery_code", id: "hash", secret: "hash", counter: null },
    ] as const;
    const entry = sampleEntry("credential.added", { fields: { person: "ada", kind: "totp" } });
    await store.addCredentials({ personId: "ada", credentials, session, now }, entry);
  });
});

const reset = (...parameters: readonly string[]) =>
  gatehouse(["person", "reset-factor", ...parameters], { cwd });
const kindsOf = (id: string) =>
  inStore(async (store) => (await store.listCredentials(id)).map(({ kind }) => kind));

it("asks first, and changes nothing without an answer", async () => {
  const { exitCode, stderr } = await reset("ada");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("make sure that it is really they who ask");
  expect((await kindsOf("ada")).sort()).toEqual(["recovery_code", "totp"]);
});

it("removes the app and the recovery codes, and leaves an entry", async () => {
  const { exitCode, stdout } = await reset("ada", "--yes");
  expect({ exitCode, stdout }).toEqual({
    exitCode: 0,
    stdout: "Removed the authenticator app and recovery codes of ada.\n",
  });
  expect(await kindsOf("ada")).toEqual([]);
  const [entry] = await inStore((store) => store.readAudit({ order: "newest_first", limit: 1 }));
  expect(entry).toMatchObject({ event: "credential.removed", fields: { person: "ada", kind: "totp" } });
});

it("says where there is none", async () => {
  const { exitCode, stderr } = await reset("grace", "--yes");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("grace has no authenticator app. Nothing was changed.");
});
