import { argon2Sync, randomBytes } from "node:crypto";
import { argon2Text } from "../../src/authorization-server/sign-in/users/password-hash.ts";
import { usersIdentity } from "../../src/authorization-server/sign-in/users/usernames.ts";
import { users } from "../../src/authorization-server/sign-in/users/users.ts";
import type { OAuthServerOptions } from "../../src/config/options-schema.ts";
import { authorizeUrl, newPkce, register } from "./client.ts";
import { type Browser, openBrowser, stateOf } from "./person.ts";
import { startServer, type TestServer } from "./server.ts";

export const PASSWORD = "correct horse battery";

/** A server with the built-in directory, which is empty. */
export function startDirectory(options: OAuthServerOptions = {}): Promise<TestServer> {
  return startServer(options, { signIn: [users()] });
}

/** A hash that is quick to check, and outdated for it. */
export function quickHash(password: string): string {
  const [algorithm, memoryKibibytes, passes, lanes] = ["argon2id", 8, 1, 1] as const;
  const salt = randomBytes(16);
  const tag = argon2Sync(algorithm, {
    message: password,
    nonce: salt,
    memory: memoryKibibytes,
    passes,
    parallelism: lanes,
    tagLength: 32,
  });
  return argon2Text({ algorithm, memoryKibibytes, passes, lanes, salt, tag });
}

/** Adds a person to the directory, as the operator's command does. */
export async function addUser(
  { store, now }: Pick<TestServer, "store" | "now">,
  username: string,
  passwordHash: string | undefined = quickHash(PASSWORD),
  more: { readonly emails?: readonly string[]; readonly groups?: readonly string[] } = {},
): Promise<string> {
  const id = `id of ${username}`;
  const { emails = [], groups = [] } = more;
  const isAdded = await store.addPerson(
    {
      person: { id, name: `${username} of the test` },
      emails,
      groups,
      identity: usersIdentity(username),
      label: username,
      passwordHash,
      now: now(),
    },
    { event: "person.added", at: now(), fields: { person: id, operator: "root", address: "command line" } },
  );
  if (!isAdded) throw new Error(`${username} was there`);
  return id;
}

/** A sign-in that has come to the login page: what posts a username and a password. */
export async function beginSignIn(
  server: TestServer,
  { address, browser: given }: { readonly address?: string; readonly browser?: Browser } = {},
) {
  const fetches = { fetch: (request: Request) => server.fetch(request, { address }) };
  const browser = given ?? openBrowser(fetches);
  const { client_id: clientId } = await register(server);
  const page = await browser.request(authorizeUrl(clientId, newPkce().challenge, { prompt: "login" }));
  const state = stateOf(page.headers.get("location"));
  return {
    browser,
    state,
    post: (username: string, password: string) =>
      browser.submit("/oauth/login", { state, username, password }),
  };
}

/** The status of a sign-in: 303 on to the consent page, or what refused it. */
export async function signInStatus(
  server: TestServer,
  username: string,
  password: string,
  address?: string,
): Promise<number> {
  const { post } = await beginSignIn(server, address === undefined ? {} : { address });
  return (await post(username, password)).status;
}
