import { expect, it } from "vitest";
import { callTool, connect } from "../support/client.ts";
import { CERTIFICATE_FILE, KEY_FILE } from "../support/https-origin.ts";
import { DEMO, reach, trustingFetch } from "../support/network.ts";
import { startDemo } from "../support/processes/command.ts";

it("serves https by itself, from the first document to a tool", async () => {
  const demo = await startDemo(["--tls-cert", CERTIFICATE_FILE, "--tls-key", KEY_FILE]);
  expect(demo.url).toMatch(/^https:\/\/localhost:\d+\/mcp$/);
  const metadata = (await (
    await trustingFetch(`${demo.origin}/.well-known/oauth-authorization-server`)
  ).json()) as object;
  expect(metadata).toMatchObject({ issuer: demo.origin, token_endpoint: `${demo.origin}/oauth/token` });
  const there = reach(demo.origin);
  const { access_token: token } = await connect(there, { ...DEMO, params: { resource: demo.url } });
  expect((await callTool(there, token, "get_time")).status).toBe(200);
  await expect(fetch(`${demo.origin.replace("https", "http")}/health`)).rejects.toThrow();
  expect(await demo.stop()).toMatchObject({ exitCode: 0, stderr: "" });
});
