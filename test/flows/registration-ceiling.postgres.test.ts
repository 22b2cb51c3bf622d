import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { postJson, REDIRECT_URI } from "../support/client.ts";
import { type Instances, startInstances } from "../support/instances.ts";
import {
  sharedPostgres as startPostgres,
  type SharedPostgres as TestPostgres,
} from "../support/postgres/shared.ts";
import type { TestServer, TestServerParts } from "../support/server.ts";

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
  return startWith({ newRegistrationsPerMinute: CEILING });
};
const startWith = async (parts: TestServerParts) => {
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

describe("what one network may have is counted together", () => {
  it("half of the ceiling and a tenth of the rest, wherever it asks; the others come through", async () => {
    const { a, b } = await startWith({ newRegistrationsPerMinute: 40 });
    const from = (address: string, name: string, number: number) =>
      (number % 2 ? a : b).fetch(
        new Request("https://mcp.example/oauth/register", {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({
            client_name: name,
            redirect_uris: [REDIRECT_URI],
            token_endpoint_auth_method: "none",
          }),
        }),
        { address },
      );
    const flood = await Promise.all(
      Array.from({ length: 60 }, (_, number) => from("203.0.113.7", `Flood ${number}`, number)),
    );
    expect(flood.filter(({ status }) => status === 201)).toHaveLength(20 + 2);
    for (const refused of flood.filter(({ status }) => status !== 201)) {
      expect(refused.status).toBe(429);
      expect(refused.headers.get("retry-after")).toBe("60");
      expect(await refused.json()).toMatchObject({ error: "slow_down" });
    }
    for (let number = 0; number < 18; number += 1) {
      expect((await from(`198.51.100.${number}`, `Other ${number}`, number)).status).toBe(201);
    }
    expect((await from("198.51.100.99", "Too many", 0)).status).toBe(429);
  });
});

describe("clients that nobody has approved have room for so many, on all instances together", () => {
  it("the oldest go first, none younger than an hour", async () => {
    const { a, b, balanced } = await startWith({ unapprovedClients: 6 });
    for (let number = 0; number < 6; number += 1) {
      expect((await registering(balanced, `Client ${number}`)).status).toBe(201);
    }
    for (const server of [a, b]) {
      server.advance(60);
      expect((await registering(server, "One more")).status).toBe(429);
    }
    for (const server of [a, b]) server.advance(3600);
    for (let number = 6; number < 9; number += 1) {
      expect((await registering(balanced, `Client ${number}`)).status).toBe(201);
    }
    const left = (await a.store.listClients()).map(({ name }) => name);
    expect(left).toHaveLength(6);
    expect(left).toEqual(expect.arrayContaining(["Client 6", "Client 7", "Client 8"]));
  });
});
