import { setTimeout } from "node:timers/promises";
import type { Promises } from "./history.ts";
import {
  askForCode,
  openPersonsBrowser,
  type PersonAtBrowser,
  takeOver,
  tryCookies,
  tryOwnSession,
} from "./person.ts";
import type { Random } from "./random.ts";
import { act, type Code, call, redeem, refresh, register, revoke, type Tokens } from "./requests.ts";
import { anyInstance, untilAnswered, type World } from "./world.ts";

/**
 * A device of one person, with one client on it, which connects, works, and connects anew whenever it was ended. Its browser
 * stays, and the session in it.
 */
export type Device = {
  readonly name: string;
  readonly person: string;
  /** Signs in here now and then as well. */
  readonly guest: string;
  readonly random: Random;
  readonly world: World;
  readonly promises: Promises;
  /** What its tools are at. */
  readonly acting: Promise<void>[];
};

/** Goes on until all is calm, and then has a last look at what it was given. */
export async function live(device: Device): Promise<void> {
  const { world, random, name } = device;
  const { given: clientId } = await untilAnswered(random, world, (instance) =>
    register({ world, instance }, name),
  );
  // What is refused is in the history, and the checker says so.
  if (clientId === undefined) return;
  let had: Tokens | undefined;
  let at = openPersonsBrowser(world, random, device.person);
  while (!world.isCalm()) {
    // Another browser of the same device: the session in the one before goes on.
    if (random.fraction() < 0.05) at = openPersonsBrowser(world, random, device.person);
    at = takeOver(at, random.fraction() < 0.1 ? device.guest : device.person);
    const holding = await connect(device, clientId, at);
    if (holding) {
      had = await work(device, holding);
    } else {
      // While its client or its person is disabled, all that it can do is to try again.
      if (had) await callEverywhere(device, had);
      await setTimeout(random.between(50, 300));
    }
  }
  await seeWhoIsSignedIn(device, clientId, at);
  await Promise.all(device.acting);
}

/** Everything that a device has of a grant: the code, the live tokens, and those before them, oldest first. */
type Holding = { readonly code: Code; readonly tokens: Tokens; readonly earlier: readonly Tokens[] };

async function connect(
  { world, random }: Device,
  clientId: string,
  at: PersonAtBrowser,
): Promise<Holding | undefined> {
  const before = at.browser.cookie();
  const { given: code } = await untilAnswered(random, world, () =>
    askForCode(at, clientId, {
      signInAgain: random.fraction() < 0.2,
      // Some people read what they approve.
      readsForMs: random.fraction() < 0.1 ? random.between(100, 2000) : 0,
    }),
  );
  // A thief has kept the cookies of before, which may have ended with the sign-in.
  if (random.fraction() < 0.3) await tryCookies(at, clientId, before);
  if (!code) return undefined;
  if (random.fraction() < 0.1) await setTimeout(random.between(100, 2000));
  const exchange = async () =>
    (await untilAnswered(random, world, (instance) => redeem({ world, instance }, code))).given;
  // Now and then a thief has the code as well, and both are at it at once.
  const exchanges = random.fraction() < 0.1 ? [exchange(), exchange()] : [exchange()];
  const tokens = (await Promise.all(exchanges)).find((given) => given !== undefined);
  // Where the answer was lost, the code is used up, and the person begins again.
  return tokens && { code, tokens, earlier: [] };
}

/** Uses the connection until it has ended or all is calm. Gives the tokens that the device had last. */
async function work(device: Device, connected: Holding): Promise<Tokens> {
  let holding = connected;
  while (!device.world.isCalm()) {
    const tokens = await drawAct(device.random)(device, holding);
    // It was ended, or should not have been: the checker knows.
    if (!tokens) return holding.tokens;
    if (tokens !== holding.tokens) {
      holding = { ...holding, tokens, earlier: [...holding.earlier, holding.tokens].slice(-2) };
    }
    await setTimeout(device.random.between(0, 60));
  }
  const last = await refreshOrdinarily(device, holding);
  if (last) await seeThatItWorks(device, last);
  return last ?? holding.tokens;
}

/** Gives the tokens that the device has then, or undefined where the grant has ended. */
type Act = (device: Device, holding: Holding) => Promise<Tokens | undefined>;

const refreshOrdinarily: Act = async ({ world, random }, { tokens }) => {
  return (await untilAnswered(random, world, (instance) => refresh({ world, instance }, tokens))).given;
};

/** The answer came, and the device crashed before it had kept it. It asks again. */
const loseTheAnswer: Act = async (device, holding) => {
  const { world, random } = device;
  await refresh({ world, instance: anyInstance(random, world) }, holding.tokens);
  return refreshOrdinarily(device, holding);
};

/** The device hangs up in the middle. Whether the server has rotated by then, nobody knows. */
const giveUpWaiting: Act = async (device, holding) => {
  const { world, random } = device;
  const to = { world, instance: anyInstance(random, world), patienceMs: random.between(1, 15) };
  await refresh(to, holding.tokens);
  return refreshOrdinarily(device, holding);
};

const refreshInParallel: Act = async (device, holding) => {
  const answers = Array.from({ length: device.random.between(2, 5) }, () =>
    refreshOrdinarily(device, holding),
  );
  return (await Promise.all(answers)).find((given) => given !== undefined);
};

const callAnywhere: Act = async ({ world, random }, { tokens }) => {
  await call({ world, instance: anyInstance(random, world) }, tokens);
  return tokens;
};

/** At the other service, on all instances at once. That may take long, and the device does something else meanwhile. */
const actElsewhere: Act = async ({ world, acting }, { tokens }) => {
  for (let instance = 0; instance < world.instances; instance += 1) {
    acting.push(act({ world, instance }, tokens));
  }
  return tokens;
};

const revokeIt: Act = async (device, { tokens }) => {
  const { world, random } = device;
  // So that it is in every instance's cache.
  await callEverywhere(device, tokens);
  await untilAnswered(random, world, (instance) => revoke({ world, instance }, tokens));
  return seeThatItHasEnded(device, tokens);
};

const useTheCodeAgain: Act = async (device, { code, tokens }) => {
  const { world, random } = device;
  await callEverywhere(device, tokens);
  await untilAnswered(random, world, (instance) => redeem({ world, instance }, code));
  return seeThatItHasEnded(device, tokens);
};

const stealAnOldToken: Act = async (device, { tokens, earlier: [old, newer] }) => {
  const { world, random } = device;
  // A young grant has none that is two generations old.
  if (!old || !newer) return tokens;
  await callEverywhere(device, tokens);
  await untilAnswered(random, world, (instance) => refresh({ world, instance }, old));
  return seeThatItHasEnded(device, tokens);
};

const comeTooLate: Act = async (device, holding) => {
  const { world, random } = device;
  const rotated = await refreshOrdinarily(device, holding);
  if (!rotated) return undefined;
  await untilAnswered(random, world, (instance) => call({ world, instance }, rotated));
  if (!(await outlastGrace(device))) return rotated;
  // Where the use was lost in a crash, the answer is the same once more.
  return (await refreshOrdinarily(device, holding)) ?? seeThatItHasEnded(device, rotated);
};

/** The laptop goes to sleep before the answer is there, and uses nothing of it. */
const sleepThroughTheAnswer: Act = async (device, holding) => {
  await refreshOrdinarily(device, holding);
  await outlastGrace(device);
  return refreshOrdinarily(device, holding);
};

/** False where all is calm before the grace window is over. */
async function outlastGrace({ world, promises }: Device): Promise<boolean> {
  const over = world.now() + (promises.graceSeconds + promises.slackSeconds) * 1000 + 500;
  while (world.now() < over) {
    if (world.isCalm()) return false;
    await setTimeout(100);
  }
  return true;
}

const CHANCES: readonly (readonly [act: Act, chance: number])[] = [
  [refreshOrdinarily, 25],
  [loseTheAnswer, 12],
  [giveUpWaiting, 12],
  [refreshInParallel, 10],
  [callAnywhere, 30],
  [actElsewhere, 40],
  [revokeIt, 5],
  [useTheCodeAgain, 2],
  [stealAnOldToken, 3],
  [comeTooLate, 1],
  [sleepThroughTheAnswer, 1],
];
const ALL_CHANCES = CHANCES.reduce((sum, [, chance]) => sum + chance, 0);

function drawAct(random: Random): Act {
  let left = random.fraction() * ALL_CHANCES;
  for (const [act, chance] of CHANCES) {
    left -= chance;
    if (left < 0) return act;
  }
  return callAnywhere;
}

/** In the end, on every instance, however often it takes. */
async function seeThatItWorks({ world, random }: Device, tokens: Tokens): Promise<void> {
  for (let instance = 0; instance < world.instances; instance += 1) {
    await untilAnswered(random, world, () => call({ world, instance }, tokens));
    await act({ world, instance }, tokens);
  }
}

/** In the end, as often as there are instances: a session that was given is still there, unless it was ended. */
async function seeWhoIsSignedIn(
  { world, random }: Device,
  clientId: string,
  at: PersonAtBrowser,
): Promise<void> {
  for (let times = 0; times < world.instances; times += 1) {
    await untilAnswered(random, world, () => tryOwnSession(at, clientId));
  }
}

/** Tries what must be refused: at once, by every guard once it had the time to hear of it, and when it may have forgotten. */
async function seeThatItHasEnded(device: Device, tokens: Tokens): Promise<undefined> {
  const { world, random, promises } = device;
  await refresh({ world, instance: anyInstance(random, world) }, tokens);
  await callEverywhere(device, tokens);
  await setTimeout(promises.revokedWithinSeconds * 1000 + 10);
  await callEverywhere(device, tokens);
  await setTimeout(random.between(0, 3000));
  await callEverywhere(device, tokens);
}

async function callEverywhere({ world }: Device, tokens: Tokens): Promise<void> {
  await Promise.all(
    Array.from({ length: world.instances }, (_, instance) => call({ world, instance }, tokens)),
  );
}
