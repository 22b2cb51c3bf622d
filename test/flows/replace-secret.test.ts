import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { sealAnew, tokensOfOlderSecrets } from "../../src/authorization-server/tokens/replace-secret.ts";
import { rotateSigningKey } from "../../src/authorization-server/tokens/signing-keys.ts";
import { createKeyring } from "../../src/platform/secrets/keyring.ts";
import { callTool, connect, refresh, tokensOf } from "../support/client.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { KEY_ROTATED, SECRET_ROTATED } from "../support/store/samples.ts";

// Several instances on one database, which get their secret from the environment: an instance learns a new one when it
// is started with it, and the others are not started at the same moment.

const OLD = "the-old-secret-of-at-least-32-characters";
const NEW = "the-new-secret-of-at-least-32-characters";
const DAY_MS = 24 * 60 * 60 * 1000;

const directory = mkdtempSync(join(tmpdir(), "gatehouse-secret-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let files = 0;

async function twoInstances() {
  const database = join(directory, `${++files}.db`);
  const start = (secret: readonly string[]) => startServer({ database, secret: [...secret] });
  const instances = [await start([OLD]), await start([OLD])];
  return {
    instances,
    async restart(which: 0 | 1, secret: readonly string[]) {
      await instances[which]!.drain();
      await instances[which]!.close();
      instances[which] = await start(secret);
    },
  };
}

/** A client whose every refresh and call goes to another instance than the one before. */
async function wanderer(instances: readonly TestServer[]) {
  const { clientId, ...first } = await connect(instances[0]!);
  let tokens = first as Pick<typeof first, "access_token" | "refresh_token">;
  return async () => {
    for (const there of [...instances, ...instances]) {
      tokens = await tokensOf(refresh(there, clientId, tokens.refresh_token));
      for (const instance of instances)
        expect((await callTool(instance, tokens.access_token)).status).toBe(200);
    }
  };
}

it("known to all before one uses it, it replaces the old one instance after instance, and nobody signs in again", async () => {
  const { instances, restart } = await twoInstances();
  const wander = await wanderer(instances);
  const away = await connect(instances[1]!);
  const secrets = [NEW, OLD];
  for (const list of [[OLD, NEW], secrets]) {
    for (const which of [0, 1] as const) {
      await restart(which, list);
      await wander();
    }
  }
  const { store, now } = instances[0]!;
  const { inUseSince, keys } = await sealAnew(store, { secrets, clock: now }, () => SECRET_ROTATED);
  expect(keys).toBe(1);
  await wander();
  const [key] = await store.listSigningKeys();
  expect(await createKeyring([NEW]).open("signing-key", key?.sealedPrivateJwk ?? "")).toContain('"d"');

  // One client was away all the time: the old one is needed for as long as its refresh token lives.
  instances[0]?.advance(10);
  instances[1]?.advance(10);
  await wander();
  const grant = await store.findGrant(away.refresh_token.split(".")[0] ?? "");
  expect(await tokensOfOlderSecrets(store, { inUseSince, now: now() })).toEqual({
    count: 1,
    lastEndsAt: grant?.refreshExpiresAt,
  });
  await tokensOf(refresh(instances[0]!, away.clientId, away.refresh_token));
  expect(await tokensOfOlderSecrets(store, { inUseSince, now: now() })).toEqual({
    count: 0,
    lastEndsAt: null,
  });
  for (const which of [0, 1] as const) {
    await restart(which, [NEW]);
    await wander();
  }
});

it("an instance that does not know it yet goes on with the keys that it has, and says that it is behind", async () => {
  const { instances } = await twoInstances();
  const wander = await wanderer(instances);
  const [instance] = instances as [TestServer];
  await sealAnew(instance.store, { secrets: [NEW, OLD], clock: instance.now }, () => SECRET_ROTATED);
  const isReady = async () => (await instance.fetch(new Request("https://mcp.example/ready"))).status;
  instance.advance(60);
  expect(await isReady()).toBe(503);
  await wander();
  await sealAnew(instance.store, { secrets: [OLD, NEW], clock: instance.now }, () => SECRET_ROTATED);
  instance.advance(60);
  expect(await isReady()).toBe(200);
});

it("a key that another process adds meanwhile is sealed anew as well", async () => {
  const { instances } = await twoInstances();
  const [{ store, now }] = instances as [TestServer];
  const racing = {
    ...store,
    async listSigningKeys() {
      const keys = await store.listSigningKeys();
      if (keys.length === 1)
        await rotateSigningKey({ store, keyring: createKeyring([OLD]), clock: now }, () => KEY_ROTATED);
      return keys;
    },
  };
  expect(await sealAnew(racing, { secrets: [NEW, OLD], clock: now }, () => SECRET_ROTATED)).toMatchObject({
    keys: 2,
  });
  const onlyNew = createKeyring([NEW]);
  for (const { sealedPrivateJwk } of await store.listSigningKeys())
    expect(await onlyNew.open("signing-key", sealedPrivateJwk)).toBeDefined();
});

it("without a secret that opens every key, nothing is changed", async () => {
  const { instances } = await twoInstances();
  const [{ store, now }] = instances as [TestServer];
  await rotateSigningKey({ store, keyring: createKeyring([OLD]), clock: now }, () => KEY_ROTATED);
  const [first] = await store.listSigningKeys();
  const foreign = await createKeyring([NEW]).seal("signing-key", "{}");
  const { kid, sealedPrivateJwk } = first ?? expect.fail("no key");
  await store.resealSigningKey({ kid, before: sealedPrivateJwk, sealed: foreign }, SECRET_ROTATED);
  const before = await store.listSigningKeys();
  await expect(
    sealAnew(store, { secrets: ["x".repeat(32), OLD], clock: now }, () => SECRET_ROTATED),
  ).rejects.toThrow(/does not open the signing keys/);
  expect(await store.listSigningKeys()).toEqual(before);
});

it("after years, an older secret that is still listed is known to be needless", async () => {
  const { instances } = await twoInstances();
  const [{ store, now, advance }] = instances as [TestServer];
  await connect(instances[0]!);
  const { inUseSince } = await sealAnew(store, { secrets: [NEW, OLD], clock: now }, () => SECRET_ROTATED);
  advance((400 * DAY_MS) / 1000);
  const { inUseSince: still } = await sealAnew(
    store,
    { secrets: [NEW, OLD], clock: now },
    () => SECRET_ROTATED,
  );
  expect(still).toBe(inUseSince);
  expect(await tokensOfOlderSecrets(store, { inUseSince, now: now() })).toMatchObject({ count: 0 });
});
