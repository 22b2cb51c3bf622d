import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../../core/errors.ts";
import { changeKeyFile, makeKeyFile, readKeyFile, secretsAt } from "./key-file.ts";

const inFolder = () => join(mkdtempSync(join(tmpdir(), "gatehouse-")), "gatehouse.db.key");
const neighbours = (file: string) => readdirSync(join(file, "..")).sort();
const write = (file: string, text: string) => writeFileSync(file, text, { mode: 0o600 });
const [NEW, OLD] = ["n".repeat(32), "o".repeat(32)];

describe("the key file", () => {
  it("is made for this user only, with 256 random bits, and read back", () => {
    const file = inFolder();
    expect(readKeyFile(file)).toBeUndefined();
    const made = makeKeyFile(file);
    expect(made.map(({ secret }) => Buffer.from(secret, "base64").length)).toEqual([32]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readKeyFile(file)).toEqual(made);
    expect(neighbours(file)).toEqual(["gatehouse.db.key"]);
  });

  it("holds a secret in each line, newest first, and until when a replaced one counts", () => {
    const file = inFolder();
    write(
      file,
      `${NEW}\r\n\n  ${OLD} until 2026-12-24T18:00:00.000Z\na passphrase of several words, until now\n`,
    );
    const kept = readKeyFile(file) ?? [];
    expect(kept).toEqual([
      { secret: NEW, until: null },
      { secret: OLD, until: Date.UTC(2026, 11, 24, 18) },
      { secret: "a passphrase of several words, until now", until: null },
    ]);
    expect(secretsAt(kept, Date.UTC(2026, 11, 24, 17, 59))).toContain(OLD);
    expect(secretsAt(kept, Date.UTC(2026, 11, 24, 18))).not.toContain(OLD);
  });

  it.each([
    ["\n", /is empty/],
    ["c2hvcnQ=\n", /is cut short/],
    [`${NEW}\n${OLD.slice(1)}\n`, /is cut short/],
    [`${NEW}\n${OLD} until 2026-99\n`, /is cut short/],
  ])("is refused where it is damaged: %j", (text, sentence) => {
    const file = inFolder();
    write(file, text);
    expect(() => readKeyFile(file)).toThrow(sentence);
    expect(() => readKeyFile(file)).toThrow(ConfigurationError);
  });

  it("is refused where others can read it, and left as it is", () => {
    const file = inFolder();
    const made = makeKeyFile(file);
    for (const mode of [0o644, 0o640, 0o604, 0o620, 0o601]) {
      chmodSync(file, mode);
      expect(() => readKeyFile(file)).toThrow(`chmod 600 ${file}`);
    }
    chmodSync(file, 0o600);
    expect(readKeyFile(file)).toEqual(made);
  });
});

describe("changing the key file", () => {
  it("replaces it as a whole, for this user only, and leaves nothing beside it", () => {
    const file = inFolder();
    const [first] = makeKeyFile(file);
    const before = statSync(file).ino;
    const changed = [
      { secret: NEW, until: null },
      { secret: first?.secret ?? "", until: Date.UTC(2026, 11, 24) },
    ];
    expect(
      changeKeyFile(file, (secrets) => [changed[0]!, { ...secrets[0]!, until: changed[1]!.until }]),
    ).toEqual(changed);
    expect(readKeyFile(file)).toEqual(changed);
    expect(statSync(file).ino).not.toBe(before);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(neighbours(file)).toEqual(["gatehouse.db.key"]);
  });

  it.runIf(process.getuid?.() === 0)("leaves it to whom it belonged, where root does it", () => {
    const file = inFolder();
    makeKeyFile(file);
    chownSync(file, 1234, 2345);
    changeKeyFile(file, (secrets) => [{ secret: NEW, until: null }, ...secrets]);
    expect(statSync(file)).toMatchObject({ uid: 1234, gid: 2345 });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("is refused while another process is at it: a secret that it puts in front would be lost", () => {
    const file = inFolder();
    const made = makeKeyFile(file);
    write(`${file}.new`, "");
    const change = () => changeKeyFile(file, (secrets) => [{ secret: NEW, until: null }, ...secrets]);
    expect(change).toThrow(/being changed by another process.*delete that file/);
    expect(readKeyFile(file)).toEqual(made);
    expect(neighbours(file)).toEqual(["gatehouse.db.key", "gatehouse.db.key.new"]);
  });

  it("changes nothing where the change is thought better of", () => {
    const file = inFolder();
    const made = makeKeyFile(file);
    const refuse = () => {
      throw new ConfigurationError("no");
    };
    expect(() => changeKeyFile(file, refuse)).toThrow("no");
    expect(readKeyFile(file)).toEqual(made);
    expect(neighbours(file)).toEqual(["gatehouse.db.key"]);
  });

  it("goes through a link, and the link stays one", () => {
    const file = inFolder();
    const made = makeKeyFile(file);
    const link = inFolder();
    symlinkSync(file, link);
    changeKeyFile(link, (secrets) => [{ secret: NEW, until: null }, ...secrets]);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readKeyFile(file)).toEqual([{ secret: NEW, until: null }, ...made]);
  });

  it("says what to do where its folder is gone", () => {
    const change = () => changeKeyFile("/nonexistent/gatehouse.db.key", (secrets) => secrets);
    expect(change).toThrow(ConfigurationError);
    expect(change).toThrow(/ENOENT.*Let this user write/);
  });
});
