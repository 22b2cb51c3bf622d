import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { callTool, connect, refresh } from "../support/client.ts";
import { SECRET } from "../support/forge.ts";
import { type Instances, startInstances } from "../support/instances.ts";
import { AUDIENCE, type Issuer, startIssuer } from "../support/issuer.ts";
import { textOf } from "../support/mcp-endpoint.ts";
import { signedIn } from "../support/people.ts";
import { startPostgres, type TestPostgres } from "../support/postgres/postgres.ts";
import { heardOf, startServer, type TestServer } from "../support/server.ts";
import { sampleEntry } from "../support/store/samples.ts";
import { openTestStore, type TestStore } from "../support/store/test-store.ts";

// What the operator does with people, beside two instances of one server that accept a provider's tokens too.

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

let issuer: Issuer;
let database: string;
beforeEach(async () => {
  issuer = await startIssuer(() => Date.UTC(2026, 10, 1));
  database = await postgres.freshDatabase();
});
afterEach(() => issuer.close());

const beside = () => ({
  alsoAccept: { issuer: issuer.url, audience: AUDIENCE, personPrefix: "okta:" },
});
const statusOf = async (server: Pick<TestServer, "fetch">, token: string) =>
  (await callTool(server, token)).status;
const personOf = async (server: Pick<TestServer, "fetch">, token: string) =>
  JSON.parse((await textOf(await callTool(server, token))) ?? "{}").person?.id;
/** Within a second is what is promised; fails only where it never comes. */
const soon = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 20 });

/** Two instances, a command beside them, and Ada, who is known to the provider as 00u1. */
async function start() {
  const instances = await startInstances(database, {}, beside());
  const command = await openTestStore({ database });
  const now = instances.a.now();
  await signedIn(command, {
    person: { id: "ada" },
    identity: { method: "password", issuer: "", subject: "ada" },
    now,
  });
  await command.addIdentity(
    { method: "oidc", issuer: issuer.url, subject: "00u1", personId: "ada", label: "ada", now },
    sampleEntry("identity.linked"),
  );
  return { ...instances, command, both: [instances.a, instances.b] as const };
}

async function stop({ close, command }: Instances & { readonly command: TestStore }): Promise<void> {
  await close();
  await command.close();
}

it("disabled on one: our own tokens and the provider's are refused on both, until the provider's are good again", async () => {
  const rig = await start();
  const { a, both, command, now } = { ...rig, now: rig.a.now() };
  const { access_token, refresh_token, clientId } = await connect(a);
  const [theirs, unknown] = [await issuer.mint({ sub: "00u1" }), await issuer.mint({ sub: "00u2" })];
  for (const server of both) {
    for (const token of [access_token, theirs, unknown]) expect(await statusOf(server, token)).toBe(200);
  }
  await command.disablePerson("ada", now, sampleEntry("person.disabled"));
  await command.disablePerson("okta:00u2", now, sampleEntry("person.disabled"));
  for (const server of both) {
    await soon(async () => {
      expect(await statusOf(server, access_token)).toBe(401);
      expect(await statusOf(server, theirs)).toBe(403);
      expect(await statusOf(server, unknown)).toBe(403);
    });
    expect((await refresh(server, clientId, refresh_token)).status).toBe(400);
  }
  await command.enablePerson("ada", sampleEntry("person.enabled"));
  for (const server of both) await soon(async () => expect(await personOf(server, theirs)).toBe("ada"));
  for (const server of both) expect(await statusOf(server, access_token)).toBe(401);
  await stop(rig);
});

it("signed out: our own tokens end on both", async () => {
  const rig = await start();
  const { access_token } = await connect(rig.a);
  for (const server of rig.both) expect(await statusOf(server, access_token)).toBe(200);
  await rig.command.signOutPerson("ada", rig.a.now(), sampleEntry("person.signed_out"));
  for (const server of rig.both) {
    await soon(async () => expect(await statusOf(server, access_token)).toBe(401));
  }
  await stop(rig);
});

it("linked: the survivor is whom both instances see, in tokens that they had verified", async () => {
  const rig = await start();
  const { command, both, a } = rig;
  await signedIn(command, {
    person: { id: "grace", name: "Grace Hopper" },
    identity: { method: "password", issuer: "", subject: "grace" },
    now: a.now(),
  });
  const { access_token } = await connect(a);
  const theirs = await issuer.mint({ sub: "00u1" });
  for (const server of both) {
    for (const token of [access_token, theirs]) expect(await personOf(server, token)).toBe("ada");
  }
  const people = { survivor: "grace", gone: "ada" };
  await command.linkPeople(people, a.now(), sampleEntry("person.linked"));
  for (const server of both) {
    await soon(async () => {
      for (const token of [access_token, theirs]) expect(await personOf(server, token)).toBe("grace");
    });
  }
  await stop(rig);
});

it("while the database is away a provider's token counts as long as our own do, and is then 503: its person may be disabled", async () => {
  const server = await startServer({ database, secret: SECRET, staleSeconds: 0 }, beside());
  const theirs = await issuer.mint({ sub: "00u1" });
  expect(await statusOf(server, theirs)).toBe(200);
  await heardOf(server);
  await postgres.goDown("immediate");
  const polled = { timeout: 20_000, interval: 20 };
  await expect.poll(() => statusOf(server, theirs), polled).toBe(503);
  const unseen = await callTool(server, await issuer.mint({ sub: "00u1" }));
  expect(unseen.status).toBe(503);
  expect(unseen.headers.get("www-authenticate")).toBeNull();
  await postgres.comeBack();
  await expect.poll(() => statusOf(server, theirs), polled).toBe(200);
  await server.close();
});
