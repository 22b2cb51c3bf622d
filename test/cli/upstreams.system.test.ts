import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { keyUpstream } from "../../src/authorization-server/upstreams/index.ts";
import {
  openCredential,
  sealCredential,
} from "../../src/authorization-server/upstreams/sealed-credential.ts";
import { createKeyring } from "../../src/platform/secrets/keyring.ts";
import { signedIn } from "../support/people.ts";
import { gatehouse, temporaryFolder } from "../support/processes/command.ts";
import { sampleEntry, sampleKey } from "../support/store/samples.ts";
import { openTestStore, type TestStore } from "../support/store/test-store.ts";
import { sampleUpstream } from "../support/store/upstream-contract.ts";

const OLD = "the-old-secret-of-at-least-32-characters";
const NEW = "the-new-secret-of-at-least-32-characters";
const KEY = "the-key-of-ada-0123456789";
const JIRA = { name: "jira", upstream: keyUpstream({ label: "Jira" }) };

let cwd: string;

async function inStore<Result>(run: (store: TestStore) => Promise<Result>): Promise<Result> {
  const store = await openTestStore({ database: join(cwd, "gatehouse.db") });
  try {
    return await run(store);
  } finally {
    await store.close();
  }
}

/** Ada has a key for Jira, and tokens of GitHub that it does not take any more; Grace has nothing. */
beforeEach(async () => {
  cwd = await temporaryFolder();
  await inStore(async (store) => {
    const now = Date.now();
    for (const id of ["ada", "grace"]) {
      await signedIn(store, { person: { id }, identity: { method: "users", issuer: "", subject: id }, now });
    }
    const sealed = await sealCredential(JIRA, { key: KEY }, createKeyring([OLD]));
    const keyOfAda = {
      upstream: "jira",
      kind: "key",
      sealed,
      scopes: [],
      account: "",
      expiresAt: null,
      now,
    } as const;
    const entry = sampleEntry("upstream.connected");
    await store.saveUpstreamCredential(sampleUpstream(keyOfAda), entry);
    await store.saveUpstreamCredential(sampleUpstream({ version: "1", now }), entry);
    await store.endUpstreamCredential({ personId: "ada", upstream: "github", version: "1", now });
    const publicKey = createKeyring([OLD]);
    const sealedPrivateJwk = await publicKey.seal("signing-key", "{}");
    await store.addFirstSigningKey(sampleKey("a", { sealedPrivateJwk }));
  });
});

const run = (parameters: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  gatehouse(parameters, { cwd, env });
const rows = () => inStore((store) => store.listUpstreamCredentials("ada"));
const keyUnder = (secret: string) =>
  inStore(async (store) => {
    const { sealed = "" } = (await store.findUpstreamCredential("ada", "jira")) ?? {};
    return openCredential(JIRA, sealed, createKeyring([secret]));
  });

describe("person show", () => {
  it("lists what a person has elsewhere, without what it is", async () => {
    const { stdout } = await run(["person", "show", "ada"]);
    expect(stdout).toMatch(/Other services\s+SERVICE +WHAT +ACCOUNT/);
    expect(stdout).toMatch(
      /github +token +ada-at-github +repo read:org .*ended .*: they have to connect again/,
    );
    expect(stdout).toMatch(/jira +key +- +- .*connected/);
    const { stdout: json } = await run(["person", "show", "ada", "--json"]);
    expect(JSON.parse(json).upstreams).toMatchObject([
      { upstream: "github", kind: "token", deadAt: expect.any(Number) },
      { upstream: "jira", kind: "key", deadAt: null },
    ]);
    for (const text of [stdout, json]) expect(text).not.toMatch(/sealed|version|eyJ|the-key-of-ada/);
    expect((await run(["person", "show", "grace"])).stdout).toContain("Other services: none");
  });
});

describe("person disconnect", () => {
  it("asks first, and changes nothing without an answer", async () => {
    const { exitCode, stderr } = await run(["person", "disconnect", "ada", "jira"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("Delete the key of ada for jira? Grants and sessions continue.");
    expect(await rows()).toHaveLength(2);
  });

  it("ends one, with an entry, and leaves the other", async () => {
    const { exitCode, stdout } = await run(["person", "disconnect", "ada", "jira", "--yes"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Disconnected ada from jira.");
    expect((await rows()).map(({ upstream }) => upstream)).toEqual(["github"]);
    const [entry] = await inStore((store) => store.readAudit({ order: "newest_first", limit: 1 }));
    expect(entry).toMatchObject({
      event: "upstream.disconnected",
      fields: { person: "ada", upstream: "jira", operator: expect.any(String) },
    });
  });

  it("says what there is instead", async () => {
    for (const [person, service, sentence] of [
      [
        "ada",
        "gitlab",
        "ada has nothing at gitlab. They have something at github, jira. Nothing was changed.",
      ],
      [
        "grace",
        "jira",
        "grace has nothing at jira. They have nothing at any other service. Nothing was changed.",
      ],
    ] as const) {
      const { exitCode, stderr } = await run(["person", "disconnect", person, service, "--yes"]);
      expect(exitCode).toBe(1);
      expect(stderr).toContain(sentence);
    }
  });
});

describe("secret rotate", () => {
  it("seals what people have elsewhere with the new secret, and shows nothing of it", async () => {
    const { exitCode, stdout, stderr } = await run(["secret", "rotate"], {
      GATEHOUSE_SECRET: `${NEW},${OLD}`,
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain("tokens and keys for other services: 1");
    expect(stdout).not.toContain(KEY);
    expect(await keyUnder(NEW)).toEqual({ key: KEY });
    expect(await keyUnder(OLD)).toBeUndefined();
  });

  it("with a leaked secret ends it, because who has that secret can read it", async () => {
    const { exitCode, stdout } = await run(["secret", "rotate", "--compromised", "--yes"], {
      GATEHOUSE_SECRET: NEW,
    });
    expect(exitCode).toBe(0);
    expect(stdout).toContain("What people had at other services has ended here (1): they connect again.");
    expect((await rows()).every(({ deadAt }) => deadAt !== null)).toBe(true);
    expect(readFileSync(join(cwd, "gatehouse.db")).includes(KEY)).toBe(false);
  });
});
