import { createKeyring } from "../../src/platform/secrets/keyring.ts";
import { callTool, connect } from "./client.ts";
import { SECRET } from "./forge.ts";
import { openBrowser } from "./person.ts";
import { startServer, type TestServer } from "./server.ts";
import { startService } from "./service-double.ts";
import { acmeAt, keepTokens } from "./upstream-credentials.ts";

/** What happens to a person's tokens for another service while tools use them: a refresh, and one that ends in the link. */
export async function provokeUpstreams(): Promise<TestServer> {
  const service = await startService();
  const server = await startServer({ secret: SECRET, upstreams: { acme: acmeAt(service) } });
  server.registrations.registerTool("act", {}, async ({ upstream }) => {
    await upstream("acme").accessToken();
    return { content: [] };
  });
  const { access_token: token } = await connect(server);
  service.say({ expiresInSeconds: 60 });
  const given = { ...service.give("ada-there"), expiresInSeconds: 60 };
  await keepTokens(
    { store: server.store, keyring: createKeyring([SECRET]), now: server.now() },
    service,
    "ada",
    given,
  );
  server.advance(60);
  await (await callTool(server, token, "act")).text();
  service.revoke("ada-there");
  server.advance(60);
  await (await callTool(server, token, "act")).text();
  await openBrowser(server).request("/oauth/callback/acme/connect?code=c&state=of-another-browser");
  await service.close();
  return server;
}
