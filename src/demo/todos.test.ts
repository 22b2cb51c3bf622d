import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ConfigurationError } from "../core/errors.ts";
import { openTodos, todosFileOf } from "./todos.ts";

const NOW = Date.UTC(2026, 10, 1);

const folder = mkdtempSync(join(tmpdir(), "gatehouse-todos-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("the to-do lists", () => {
  it("are kept for each owner, oldest first", () => {
    const todos = openTodos(":memory:");
    const milk = todos.create("ada", "Milk", NOW);
    const tea = todos.create("ada", "Tea", NOW);
    todos.create("eve", "Poison", NOW);
    expect(milk).toEqual({ id: expect.stringMatching(/./), title: "Milk", createdAt: NOW });
    expect(todos.list("ada")).toEqual([milk, tea]);
    expect(todos.list("nobody")).toEqual([]);
    todos.close();
  });

  it("do not let one owner delete an entry of another", () => {
    const todos = openTodos(":memory:");
    const milk = todos.create("ada", "Milk", NOW);
    expect(todos.delete("eve", milk.id)).toBe(false);
    expect(todos.list("ada")).toEqual([milk]);
    expect(todos.delete("ada", milk.id)).toBe(true);
    expect(todos.delete("ada", milk.id)).toBe(false);
    expect(todos.list("ada")).toEqual([]);
    todos.close();
  });

  it("are in a file that only its owner reads, and are there when it is opened again", () => {
    const file = join(folder, "kept.db");
    const before = openTodos(file);
    const milk = before.create("ada", "Milk", NOW);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    before.close();
    const after = openTodos(file);
    expect(after.list("ada")).toEqual([milk]);
    after.close();
  });

  it("name the file where it cannot be opened", () => {
    const directory = join(folder, "directory.db");
    mkdirSync(directory);
    expect(() => openTodos(directory)).toThrow(ConfigurationError);
    expect(() => openTodos(directory)).toThrow(/^The to-do lists cannot be kept in .*directory\.db \(EISDIR/);
  });

  it.each([
    ["./gatehouse.db", "gatehouse-todos.db"],
    ["/var/lib/gatehouse/my.sqlite", "/var/lib/gatehouse/my-todos.sqlite"],
    ["data", "data-todos"],
    [":memory:", ":memory:"],
    ["postgres://gatehouse@db.internal/gatehouse", ":memory:"],
  ])("of a demonstration on %s are in %s", (database, file) => {
    expect(todosFileOf(database)).toBe(file);
  });
});
