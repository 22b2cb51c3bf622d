import { verify } from "node:crypto";
import { join } from "node:path";
import { createClients } from "../../src/authorization-server/clients.ts";
import { openSigningKeys } from "../../src/authorization-server/keys.ts";
import { parseOptions } from "../../src/config/options.ts";
import { ACCESS_TOKEN_TYPE, type AccessTokenClaims } from "../../src/core/access-token.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { parseJws, signJws } from "../../src/platform/jws.ts";
import { silentLog } from "../../src/platform/logging.ts";
import { randomId } from "../../src/platform/random.ts";
import { createKeyring } from "../../src/platform/secrets/keyring.ts";
import { createGuard } from "../../src/resource-server/guard.ts";
import { verifyOwnTokens } from "../../src/resource-server/verifiers/own-tokens.ts";
import { openSqliteStore } from "../../src/store/sqlite/open.ts";
import { answerQuestions, readOptions } from "../worker.ts";
import { OPTIONS } from "./gatehouse-parts.ts";
import { makeGrants, SQL_CLIENT_ID, someGrants } from "./sql-grants.ts";

// Verifies tokens in this process: no socket is in the way.

/** Of one token, on the average of a round. */
export type Costs = { readonly guardMicroseconds: number; readonly rawMicroseconds: number };

const TOKENS = 5000;
/** The two ways take turns after so many, so that what else the machine does hits both. */
const BLOCK = 100;

const { directory } = readOptions<{ readonly directory: string }>();
const database = join(directory, "verification.db");
const settings = parseOptions("Bench", { ...OPTIONS, database });
await makeGrants(database, { count: TOKENS, resource: settings.resource });
const grants = await someGrants(database, TOKENS);

const clock = systemClock;
const store = await openSqliteStore({ database });
const keys = await openSigningKeys({ store, keyring: createKeyring([OPTIONS.secret]), clock });
const guard = createGuard({
  resourceMetadata: `${settings.issuer}/.well-known/oauth-protected-resource/mcp`,
  requiredScopes: settings.catalogue.required,
  implies: settings.catalogue.implies,
  verify: verifyOwnTokens({
    ...settings,
    verificationKey: keys.verificationKey,
    store,
    isKnownClient: createClients({ settings, store, counters: store.counters, clock, log: silentLog })
      .isKnown,
    clock,
  }),
  clock,
  log: silentLog,
});

answerQuestions({ round });

async function round(): Promise<Costs> {
  const tokens = grants.map(newToken);
  let guardMs = 0;
  let rawMs = 0;
  for (let from = 0; from < tokens.length; from += BLOCK) {
    const block = tokens.slice(from, from + BLOCK);
    guardMs += await timed(block.map(requestHead), async (heads) => {
      for (const head of heads) if ((await guard(head)) instanceof Response) throw new Error("refused");
    });
    rawMs += await timed(block.map(readyToVerify), (ready) => {
      for (const { input, key, signature } of ready) {
        if (!verify("sha256", input, { key, dsaEncoding: "ieee-p1363" }, signature))
          throw new Error("refused");
      }
    });
  }
  return {
    guardMicroseconds: (1000 * guardMs) / tokens.length,
    rawMicroseconds: (1000 * rawMs) / tokens.length,
  };
}

async function timed<Given>(given: Given, work: (given: Given) => void | Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work(given);
  return performance.now() - startedAt;
}

function newToken(grantId: string): string {
  const now = Math.floor(clock() / 1000);
  const claims: AccessTokenClaims = {
    iss: settings.issuer,
    sub: "ada",
    aud: settings.resource,
    client_id: SQL_CLIENT_ID,
    scope: "mcp",
    iat: now,
    exp: now + settings.accessTokenSeconds,
    jti: randomId(),
    gid: grantId,
  };
  return signJws(ACCESS_TOKEN_TYPE, claims, keys.current());
}

function requestHead(token: string) {
  const headers = new Headers({ authorization: `Bearer ${token}` });
  return { method: "POST", url: settings.resource, headers };
}

/** All that can be done beforehand is done. */
function readyToVerify(token: string) {
  const jws = parseJws(token);
  const key = keys.verificationKey(keys.current().kid);
  if (!jws || !key) throw new Error("not a token");
  return { input: Buffer.from(jws.input), key, signature: jws.signature };
}
