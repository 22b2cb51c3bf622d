import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readPersonLine } from "./person-lines.ts";

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

  it("is never repeated in a complaint, and never throws", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", minLength: 12 }), async (secret) => {
        const read = await readPersonLine(`ada:$${secret}`);
        expect(read.kind === "problem" && read.problem.includes(secret)).toBe(false);
      }),
    );
  });
});
