import { createCookies } from "../../http/cookies.ts";
import type { Clock } from "../../platform/clock.ts";
import { randomSecret } from "../../platform/random.ts";
import type { KeyLabel, Keyring } from "../../platform/secrets/keyring.ts";

/** What only we know of one way to a provider and back. Each is 256 bits, and of this one alone. */
export type Secrets = {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
};

/** What it is for. */
export type About = {
  /** The name of the provider here: an answer of another one does not count. */
  readonly method: string;
};

/** One way to a provider, while the person is there. It travels sealed, in a cookie of its own. */
export type Transaction<Of extends About> = Secrets &
  Of & {
    /** Epoch milliseconds. */
    readonly endsAt: number;
  };

/**
 * What is under way in a browser at providers. Nothing is stored. The provider gets a random `state`; all else stays in
 * the browser that began, and only there an answer with this `state` counts. At a loopback address every program on this
 * computer is sent the cookie: sealed, it tells them nothing, and they do not have the answer that it goes with.
 */
export type Transactions<Of extends About> = {
  /** Undefined where the cookie would be larger than browsers keep. */
  begin(
    request: Request,
    begun: Of,
  ): Promise<{ readonly transaction: Transaction<Of>; readonly setCookies: readonly string[] } | undefined>;
  /** The one that an answer with this `state` is for. It is over with that: the cookie goes, whatever comes of the answer. */
  take(request: Request, method: string, state: string | undefined): Promise<Taken<Of>>;
};

export type Taken<Of extends About> = { readonly setCookies: readonly string[] } & (
  | { readonly transaction: Transaction<Of> }
  /** Why it is for none, for the log. */
  | { readonly why: string }
);

/** What tells the transactions of one purpose from those of all others: a key of their own, and cookies. */
export type TransactionKind = {
  readonly label: KeyLabel;
  /** What the names of the cookies begin with. */
  readonly cookies: `gatehouse-${string}-`;
};

export type TransactionParts = {
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly issuer: string;
  /** Makes a `state`: 43 to 80 letters, digits, hyphens and underscores that no one can guess. */
  readonly newState?: (() => string) | undefined;
};

const SECONDS = 10 * 60;
/** How many others may be under way in one browser: many cookies at once die in proxies. */
const OTHERS = 3;
/** Browsers drop a cookie of more than 4096 bytes without a word, name and attributes included. */
const LONGEST_COOKIE = 3800;

const SHORT_ID = /^[\w-]{8}$/;
/** 80 bytes are what a provider with SAML sends back. */
const STATE = /^[\w-]{43,80}$/;

export function createTransactions<Of extends About>(
  { label, cookies: prefix }: TransactionKind,
  { keyring, clock, issuer, newState = randomSecret }: TransactionParts,
): Transactions<Of> {
  const cookies = createCookies(issuer);
  /** All but the youngest of the others. Their values begin with when they end, since a browser sends them in any order. */
  const surplus = (request: Request): readonly string[] =>
    cookies
      .readAll(request, prefix)
      .filter(({ rest }) => SHORT_ID.test(rest))
      .sort((one, other) => endOf(other.value) - endOf(one.value))
      .slice(OTHERS)
      .map(({ rest }) => cookies.expire(prefix + rest));
  const open = async (value: string | undefined): Promise<Transaction<Of> | undefined> => {
    const sealed = value?.slice(value.indexOf("~") + 1);
    const text = sealed === undefined ? undefined : await keyring.open(label, sealed);
    if (text === undefined) return undefined;
    const opened = JSON.parse(text) as Sealed<Of>;
    return opened.iss === issuer ? opened.transaction : undefined;
  };
  return {
    async begin(request, begun) {
      const endsAt = clock() + SECONDS * 1000;
      const secrets = { state: newState(), nonce: randomSecret(), codeVerifier: randomSecret() };
      const transaction: Transaction<Of> = { ...begun, endsAt, ...secrets };
      const sealed: Sealed<Of> = { iss: issuer, transaction };
      const value = `${endsAt.toString(36)}~${await keyring.seal(label, JSON.stringify(sealed))}`;
      if (value.length > LONGEST_COOKIE) return undefined;
      const setCookies = [
        cookies.set(prefix + shortOf(transaction.state), value, SECONDS),
        ...surplus(request),
      ];
      return { transaction, setCookies };
    },
    async take(request, method, state) {
      if (state === undefined || !STATE.test(state)) return { why: "no usable state", setCookies: [] };
      const name = prefix + shortOf(state);
      const value = cookies.read(request, name);
      if (value === undefined) {
        return { why: "no cookie for it: another browser, used before, or over time", setCookies: [] };
      }
      const transaction = await open(value);
      if (transaction?.state !== state) return { why: "its cookie is for another state", setCookies: [] };
      const setCookies = [cookies.expire(name)];
      if (transaction.method !== method) {
        return { why: `it began with ${transaction.method}, and came back to ${method}`, setCookies };
      }
      if (clock() >= transaction.endsAt) return { why: "over time", setCookies };
      return { transaction, setCookies };
    },
  };
}

/** Sealed by us and only by us, so what opens has this shape. */
type Sealed<Of extends About> = { readonly iss: string; readonly transaction: Transaction<Of> };

/** What the cookie's name tells of the state leaves enough of it unknown: 210 bits, or 80 and a MAC. */
function shortOf(state: string): string {
  return state.slice(0, 8);
}

/** Others can set such a cookie too: what cannot be read is older than everything. */
function endOf(value: string): number {
  return Number.parseInt(value.split("~")[0] ?? "", 36) || 0;
}
