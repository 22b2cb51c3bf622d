import { argon2 } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { ARGON2ID, passwordHashOf } from "../../src/authorization-server/sign-in/users/password-hashing.ts";
import { usersIdentity } from "../../src/authorization-server/sign-in/users/usernames.ts";
import { users } from "../../src/authorization-server/sign-in/users/users.ts";
import { parseAdmit } from "../../src/config/admit.ts";
import { parseOptions } from "../../src/config/options.ts";
import { createLog } from "../../src/platform/logging.ts";
import { openServer } from "../../src/server/open-embedded-server.ts";
import { authorizeUrl, newPkce, register } from "../../test/support/client.ts";
import { openBrowser, stateOf } from "../../test/support/person.ts";
import { answerQuestions, readOptions } from "../worker.ts";
import { benchRegistrations, IDENTITY, OPTIONS } from "./gatehouse-parts.ts";

// Signs people of the built-in directory in, in this process: no socket is in the way.

/** Of one of each, on the average of a round, in milliseconds. */
export type SignInCosts = {
  /** From the post of the login form to the redirect to the consent page. */
  readonly rightPassword: number;
  readonly wrongPassword: number;
  readonly unknownName: number;
  /** `crypto.argon2` with the same parameters, and nothing else. */
  readonly argon2id: number;
};

const EACH = 12;
const PASSWORD = "correct horse battery";

const { directory } = readOptions<{ readonly directory: string }>();
const argon2Async = promisify(argon2);
const server = await openServer({
  settings: parseOptions("Bench", { ...OPTIONS, database: join(directory, `sign-in-${process.pid}.db`) }),
  methods: [users()],
  admission: parseAdmit(undefined, []),
  registrations: benchRegistrations(),
  factory: undefined,
  identity: IDENTITY,
  log: createLog({ level: "info", pretty: false }),
});
const { store } = server.database;
const passwordHash = await passwordHashOf(PASSWORD);
const { client_id: clientId } = await register(server);
let people = 0;

answerQuestions({ round });

async function round(): Promise<SignInCosts> {
  const spent = { rightPassword: 0, wrongPassword: 0, unknownName: 0, argon2id: 0 };
  // In turn, so that what else the machine does hits all of them alike.
  for (let i = 0; i < EACH; i += 1) {
    const username = await newPerson();
    spent.rightPassword += await timeOf(await signIn(username, PASSWORD, 303));
    spent.wrongPassword += await timeOf(await signIn(username, `${PASSWORD}!`, 403));
    spent.unknownName += await timeOf(await signIn(`not ${username}`, `${PASSWORD}!`, 403));
    spent.argon2id += await timeOf(bareArgon2id);
  }
  const average = (milliseconds: number) => milliseconds / EACH;
  return {
    rightPassword: average(spent.rightPassword),
    wrongPassword: average(spent.wrongPassword),
    unknownName: average(spent.unknownName),
    argon2id: average(spent.argon2id),
  };
}

/** A new one each time: wrong passwords for one name would be slowed. */
async function newPerson(): Promise<string> {
  people += 1;
  const username = `person ${people}`;
  const person = {
    person: { id: `id-${people}`, name: username },
    emails: [],
    groups: [],
    identity: usersIdentity(username),
    label: username,
    passwordHash,
    now: Date.now(),
  };
  await store.addPerson(person, {
    event: "person.added",
    at: Date.now(),
    fields: { person: person.person.id, address: undefined },
  });
  return username;
}

/** A sign-in that has come as far as the login page: what is left is the post. */
async function signIn(username: string, password: string, status: number): Promise<() => Promise<void>> {
  const address = `10.${people >> 16}.${(people >> 8) & 255}.${people & 255}`;
  const browser = openBrowser({ fetch: (request) => server.fetch(request, { address }) });
  const toLogin = await browser.request(authorizeUrl(clientId, newPkce().challenge));
  const state = stateOf(toLogin.headers.get("location"));
  return async () => {
    const answer = await browser.submit("/oauth/login", { state, username, password });
    if (answer.status !== status) throw new Error(`the sign-in answered ${answer.status}`);
  };
}

async function bareArgon2id(): Promise<void> {
  const { algorithm, memoryKibibytes, passes, lanes } = ARGON2ID;
  await argon2Async(algorithm, {
    message: PASSWORD,
    nonce: Buffer.alloc(16),
    parallelism: lanes,
    memory: memoryKibibytes,
    passes,
    tagLength: 32,
  });
}

async function timeOf(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
