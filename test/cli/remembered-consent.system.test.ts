import { describe, expect, it } from "vitest";
import { gatehouse, temporaryFolder } from "../support/processes/command.ts";

const ADD = ["client", "add", "--name", "Reports", "--id", "reports"];

describe.concurrent("gatehouse client add --remember-consent", () => {
  it("is shown with the client, and in the audit log", async () => {
    const cwd = await temporaryFolder();
    const web = ["--redirect-uri", "https://reports.example/cb"];
    const added = await gatehouse([...ADD, ...web, "--remember-consent"], { cwd });
    expect(added.stderr).toBe("");
    await gatehouse(["client", "add", "--name", "Plain", "--id", "plain", ...web], { cwd });
    for (const [id, isRemembered] of [
      ["reports", true],
      ["plain", false],
    ] as const) {
      const { stdout } = await gatehouse(["client", "show", id], { cwd });
      expect(stdout).toMatch(isRemembered ? /consent +remembered\n/ : /consent +asked for each time\n/);
      const json = await gatehouse(["client", "show", id, "--json"], { cwd });
      expect(JSON.parse(json.stdout)).toMatchObject({ remembersConsent: isRemembered });
    }
    const { stdout } = await gatehouse(["audit", "search", "--client", "reports", "--json"], { cwd });
    expect(stdout).toMatch(/"remembers_consent": ?true/);
  });

  it.each(["http://127.0.0.1/cb", "cursor://anysphere.cursor-mcp/cb"])(
    "is refused for a client at %s, which is not added then",
    async (uri) => {
      const cwd = await temporaryFolder();
      const refused = await gatehouse([...ADD, "--redirect-uri", uri, "--remember-consent"], { cwd });
      expect(refused.exitCode).not.toBe(0);
      expect(refused.stderr).toContain(`anyone's program can listen at ${uri}`);
      expect((await gatehouse(["client", "show", "reports"], { cwd })).exitCode).not.toBe(0);
    },
  );
});
