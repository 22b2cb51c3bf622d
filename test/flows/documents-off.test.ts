import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { FetchDocument } from "../../src/authorization-server/clients/client-keys.ts";
import { parseOptions } from "../../src/config/options.ts";
import type { OAuthServerOptions } from "../../src/config/options-schema.ts";
import {
  authorize,
  authorizeUrl,
  callTool,
  connect,
  newPkce,
  redeem,
  refresh,
  register,
  tokensOf,
} from "../support/client.ts";
import { openBrowser } from "../support/person.ts";
import { startServer, type TestServer } from "../support/server.ts";

const DOCUMENT_ID = "https://claude.example/oauth/client-metadata";
const redirect_uri = "https://claude.example/callback";
const { challenge } = newPkce();
const OFF = { clientIdMetadataDocuments: false } as const satisfies OAuthServerOptions;
const SENTENCE = "This server does not use client ID metadata documents.";
const NO_CODE = { code: "x", verifier: "y".repeat(43) };

/** A server that answers for the documents of strangers, and counts how often it is asked. */
async function startWithDocument(options: OAuthServerOptions) {
  const asked: string[] = [];
  const fetchDocument: FetchDocument = async (url) => {
    asked.push(url);
    const document = { client_id: url, client_name: "Claude", redirect_uris: [redirect_uri] };
    return { text: JSON.stringify(document), headers: new Headers() };
  };
  return { ...(await startServer(options, { fetchDocument })), asked };
}

async function ask(server: Pick<TestServer, "fetch">, clientId: string) {
  const answer = await openBrowser(server).request(authorizeUrl(clientId, challenge, { redirect_uri }));
  return { status: answer.status, location: answer.headers.get("location"), text: await answer.text() };
}

const METADATA_PATHS = ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"];

describe("clientIdMetadataDocuments: false", () => {
  it.each([
    [OFF, undefined],
    [{}, true],
  ])("is in the metadata: %j", async (options, said) => {
    const server = await startServer(options);
    for (const path of METADATA_PATHS) {
      const answer = await server.fetch(new Request(`https://mcp.example${path}`));
      const document = (await answer.json()) as Record<string, unknown>;
      expect(document.client_id_metadata_document_supported).toBe(said);
      expect(document).toHaveProperty("registration_endpoint");
    }
  });

  it("answers a document's URL as an unknown client, says to register, and fetches nothing", async () => {
    const server = await startWithDocument(OFF);
    const unknown = await ask(server, "nobody");
    const unknownToken = await redeem(server, "nobody", NO_CODE);
    for (const id of [DOCUMENT_ID, "http://claude.example/x", "HTTPS://claude.example/x", "https:"]) {
      const page = await ask(server, id);
      expect(page).toMatchObject({ status: unknown.status, location: null });
      expect(page.text).toContain(`${SENTENCE} Register the client instead.`);

      const token = await redeem(server, id, NO_CODE);
      expect(token.status).toBe(unknownToken.status);
      expect(await token.json()).toEqual({
        error: "invalid_client",
        error_description: `${SENTENCE} Register the client instead.`,
      });
    }
    expect(server.asked).toEqual([]);
  });

  it("says to ask the operator where registration is off too", async () => {
    const server = await startWithDocument({ ...OFF, registration: false });
    expect((await ask(server, DOCUMENT_ID)).text).toContain(
      `${SENTENCE} Ask its operator to add the client.`,
    );
  });

  it("refuses the tokens of documents' clients, and keeps their grants for the day it is on again", async () => {
    const folder = await mkdtemp(join(tmpdir(), "gatehouse-documents-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const shared = { secret: "s".repeat(32), database: join(folder, "gatehouse.db") };
    const restarted = async (earlier: TestServer | undefined, options: OAuthServerOptions) => {
      await earlier?.drain();
      await earlier?.close();
      return startWithDocument({ ...shared, ...options });
    };

    const before = await restarted(undefined, {});
    const authorized = await authorize(before, DOCUMENT_ID, { params: { redirect_uri } });
    const tokens = await tokensOf(redeem(before, DOCUMENT_ID, authorized, { redirect_uri }));
    const own = await connect(before);
    expect((await callTool(before, tokens.access_token)).status).toBe(200);

    const off = await restarted(before, OFF);
    expect((await callTool(off, tokens.access_token)).status).toBe(401);
    const refused = await refresh(off, DOCUMENT_ID, tokens.refresh_token);
    expect(refused.status).toBe(401);
    expect(await refused.json()).toMatchObject({ error: "invalid_client" });
    expect((await callTool(off, own.access_token)).status).toBe(200);
    expect(off.asked).toEqual([]);

    const on = await restarted(off, {});
    expect((await refresh(on, DOCUMENT_ID, tokens.refresh_token)).status).toBe(200);
    await on.close();
  });

  it("leaves a client that the operator registered under such an id, and those that register", async () => {
    const clients = [{ id: DOCUMENT_ID, name: "Claude", redirectUris: [redirect_uri] }];
    const server = await startWithDocument({ ...OFF, clients });
    expect((await ask(server, DOCUMENT_ID)).location).toContain("/oauth/login");
    const { client_id } = await register(server, { redirect_uris: [redirect_uri] });
    expect((await ask(server, client_id)).location).toContain("/oauth/login");
    expect(server.asked).toEqual([]);
  });

  it("is needed for that: else such an id is the document's", () => {
    const clients = [{ id: DOCUMENT_ID, redirectUris: [redirect_uri] }];
    expect(() => parseOptions("x", { clients })).toThrow(/cannot be used: .*dcr_ or https:/);
    expect(() => parseOptions("x", { ...OFF, clients: [{ ...clients[0], id: "dcr_x" }] })).toThrow(
      /cannot be used/,
    );
  });
});
