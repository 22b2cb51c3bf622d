import { likelyMailbox } from "../../../core/email-address.ts";
import type { OAuthError } from "../../../core/errors.ts";
import { PageError } from "../../../pages/page-error.ts";
import { strangersNetwork } from "../../../platform/addresses.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Keyring } from "../../../platform/secrets/keyring.ts";
import type { Count, Counters } from "../../../store/counters.ts";
import type { Store } from "../../../store/store.ts";
import { type Ceiling, takeShare } from "../../ceilings.ts";
import { type Networks, networksOf } from "../guessing/networks.ts";

/** How many mails are sent, and how many codes tried. All instances on one Postgres count together. */
export type MailLimits = {
  /**
   * Counts a mail before it is sent. An address that does not exist, or may not come in, is counted like any other.
   * @throws OAuthError `slow_down` with `retryAfterSeconds`
   */
  beginMail(mailbox: string, address: string | undefined): Promise<Counted>;
  /**
   * Counts a try of a code before it is compared.
   * @throws OAuthError `slow_down` with `retryAfterSeconds`
   */
  beginTry(mailbox: string, address: string | undefined): Promise<Counted>;
  /** Someone at this network has shown that the mailbox is theirs: what others do elsewhere does not shut them out here. */
  remember(mailbox: string, address: string | undefined): Promise<void>;
};

export type Counted = {
  /** Takes back what was counted for the address: the mail was not sent, or the code was right. */
  giveBack(): Promise<void>;
};

/** A count for one mailbox or for all of them together. */
type MailLimit = {
  readonly of: "mailbox" | "all";
  readonly from: keyof Networks | "everywhere";
  readonly limit: number;
  readonly seconds: number;
  /** Not where this mailbox has signed in before, from there: it has counts of its own. */
  readonly awayOnly?: true;
};

const QUARTER_HOUR_SECONDS = 15 * 60;
const HOUR_SECONDS = 60 * 60;
const DAY_SECONDS = 24 * HOUR_SECONDS;
const FAMILIAR_SECONDS = 90 * DAY_SECONDS;

/** Decision 0046. */
const MAILS: readonly MailLimit[] = [
  { of: "mailbox", from: "host", limit: 5, seconds: QUARTER_HOUR_SECONDS },
  { of: "mailbox", from: "host", limit: 20, seconds: DAY_SECONDS },
  { of: "mailbox", from: "everywhere", limit: 10, seconds: HOUR_SECONDS, awayOnly: true },
  { of: "mailbox", from: "everywhere", limit: 20, seconds: DAY_SECONDS, awayOnly: true },
  // An office behind one address fits.
  { of: "all", from: "host", limit: 60, seconds: HOUR_SECONDS },
  { of: "all", from: "site", limit: 90, seconds: HOUR_SECONDS },
  { of: "all", from: "block", limit: 120, seconds: HOUR_SECONDS },
];
const ALL_MAILS: Ceiling = { key: "mails", limit: 1000, seconds: HOUR_SECONDS };

/** A code has a million values: so many tries in a day leave a guesser one chance in 50,000 at a mailbox. */
const TRIES: readonly MailLimit[] = [
  { of: "mailbox", from: "host", limit: 20, seconds: DAY_SECONDS },
  { of: "mailbox", from: "everywhere", limit: 20, seconds: DAY_SECONDS, awayOnly: true },
  { of: "all", from: "host", limit: 60, seconds: HOUR_SECONDS },
  { of: "all", from: "block", limit: 120, seconds: HOUR_SECONDS },
];
const ALL_TRIES: Ceiling = { key: "mailed codes", limit: 500, seconds: HOUR_SECONDS };

export type MailLimitsParts = {
  readonly counters: Counters;
  readonly store: Pick<Store, "isFamiliarNetwork" | "rememberNetwork">;
  readonly keyring: Pick<Keyring, "mac">;
  readonly clock: Clock;
};

export function createMailLimits({ counters, store, keyring, clock }: MailLimitsParts): MailLimits {
  // Reading the counts must not reveal addresses.
  const keyOf = (...parts: readonly string[]) =>
    keyring.mac("counter-key", JSON.stringify(["mail", ...parts]));
  const familiarAt = (mailbox: string, { host }: Networks) => ({
    name: keyOf("familiar mailbox", mailbox),
    network: keyOf("familiar network", host),
  });

  const begin = async (
    kind: "mails" | "tries",
    limits: readonly MailLimit[],
    ceiling: Ceiling,
    mailbox: string,
    address: string | undefined,
  ): Promise<Counted> => {
    const networks = { ...networksOf(address), everywhere: "everywhere" };
    const { name, network } = familiarAt(mailbox, networks);
    const now = clock();
    const isAtHome = address !== undefined && (await store.isFamiliarNetwork(name, network, now));
    const counts = limits.flatMap((limit): readonly (Count & Pick<MailLimit, "of">)[] => {
      if (limit.of === "all" && address === undefined) return [];
      if (isAtHome && limit.awayOnly) return [];
      const whose = limit.of === "mailbox" ? likelyMailbox(mailbox) : "";
      const key = keyOf(kind, limit.of, whose, limit.from, networks[limit.from], String(limit.seconds));
      return [{ key, limit: limit.limit, seconds: limit.seconds, of: limit.of }];
    });
    const taken = await counters.take(counts, now);
    if (taken.waitSeconds > 0) throw slowDown(kind, taken.waitSeconds, "of the address or the network");
    const together = await takeShare(ceiling, strangersNetwork(address), counters, now);
    if (together.waitSeconds > 0) {
      await counters.giveBack(taken.counted, now);
      throw slowDown(kind, together.waitSeconds, "of all together");
    }
    // Not what is counted for the network, or a mail server that is down would be asked without end.
    const own = counts.filter(({ of }) => of === "mailbox").map(({ key }) => key);
    return { giveBack: () => counters.giveBack(own, clock()) };
  };

  return {
    beginMail: (mailbox, address) => begin("mails", MAILS, ALL_MAILS, mailbox, address),
    beginTry: (mailbox, address) => begin("tries", TRIES, ALL_TRIES, mailbox, address),
    async remember(mailbox, address) {
      if (address === undefined) return;
      const now = clock();
      const person = keyOf("familiar person", mailbox);
      const place = familiarAt(mailbox, networksOf(address));
      await store.rememberNetwork({ ...place, person, until: now + FAMILIAR_SECONDS * 1000 }, now);
    },
  };
}

function slowDown(kind: "mails" | "tries", seconds: number, limit: string): OAuthError {
  const minutes = Math.ceil(seconds / 60);
  return new PageError(
    "slow_down",
    ({ mail: { problems } }) =>
      kind === "mails" ? problems.tooManyMails(minutes) : problems.tooManyTries(minutes),
    {
      retryAfterSeconds: seconds,
      detail: `the limit ${limit} is reached`,
      advises: ({ error }) => error.whatToDo.waitAndGoBack,
    },
  );
}
