import { type Params, readParams } from "../../../core/params.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Keyring } from "../../../platform/secrets/keyring.ts";
import type { CurrentSignIn } from "../../people/browser-binding.ts";
import type { AnswerOfService } from "../service.ts";
import { askedOf, type ConnectionTransaction } from "./connection.ts";

/**
 * Answers of services that wait for a click. Where a cookie goes to other programs as well, one of them can plant the cookies of its own
 * account here, and lead this browser to a service that answers at once: only a page can tell the person whose account it would be.
 * Until the click, the code is not exchanged. It travels sealed, for the session that began.
 */
export type WaitingAnswers = {
  seal(transaction: ConnectionTransaction, search: string): Promise<string>;
  /** Undefined where the text is no answer of this service for this session, or is over time. */
  open(
    text: string | undefined,
    upstream: string,
    current: Pick<CurrentSignIn, "signIn">,
  ): Promise<AnswerOfService | undefined>;
};

export type WaitingAnswersParts = {
  readonly keyring: Pick<Keyring, "seal" | "open">;
  readonly clock: Clock;
  readonly issuer: string;
};

type Waiting = Pick<ConnectionTransaction, "method" | "session" | "state" | "codeVerifier" | "endsAt"> & {
  /** The query of the callback. */
  readonly search: string;
};

const LABEL = "upstream-answer";
const NONE: ReadonlySet<string> = new Set();

/** The parameter of the page's address, and the field of its form. */
export const ANSWER = "answer";

/** The parameters of a callback: each may stand once. */
export function readAnswer(search: string): Params {
  return readParams(search.slice(1), NONE);
}

export function createWaitingAnswers({ keyring, clock, issuer }: WaitingAnswersParts): WaitingAnswers {
  return {
    seal({ method, session, state, codeVerifier, endsAt }, search) {
      const waiting: Waiting = { method, session, state, codeVerifier, endsAt, search };
      return keyring.seal(LABEL, JSON.stringify({ iss: issuer, waiting }));
    },
    async open(text = "", upstream, { signIn }) {
      const opened = await keyring.open(LABEL, text);
      if (opened === undefined) return undefined;
      const { iss, waiting } = JSON.parse(opened) as { iss: string; waiting: Waiting };
      const { method, session, endsAt, search } = waiting;
      const isFor = iss === issuer && method === upstream && session === signIn && clock() < endsAt;
      return isFor ? { ...askedOf(waiting, issuer), params: readAnswer(search) } : undefined;
    },
  };
}
