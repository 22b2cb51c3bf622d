import { expect, it } from "vitest";
import { github, google, users } from "../../src/authorization-server/sign-in/index.ts";
import { silentLog } from "../../src/platform/logging.ts";
import { createOAuthServer } from "../../src/server/create-oauth-server.ts";

it("the log says at the start what to register at each provider", async () => {
  const credentials = { clientId: "c", clientSecret: "do-not-show-me" };
  const lines: string[] = [];
  const server = createOAuthServer(
    "my-app",
    {
      signIn: [users(), google({ ...credentials, name: "work", label: "Work" }), github(credentials)],
      admit: "anyone",
    },
    {
      database: ":memory:",
      port: 0,
      publicUrl: "https://mcp.example.com/base",
      handleSignals: false,
      log: { ...silentLog, info: (line) => void lines.push(line) },
    },
  );
  await server.listen();
  await server.close();
  expect(lines.filter((line) => line.includes("redirect URI"))).toEqual([
    "The redirect URI to register at Work is https://mcp.example.com/base/oauth/callback/work",
    "The redirect URI to register at GitHub is https://mcp.example.com/base/oauth/callback/github",
  ]);
});
