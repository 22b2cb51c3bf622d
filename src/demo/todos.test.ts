import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it, onTestFinished } from "vitest";
import { ConfigurationError } from "../core/errors.ts";
import { openTodos } from "./todos.ts";

it("a file whose table is another program's is refused in a sentence, and closed", () => {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-todos-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "demo-todos.db");
  const others = new DatabaseSync(file);
  others.exec("CREATE TABLE todos (number INTEGER, id TEXT, owner TEXT, title TEXT)");
  others.close();
  expect(() => openTodos(file)).toThrow(ConfigurationError);
  expect(() => openTodos(file)).toThrow(`The to-do lists cannot be kept in ${file}`);
  const open = readdirSync("/proc/self/fd").filter((fd) => linkOf(fd)?.startsWith(folder));
  expect(open).toEqual([]);
});

function linkOf(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
}
