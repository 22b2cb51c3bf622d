import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { TokenManager } from "../../src/client/index.ts";

// The client that the conformance runner starts for its client scenarios: node program.ts <server URL>.

type Context = {
  readonly client_id: string;
  readonly client_secret?: string;
  readonly private_key_pem?: string;
};

const [url = ""] = process.argv.slice(2);
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? "{}") as Context;

const tokens = new TokenManager({
  resource: url,
  clientId: context.client_id,
  clientSecret: context.client_secret,
  privateKey: context.private_key_pem,
});
const client = new Client({ name: "gatehouse-program", version: "1.0.0" });
await client.connect(new StreamableHTTPClientTransport(new URL(url), { authProvider: tokens }));
await client.listTools();
await client.close();
