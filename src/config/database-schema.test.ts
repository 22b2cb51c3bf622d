import { describe, expect, it } from "vitest";
import { parseOptions } from "./options.ts";

const parse = (database: string) => parseOptions("my-app", { database });

describe("the parameters of a Postgres URL", () => {
  it.each([
    "postgres://me:pw@db/x",
    "postgres://me:pw@db/x?sslmode=verify-full&sslrootcert=/etc/ca.pem&pgbouncer=true",
    "postgres://me:pw@db/x?sslmode=no-verify",
    "postgres://me:pw@db/x?channel_binding=require&connect_timeout=5&application_name=ssl",
    "postgres:///x?host=/run/postgresql",
  ])("%s is taken as it is", (database) => {
    expect(parse(database).database).toBe(database);
  });

  it.each([
    ["sslmod=verify-full", "one with sslmode instead of sslmod"],
    ["ssl_mode=verify-full", "one with sslmode instead of ssl_mode"],
    ["SSLMODE=verify-full", "one with sslmode instead of SSLMODE"],
    ["sslmode=verify-full&sslrootcerts=/ca.pem", "one with sslrootcert instead of sslrootcerts"],
    ["SSL=true", "one with ssl instead of SSL"],
    ["sslnegotation=direct", "one with sslnegotiation instead of sslnegotation"],
    ["sslmode=verify-full&sslmode=disable", "one with sslmode once"],
    ["pgbouncr=true", "one with pgbouncer instead of pgbouncr"],
    [
      "sslmode=verify_full",
      "one whose sslmode is one of disable, no-verify, prefer, require, verify-ca, verify-full",
    ],
    ["sslmode=", "one whose sslmode is one of disable, no-verify, prefer, require, verify-ca, verify-full"],
  ])("%s is refused", (query, must) => {
    expect(() => parse(`postgres://me:hush@db/x?${query}`)).toThrow(
      `database is "postgres://…@db/x?${query}"; it must be ${must}.`,
    );
  });
});

describe("a file", () => {
  it.each([
    ["file:./gatehouse.db", "./gatehouse.db"],
    ["file:///var/lib/gatehouse.db?mode=rwc", "/var/lib/gatehouse.db"],
    ["sqlite:///data/a.db", "/data/a.db"],
    ["SQLite:a.db", "a.db"],
  ])("%s is written as a path", (database, path) => {
    expect(() => parse(database)).toThrow(`it must be the path of the file alone: "${path}"`);
  });
});
