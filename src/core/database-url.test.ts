import { describe, expect, it } from "vitest";
import { isPostgresUrl, parsePostgresUrl, shownDatabase } from "./database-url.ts";

describe("a database", () => {
  it.each([
    ["postgres://db/app", true],
    ["postgresql://db/app", true],
    ["POSTGRES://db/app", true],
    ["./postgres.db", false],
    [":memory:", false],
    ["postgres:db", false],
  ])("%s is on Postgres: %s", (database, expected) => {
    expect(isPostgresUrl(database)).toBe(expected);
  });

  it.each([
    ["./gatehouse.db", "./gatehouse.db"],
    ["postgres://app:hush@db:5432/app", "postgres://app@db:5432/app"],
    ["postgresql://app:hush@[::1]:5432/app?sslmode=verify-full", "postgres://app@[::1]:5432/app"],
    ["postgres://db/app?user=app&password=hush", "postgres://db/app"],
    ["postgres:///app?host=/run/postgresql", "postgres:///app"],
  ])("%s is shown as %s", (database, expected) => {
    expect(shownDatabase(database)).toBe(expected);
  });

  it.each(["hush/1", "hush?1", "hush#1", "1/hush", "1?hush", "1#hush", "hush@1", "hush:1", "%zz"])(
    "no part of the password %s is shown, though it is not encoded",
    (password) => {
      expect(shownDatabase(`postgres://app:${password}@db/app`)).not.toContain("hush");
      expect(shownDatabase(`postgres://app:${encodeURIComponent(password)}@db/app`)).toBe(
        "postgres://app@db/app",
      );
    },
  );

  it.each(["hush/1", "1/hush", "1?hush", "1#hush"])("the password %s has to be encoded", (password) => {
    expect(parsePostgresUrl(`postgres://app:${password}@db/app`)).toBeUndefined();
    const encoded = parsePostgresUrl(`postgres://app:${encodeURIComponent(password)}@db/app`);
    expect(decodeURIComponent(encoded?.password ?? "")).toBe(password);
  });
});
