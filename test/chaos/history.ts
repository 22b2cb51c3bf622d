/**
 * What was sent to which instance, or done by the operator, when, and what came back: all that the checker knows. Tokens, codes and ids stand in
 * it as hashes. Times are milliseconds since the start of the run, on the one clock of who watches.
 */
export type Operation = {
  /** None where it was the operator, at the database itself. */
  readonly instance?: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: Outcome;
} & (
  | { readonly kind: "register"; readonly client: string }
  /** The person's first step: the authorize URL. With the session that the browser has, where that is to count. */
  | { readonly kind: "begin"; readonly client: string; readonly person: string; readonly session?: string }
  /** The form of the sign-in page. The session that the browser had before ends with it. */
  | {
      readonly kind: "sign in";
      readonly person: string;
      readonly session?: string;
      readonly replaces?: string;
    }
  /** The person's last step: the form of the consent page. */
  | {
      readonly kind: "approve";
      readonly client: string;
      readonly person: string;
      readonly session: string;
      readonly grant?: string;
      readonly code?: string;
    }
  | {
      readonly kind: "redeem";
      readonly grant: string;
      readonly code: string;
      readonly successor?: RefreshToken;
      readonly accessToken?: string;
    }
  | {
      readonly kind: "refresh";
      readonly grant: string;
      readonly presented: RefreshToken;
      readonly successor?: RefreshToken;
      readonly accessToken?: string;
    }
  | {
      readonly kind: "call";
      readonly grant: string;
      readonly accessToken: string;
      /** The person whom the tool saw. */
      readonly ranAs?: string;
    }
  /** A call of a tool that acts at another service as the person. What it got stands in a "call" too. */
  | {
      readonly kind: "act";
      readonly grant: string;
      /** Whose account the service says it was, and by which connection. */
      readonly actedAs?: string;
      readonly connection?: string;
    }
  /** The person connects the other service, which takes the place of what was connected before. */
  | { readonly kind: "connect"; readonly person: string; readonly connection: string }
  | { readonly kind: "disconnect"; readonly person: string }
  | { readonly kind: "revoke"; readonly grant: string }
  | { readonly kind: "disable"; readonly client: string }
  | { readonly kind: "enable"; readonly client: string }
  | { readonly kind: "disable person"; readonly person: string }
  | { readonly kind: "enable person"; readonly person: string }
  | { readonly kind: "sign out person"; readonly person: string }
  | { readonly kind: "rotate key" }
);

export type OperationOf<Kind extends Operation["kind"]> = Extract<Operation, { readonly kind: Kind }>;

/** A refresh token, and its number as the token says it. */
export type RefreshToken = { readonly token: string; readonly generation: number };

export type Outcome =
  /** Did what was asked. */
  | { readonly kind: "honoured" }
  /** The grant, the token, the client, the session or the person is no good: `invalid_grant`, `login_required` … */
  | { readonly kind: "refused"; readonly error: string }
  /** 503 or 429 that says when to try again. What was asked may be done all the same, even later. */
  | { readonly kind: "unavailable" }
  /** The connection was refused or broke, or the client did not wait. The same holds. */
  | { readonly kind: "unanswered" }
  /** An answer that nobody should get, or none for far too long. */
  | { readonly kind: "wrong"; readonly what: string };

/** What the database has at the end. */
export type FinalRows = {
  readonly grants: readonly FinalGrant[];
  readonly people: readonly FinalPerson[];
  readonly sessions: readonly FinalSession[];
};

export type FinalPerson = { readonly person: string; readonly isDisabled: boolean };
export type FinalSession = { readonly session: string; readonly person: string };

export type FinalGrant = {
  readonly grant: string;
  readonly client: string;
  readonly person: string;
  readonly generation: number;
  readonly isRedeemed: boolean;
  readonly isRotated: boolean;
  readonly isRevoked: boolean;
  readonly hasReason: boolean;
};

/** A time in which what an instance has seen may not be written, or be lost. */
export type Disturbance = {
  readonly from: number;
  readonly to: number;
  /** None where it was the database, and so all of them. */
  readonly instance?: number;
};

export type History = {
  readonly operations: readonly Operation[];
  readonly disturbances: readonly Disturbance[];
  /** Since when nothing goes wrong any more. */
  readonly calmAt: number;
  readonly rows: FinalRows;
  readonly service: ServiceHistory;
};

/** What the other service saw: of each refresh token when it was shown, and which connections it ended because one came again. */
export type ServiceHistory = {
  readonly shown: readonly { readonly token: string; readonly connection: string; readonly at: number }[];
  readonly ended: readonly { readonly connection: string; readonly at: number }[];
};

/** What the server promises, in its settings. */
export type Promises = {
  readonly codeSeconds: number;
  readonly graceSeconds: number;
  readonly accessTokenSeconds: number;
  /**
   * How long after the answer to a revocation a guard may still let its tokens in, and after that to the disabling or
   * enabling of a client an instance may not know of it. That a person is disabled, enabled or signed out is read from
   * their row each time, so only the guard has so long for it.
   */
  readonly revokedWithinSeconds: number;
  /** How long after a first use all instances know of it, where nothing is disturbed. */
  readonly usedWithinSeconds: number;
  /** How long after the last fault everything is answered again, on a busy machine too. */
  readonly recoveredWithinSeconds: number;
  /**
   * How long after its end an operation that was not answered may still be done: what had reached Postgres is done once
   * that goes on, and nothing waits for a connection for longer than an answer may take.
   */
  readonly lateSeconds: number;
  /** By how much the first three, and the time of a first use, may be off: for what is left between clocks, and for a busy machine. */
  readonly slackSeconds: number;
};
