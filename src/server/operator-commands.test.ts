import { describe, expect, it } from "vitest";
import { howToRunCommands } from "./operator-commands.ts";

const said = (database: string, commandsFindDatabase = false, issuer = "http://localhost:3000") =>
  howToRunCommands({ database, commandsFindDatabase, issuer })?.("person invite");

describe("a command that the server prints", () => {
  it.each([
    ["./big.db", " --database ./big.db"],
    ["/srv/it's here.db", " --database '/srv/it'\\''s here.db'"],
    ["postgres://ada@db.example/app", " --database postgres://ada@db.example/app"],
  ])("names the database %s", (database, flag) => {
    expect(said(database)).toBe(`run: npx gatehouse person invite${flag}`);
  });

  it.each([
    "postgres://ada:secret1@db.example/app",
    "postgresql://db.example/app?user=ada&password=secret1",
    "postgres://ada:secret1/x@db.example/app",
  ])("never names a password: %s", (database) => {
    expect(said(database)).toBe(
      "set GATEHOUSE_DATABASE to the database URL of this server, and run: npx gatehouse person invite",
    );
  });

  it("names no database that commands find by themselves", () => {
    expect(said("postgres://ada:secret1@db.example/app", true)).toBe("run: npx gatehouse person invite");
  });

  it("names the URL, with what a URL without TLS needs", () => {
    expect(said("./gatehouse.db", true, "https://mcp.example")).toBe(
      "run: npx gatehouse person invite --public-url https://mcp.example",
    );
    expect(said("./gatehouse.db", true, "http://mcp.corp")).toBe(
      "run: npx gatehouse person invite --public-url http://mcp.corp --allow-insecure-public-url",
    );
    expect(said("./gatehouse.db", true, "http://localhost:3100")).toBe(
      "run: npx gatehouse person invite --public-url http://localhost:3100",
    );
  });

  it("is none for a database in memory", () => {
    expect(said(":memory:")).toBeUndefined();
  });
});
