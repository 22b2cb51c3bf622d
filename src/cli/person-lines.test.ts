import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { readUsername } from "../authorization-server/sign-in/users/usernames.ts";
import { linesOf, type NumberedLine, readPersonLine } from "./person-lines.ts";

const BCRYPT = "$2b$12$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK";
const ARGON2 =
  "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
const SCRYPT = "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E";

describe("a line of a file of people", () => {
  it.each([
    ["ada:correct horse", "ada", "ada", "password"],
    ["Ada Lovelace:correct:horse", "Ada Lovelace", "ada lovelace", "password"],
    [" ada :correct horse", "ada", "ada", "password"],
    ["ada@example.com:zebra-42 §", "ada@example.com", "ada@example.com", "password"],
    [`ada:${BCRYPT}`, "ada", "ada", "hash"],
    [`ada:${BCRYPT.replace("$2b$", "$2a$")}`, "ada", "ada", "hash"],
    [`ada:${BCRYPT.replace("$2b$", "$2y$")}`, "ada", "ada", "hash"],
    [`ada:${ARGON2}`, "ada", "ada", "hash"],
    [`ada:${SCRYPT}`, "ada", "ada", "hash"],
  ])("%j is a person", async (line, displayName, username, kind) => {
    const text = line.slice(line.indexOf(":") + 1);
    expect(await readPersonLine(line)).toEqual({
      kind: "person",
      person: { displayName, username, secret: { kind, text } },
    });
  });

  it.each(["", "   ", "\t", "# people of the second floor", "#ada:correct horse"])(
    "%j is passed over",
    async (line) => {
      expect(await readPersonLine(line)).toEqual({ kind: "nothing" });
    },
  );

  it.each([
    ["ada", /no colon/],
    [":correct horse", /username is empty/],
    ["  :correct horse", /username is empty/],
    ["ada\u0007:correct horse", /control character/],
    [`${"x".repeat(65)}:correct horse`, /username is too long/],
    ["ada:", /password is empty/],
    ["ada: correct horse", /space/],
    ["ada:correct horse\r", /space/],
    ["ada:short", /too short/],
    ["ada:password1", /most common/],
    ["grace hopper:grace hopper", /username/],
    [`ada:${"x".repeat(1025)}`, /too long/],
    [`ada:${"x".repeat(5000)}`, /line is too long/],
    ["ada:correct \ufffd horse", /UTF-8/],
    // Hashes that cannot be checked must not become passwords that everyone can read in the file.
    ["ada:$apr1$rOioh4Wh$bVD3DRwksETubcpEH90ww0", /hash is not/],
    ["ada:$6$rounds=5000$saltsalt$hash", /hash is not/],
    [`ada:${BCRYPT.replace("$12$", "$31$")}`, /needs several seconds/],
    [`ada:${ARGON2.replace("m=65536", "m=4194304")}`, /256 MiB/],
    [`ada:${BCRYPT}:19000:0:99999:7:::`, /hash is not/],
    [`ada: ${BCRYPT}`, /space/],
    ["ada:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", /looks like a hash/],
    ["ada:{SSHA512}aaaaaaaaaaaaaaaaaaaaaaaa", /looks like a hash/],
    ["ada:pbkdf2_sha256$600000$salt$aGFzaA==", /looks like a hash/],
    ["ada:argon2$argon2id$v=19$m=102400,t=2,p=8$c2FsdA$aGFzaA", /looks like a hash/],
    ["ada:bcrypt_sha256$$2b$12$N9qo8uLOickgx2ZMRZoMye", /looks like a hash/],
    ["ada:scrypt:32768:8:1$salt$00ff", /looks like a hash/],
    ["ada:pbkdf2:sha256:600000$salt$00ff", /looks like a hash/],
    ["ada:5f4dcc3b5aa765d61d8327deb882cf99", /looks like a hash/],
    ["ada:*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19", /looks like a hash/],
  ])("%j is refused", async (line, why) => {
    expect(await readPersonLine(line)).toEqual({ kind: "problem", problem: expect.stringMatching(why) });
  });

  it("is read as it was written, or refused with a sentence, whatever is in it", async () => {
    const text = fc.string({ unit: "binary", maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(text, text, async (name, password) => {
        const line = `${name.replaceAll(":", "")}:${password}`;
        const read = await readPersonLine(line);
        if (read.kind === "problem") expect(read.problem).toMatch(/^[A-Z].*\.$/);
        if (read.kind !== "person") return;
        expect(read.person.secret.text).toBe(password);
        expect(read.person.secret.kind).toBe(password.startsWith("$") ? "hash" : "password");
        expect(readUsername(name)).toEqual({ name: read.person.username });
      }),
      { numRuns: 1000 },
    );
  });

  it("is never repeated in a complaint, and never throws", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", minLength: 12 }), async (secret) => {
        const read = await readPersonLine(`ada:$${secret}`);
        expect(read.kind === "problem" && read.problem.includes(secret)).toBe(false);
      }),
    );
  });
});

describe("the lines of a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-lines-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  async function linesIn(content: string | Uint8Array): Promise<readonly NumberedLine[]> {
    const file = join(folder, "people.txt");
    writeFileSync(file, content);
    const lines: NumberedLine[] = [];
    for await (const line of linesOf(file)) lines.push(line);
    return lines;
  }

  it("end with a line feed, and with nothing else that may be in a password", async () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("\r", "\u2028", "\u2029", "\u0085", "\v", "\f", "é", "🙂"),
    );
    const line = fc.array(piece, { maxLength: 5 }).map((pieces) =>
      // Half a character cannot be written, and a mark at the beginning is none of the text.
      pieces
        .join("")
        .toWellFormed()
        .replaceAll("\n", "")
        .replace(/^\ufeff+/, "")
        .replace(/\r+$/, ""),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { minLength: 1, maxLength: 5 }),
        fc.constantFrom("\n", "\r\n"),
        async (lines, end) => {
          const read = await linesIn(`\ufeff${lines.map((text) => text + end).join("")}`);
          expect(read).toEqual(lines.map((text, i) => ({ number: i + 1, text })));
        },
      ),
    );
  });

  it("need no end in the last one, and a file may have none", async () => {
    expect(await linesIn("a\nb")).toEqual([
      { number: 1, text: "a" },
      { number: 2, text: "b" },
    ]);
    expect(await linesIn("")).toEqual([]);
  });

  it("are kept as far as they are read: a gigabyte without an end is not", async () => {
    const [line, next] = await linesIn(`${"x".repeat(3_000_000)}\nada:correct horse`);
    expect(line?.text.length).toBeLessThan(10_000);
    expect(await readPersonLine(line?.text ?? "")).toMatchObject({ kind: "problem" });
    expect(next).toEqual({ number: 2, text: "ada:correct horse" });
  });
});
