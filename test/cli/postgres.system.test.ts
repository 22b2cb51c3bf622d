import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHECKOUT } from "../support/checkout.ts";
import { SECRET } from "../support/forge.ts";
import { TEST_PASSWORD } from "../support/postgres/databases.ts";
import { startPostgres, type TestPostgres } from "../support/postgres/postgres.ts";
import {
  gatehouse,
  gatehouseProcess,
  start,
  startDemo,
  temporaryFolder,
} from "../support/processes/command.ts";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const settings = async () => ({ DATABASE_URL: await postgres.freshDatabase(), GATEHOUSE_SECRET: SECRET });

describe("the command on Postgres", () => {
  it("serves from it, and says where the data is without the password", async () => {
    const demo = await startDemo([], { env: await settings() });
    expect(demo.stdout()).toContain(`postgres://postgres@127.0.0.1:${postgres.port}/test_`);
    const answer = await fetch(`${demo.origin}/.well-known/oauth-authorization-server`);
    expect(await answer.json()).toMatchObject({ issuer: demo.origin });
    const { exitCode, stdout, stderr } = await demo.stop();
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    for (const password of [TEST_PASSWORD, encodeURIComponent(TEST_PASSWORD)]) {
      expect(stdout).not.toContain(password);
    }
  });

  it("works on it beside a server, by variable or by flag", async () => {
    const env = await settings();
    const add = ["client", "add", "--name", "Mine", "--redirect-uri", "https://mine.example/callback"];
    expect(await gatehouse(add, { env })).toMatchObject({ exitCode: 0 });
    const listed = await gatehouse(["client", "list", "--json", "--database", env.DATABASE_URL]);
    expect(JSON.parse(listed.stdout)).toMatchObject([{ name: "Mine" }]);
  });

  it("makes no key file, and asks for the secret that all instances share", async () => {
    const { DATABASE_URL } = await settings();
    const { exitCode, stderr } = await gatehouseProcess(["demo", "--port", "0"], { env: { DATABASE_URL } });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/The secret is missing: .*Set GATEHOUSE_SECRET, the same on every instance/);
  });

  it("a wrong password is refused in one line that does not repeat it", async () => {
    const url = new URL(await postgres.freshDatabase());
    url.password = "not-this-one";
    const { exitCode, stdout, stderr } = await gatehouse(["grant", "list"], {
      env: { DATABASE_URL: url.href },
    });
    expect(exitCode).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(
      /^gatehouse: The database postgres:\/\/postgres@\S+ refuses this user or password\..*\n$/,
    );
    expect(stderr).not.toContain("not-this-one");
  });

  it("a missing password ends the command at once, though Postgres would wait a minute for one", {
    timeout: 30_000,
  }, async () => {
    const url = new URL(await postgres.freshDatabase());
    url.password = "";
    const { exitCode, stderr } = await gatehouse(["grant", "list"], { env: { DATABASE_URL: url.href } });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^gatehouse: The database \S+ needs a password\. .*PGPASSWORD\.\n$/);
  });

  it("a URL that was meant for it and is misspelt is not passed over for a file", async () => {
    const { exitCode, stderr } = await gatehouseProcess(["demo", "--port", "0"], {
      env: { DATABASE_URL: "postgre://me:pass-word@db.example/x" },
    });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^gatehouse: DATABASE_URL is "postgre:\/\/…@db\.example\/x"; it must be "postgres:/,
    );
  });

  it("says what to install where the package is missing", async () => {
    const cwd = await temporaryFolder();
    const parameters = ["--import", WITHOUT_PG, join(CHECKOUT, "src/cli/main.ts"), "grant", "list"];
    const { ended } = start(process.execPath, parameters, { cwd, env: await settings() });
    const { exitCode, stderr } = await ended;
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      "gatehouse: The database is Postgres, and the package pg is not installed. Install it: npm install pg\n",
    );
  });
});

/** As on a machine on which nobody installed it. */
const WITHOUT_PG = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from "node:module";
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier !== "pg") return next(specifier, context);
      throw Object.assign(new Error("Cannot find package 'pg'"), { code: "ERR_MODULE_NOT_FOUND" });
    },
  });
`)}`;
