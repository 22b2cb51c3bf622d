import { argon2, randomBytes, scryptSync } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { hashSync } from "bcryptjs";
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

/** Of one, on the average of a round, in milliseconds: on the clock, and of CPU in all threads. */
export type Cost = { readonly elapsed: number; readonly cpu: number };

export type SignInCosts = {
  /** From the post of the login form to the redirect to the consent page. */
  readonly rightPassword: Cost;
  readonly wrongPassword: Cost;
  readonly unknownName: Cost;
  /** `crypto.argon2` with the same parameters, and nothing else. */
  readonly argon2id: Cost;
};

/** In a directory with hashes of several kinds: a wrong password for a person with each, and for no one. */
export type MixedCosts = Readonly<Record<"argon2id" | "bcrypt" | "scrypt" | "unknownName", Cost>>;

const EACH = 12;
/** These take longer. */
const EACH_MIXED = 3;
const PASSWORD = "correct horse battery";
const WRONG = `${PASSWORD}!`;

const { directory } = readOptions<{ readonly directory: string }>();
const argon2Async = promisify(argon2);
const own = await passwordHashOf(PASSWORD);
const imported = { bcrypt: hashSync(PASSWORD, 12), scrypt: scryptHash() };
const [plain, mixed] = [await openDirectory("plain"), await openDirectory("mixed")];
// Beside the people who are tried, from the first check on.
for (const hash of Object.values(imported)) await mixed.add(hash);

answerQuestions({ round, mixedRound });

async function round(): Promise<SignInCosts> {
  return average(EACH, async () => {
    const username = await plain.add(own);
    return {
      rightPassword: await plain.signIn(username, PASSWORD, 303),
      wrongPassword: await plain.signIn(username, WRONG, 403),
      unknownName: await plain.signIn(`not ${username}`, WRONG, 403),
      argon2id: bareArgon2id,
    };
  });
}

async function mixedRound(): Promise<MixedCosts> {
  return average(EACH_MIXED, async () => ({
    argon2id: await mixed.signIn(await mixed.add(own), WRONG, 403),
    bcrypt: await mixed.signIn(await mixed.add(imported.bcrypt), WRONG, 403),
    scrypt: await mixed.signIn(await mixed.add(imported.scrypt), WRONG, 403),
    unknownName: await mixed.signIn(mixed.unknownName(), WRONG, 403),
  }));
}

type Work = () => Promise<void>;

/** The cost of each. In turn, so that what else the machine does hits all of them alike. */
async function average<Name extends string>(
  times: number,
  prepare: () => Promise<Record<Name, Work>>,
): Promise<Record<Name, Cost>> {
  const spent = new Map<string, Cost>();
  for (let i = 0; i < times; i += 1) {
    for (const [name, work] of Object.entries<Work>(await prepare())) {
      const { elapsed, cpu } = spent.get(name) ?? { elapsed: 0, cpu: 0 };
      const cost = await costOf(work);
      spent.set(name, { elapsed: elapsed + cost.elapsed / times, cpu: cpu + cost.cpu / times });
    }
  }
  return Object.fromEntries(spent) as Record<Name, Cost>;
}

async function costOf(work: Work): Promise<Cost> {
  const [startedAt, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { elapsed: performance.now() - startedAt, cpu: (user + system) / 1000 };
}

/** A server with a directory of its own. */
async function openDirectory(name: string) {
  const server = await openServer({
    settings: parseOptions("Bench", { ...OPTIONS, database: join(directory, `${name}-${process.pid}.db`) }),
    methods: [users()],
    admission: parseAdmit(undefined, []),
    registrations: benchRegistrations(),
    factory: undefined,
    identity: IDENTITY,
    log: createLog({ level: "info", pretty: false }),
  });
  const { store } = server.database;
  const { client_id: clientId } = await register(server);
  let people = 0;
  const newName = () => {
    people += 1;
    return `person ${people}`;
  };
  return {
    unknownName: newName,
    /** A new person each time: wrong passwords for one name would be slowed. */
    async add(passwordHash: string): Promise<string> {
      const username = newName();
      const id = `id of ${username}`;
      const now = Date.now();
      const identity = usersIdentity(username);
      await store.addPerson(
        {
          person: { id, name: username },
          emails: [],
          groups: [],
          identity,
          label: username,
          passwordHash,
          now,
        },
        { event: "person.added", at: now, fields: { person: id, address: undefined } },
      );
      return username;
    },
    /** A sign-in that has come as far as the login page: what is left is the post. */
    async signIn(username: string, password: string, status: number): Promise<Work> {
      const address = `10.${people >> 16}.${(people >> 8) & 255}.${people & 255}`;
      const browser = openBrowser({ fetch: (request) => server.fetch(request, { address }) });
      const toLogin = await browser.request(authorizeUrl(clientId, newPkce().challenge));
      const state = stateOf(toLogin.headers.get("location"));
      return async () => {
        const answer = await browser.submit("/oauth/login", { state, username, password });
        if (answer.status !== status) throw new Error(`the sign-in answered ${answer.status}`);
      };
    },
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

function scryptHash(): string {
  const salt = randomBytes(16);
  const tag = scryptSync(PASSWORD, salt, 32, { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 });
  const [saltText, tagText] = [salt, tag].map((bytes) => bytes.toString("base64").replace(/=+$/, ""));
  return `$scrypt$ln=15,r=8,p=1$${saltText}$${tagText}`;
}
