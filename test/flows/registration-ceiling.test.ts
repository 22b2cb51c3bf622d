import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { postJson, REDIRECT_URI } from "../support/client.ts";
import { type Instances, startInstances } from "../support/instances.ts";
import { startPostgres, type TestPostgres } from "../support/postgres.ts";
import type { TestServer } from "../support/server.ts";

// One ceiling for all instances together: what a balancer spreads over them is not let through once for each.

const CEILING = 6;

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

let instances: Instances;
afterEach(() => instances.close());
const start = async () => {
  const parts = { newRegistrationsPerMinute: CEILING };
  instances = await startInstances(await postgres.freshDatabase(), {}, parts);
  return instances;
};

const registering = (server: Pick<TestServer, "fetch">, name: string) =>
  postJson(server, "/oauth/register", {
    client_name: name,
    redirect_uris: [REDIRECT_URI],
    token_endpoint_auth_method: "none",
  });

describe("new registrations are counted together", () => {
  it("beyond the ceiling both refuse them, and known ones still pass, wherever they were known first", async () => {
    const { a, b, balanced } = await start();
    for (let number = 0; number < CEILING; number += 1) {
      expect((await registering(balanced, `Client ${number}`)).status).toBe(201);
    }
    for (const server of [a, b]) server.advance(20);
    for (const server of [a, b]) {
      const refused = await registering(server, "One more");
      expect(refused.status).toBe(429);
      expect(refused.headers.get("retry-after")).toBe("40");
      for (let number = 0; number < CEILING; number += 1) {
        expect((await registering(server, `Client ${number}`)).status).toBe(201);
      }
    }
    for (const server of [a, b]) server.advance(40);
    // Now it is new here, and known there.
    for (const server of [a, b]) expect((await registering(server, "One more")).status).toBe(201);
    for (let number = 1; number < CEILING; number += 1) {
      expect((await registering(balanced, `Another ${number}`)).status).toBe(201);
    }
    expect((await registering(balanced, "Too many")).status).toBe(429);
  });

  it("as many as the ceiling pass of those that come at once, and of the same ones at once none counts twice", async () => {
    const { a, b } = await start();
    const onBoth = (name: string) => [a, b].map((server) => registering(server, name));
    const same = await Promise.all(Array.from({ length: 3 }, () => onBoth("The same")).flat());
    expect(new Set(same.map(({ status }) => status))).toEqual(new Set([201]));
    const names = Array.from({ length: 4 * CEILING }, (_, number) => `Client ${number}`);
    const answers = await Promise.all(names.map((name, number) => registering(number % 2 ? a : b, name)));
    const passed = answers.filter(({ status }) => status === 201);
    expect(passed).toHaveLength(CEILING - 1);
    for (const refused of answers.filter((answer) => !passed.includes(answer))) {
      expect(refused.status).toBe(429);
      expect(refused.headers.get("retry-after")).toBe("60");
    }
    expect(await a.store.listClients()).toHaveLength(CEILING);
  });
});
